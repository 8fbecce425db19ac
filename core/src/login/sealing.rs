//! A stored session that nobody but the application can read or make.

use alloc::string::String;
use core::fmt;

use crate::client::{Client, Owner};
use crate::jose::{SealingKeys, sealed};
use crate::login::session::{self, Session, unreadable};
use crate::machine::Policy;
use crate::provider::Issuer;
use crate::report::{Error, Trace, check};
use crate::text::Entropy;
use crate::text::config::invalid;
use crate::token::IdTokenClaims;

/// What a session is sealed for.
const PURPOSE: &str = "session";

/// Seals and opens the stored sessions of one client without the provider: a process that has just started can open
/// them while the provider is down.
///
/// Cheap to clone. [`Client::seal`] and [`Client::restore`] are the same where there is a client.
#[derive(Clone)]
pub struct SessionSeal {
    keys: SealingKeys,
    issuer: Issuer,
    client_id: String,
    accept_unsealed: bool,
    record_decisions: bool,
}

impl SessionSeal {
    /// The seal of the sessions of the client `client_id` at `issuer`. It uses
    /// [`accept_unsealed_sessions`](Policy::accept_unsealed_sessions) and
    /// [`record_decisions`](Policy::record_decisions) of the policy.
    pub fn new(
        keys: SealingKeys,
        issuer: &Issuer,
        client_id: impl Into<String>,
        policy: &Policy,
    ) -> SessionSeal {
        SessionSeal {
            keys,
            issuer: issuer.clone(),
            client_id: client_id.into(),
            accept_unsealed: policy.accept_unsealed_sessions,
            record_decisions: policy.record_decisions,
        }
    }

    /// The session with its tokens as sealed text: only who has the keys can read or make it. `entropy`: at least 32
    /// random bytes, used for nothing else.
    ///
    /// # Errors
    /// `session_mismatch`; `unreadable_session` when the text would be longer than is read (262144 bytes).
    pub fn seal(&self, session: &Session, entropy: Entropy) -> Result<String, Error> {
        self.owner().check(session.grant().owner())?;
        let text = session.encode_to_be_sealed();
        let sealed = sealed::seal(&self.keys, PURPOSE, &self.bound(), &text, entropy);
        let sealed = sealed.ok_or_else(|| unreadable("too long to be sealed"))?;
        session::check_length(&sealed)?;
        Ok(sealed)
    }

    /// The session in a sealed text. `None` for a text that is not sealed, if the policy has
    /// [`accept_unsealed_sessions`](Policy::accept_unsealed_sessions): give that one to [`Client::restore`].
    ///
    /// # Errors
    /// `unreadable_session`, also for what is sealed with other keys, for another client, issuer or purpose.
    pub fn open(&self, stored: &str) -> Result<Option<Session>, Error> {
        session::check_length(stored)?;
        if !sealed::is_sealed(stored) {
            return if self.accept_unsealed { Ok(None) } else { Err(unreadable("not sealed")) };
        }
        let text = sealed::open(&self.keys, PURPOSE, &self.bound(), stored)
            .ok_or_else(|| unreadable("not sealed for this client by any of its keys"))?;
        let text = core::str::from_utf8(&text).map_err(|_| unreadable("not a session"))?;
        read(self.owner(), &self.issuer, text, self.record_decisions).map(Some)
    }

    fn owner(&self) -> Owner<'_> {
        Owner { issuer: self.issuer.as_str(), client_id: &self.client_id }
    }

    /// What a sealed text belongs to.
    fn bound(&self) -> [&str; 2] {
        [self.issuer.as_str(), &self.client_id]
    }
}

/// The session of this client in a text that was sealed.
pub(crate) fn read(
    owner: Owner<'_>,
    issuer: &Issuer,
    text: &str,
    record_decisions: bool,
) -> Result<Session, Error> {
    let (id_token, tokens, asked) = session::decode(owner, text)?;
    let mut trace = Trace::new(record_decisions);
    trace.pass(check::Sealed);
    let tenant = |iss: &str, tid: &str| issuer.is_of_tenant(iss, tid);
    let claims = IdTokenClaims::read_again(id_token.expose(), issuer.shared(), tenant, trace.clone())
        .ok_or_else(|| unreadable("the ID token is not one"))?;
    Ok(Session::new(owner, claims, id_token, tokens, asked, trace))
}

impl fmt::Debug for SessionSeal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionSeal({} at {})", self.client_id, self.issuer)
    }
}

impl Client {
    /// The session with its tokens as sealed text: only who has the [sealing keys](Client::with_sealing_keys) can read
    /// or make it. [`restore`](Client::restore) reads it without a request, even if the provider has withdrawn the key
    /// of the ID token: the seal proves that this application wrote the text after it verified the token. It opens for
    /// this issuer and this client only.
    ///
    /// The seal does not prove that a text is the newest one, nor whose browser it came from: whoever copied a text can
    /// put it back. `entropy`: at least 32 random bytes, used for nothing else.
    ///
    /// # Errors
    /// `session_mismatch`; `invalid_configuration`, member `sealing_keys`, of a client without keys; `unreadable_session`
    /// when the text would be longer than `restore` reads (262144 bytes).
    pub fn seal(&self, session: &Session, entropy: Entropy) -> Result<String, Error> {
        let seal = session_seal(self).ok_or_else(|| invalid("sealing_keys", "are not set"))?;
        seal.seal(session, entropy)
    }
}

/// The session in a sealed text. `None` where the text is not sealed and need not be.
pub(crate) fn open(client: &Client, stored: &str) -> Result<Option<Session>, Error> {
    match session_seal(client) {
        Some(seal) => seal.open(stored),
        None if sealed::is_sealed(stored) => Err(unreadable("sealed, and the client has no sealing keys")),
        None => Ok(None),
    }
}

fn session_seal(client: &Client) -> Option<SessionSeal> {
    let keys = client.sealing_keys()?.clone();
    let client_id = client.owner().client_id;
    Some(SessionSeal::new(keys, client.provider().issuer(), client_id, client.policy()))
}
