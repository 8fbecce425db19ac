//! No cryptography: the host parses the key and checks the signature.

use crate::jose::Alg;
use crate::jose::jwk::Public;

#[derive(Debug)]
pub(crate) struct Verifier;

impl Verifier {
    #[allow(clippy::unnecessary_wraps)] // the seam's signature
    pub(crate) fn new(_: &Public) -> Result<Verifier, &'static str> {
        Ok(Verifier)
    }

    /// Never good: nothing here can tell.
    pub(crate) fn verify(&self, _: Alg, _: &[u8], _: &[u8]) -> bool {
        false
    }
}
