//! No cryptography: the host parses the key and checks the signature.

#[cfg(feature = "private-keys")]
use alloc::vec::Vec;

use crate::jose::Alg;
use crate::jose::jwk::Public;
#[cfg(feature = "private-keys")]
use crate::jose::signing::Private;

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

/// No private key is held without cryptography.
#[cfg(feature = "private-keys")]
pub(crate) enum Signer {}

#[cfg(feature = "private-keys")]
impl Signer {
    const NOWHERE: &'static str = "is for the host to hold: this build has no cryptography";

    pub(crate) fn from_pkcs8(_: &[u8]) -> Result<(Signer, Public), &'static str> {
        Err(Signer::NOWHERE)
    }

    pub(crate) fn from_private(_: &Private, _: &Public) -> Result<Signer, &'static str> {
        Err(Signer::NOWHERE)
    }

    pub(crate) fn sign(&self, _: Alg, _: &[u8]) -> Option<Vec<u8>> {
        match *self {}
    }
}
