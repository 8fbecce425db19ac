//! Who answers the requests of a case: the file, when it is replayed; the scripted provider, when it is recorded.

use relyingparty::{HttpRequest, Secret, StoreRequest, Stored};

use super::exchange::{Asked, Reply};
use crate::encoding::from_base64url;

/// What a host does about a request.
pub(super) enum Answer {
    /// It answers, at this time if that changes.
    Reply(Reply, Option<i64>),
    /// It lets the request wait.
    Wait,
}

pub(super) trait Host {
    /// Sends a request. Errs when it is not the one that was expected.
    fn answer(&mut self, request: &HttpRequest, now: i64) -> Result<Answer, String>;

    /// Looks into the store, or changes it. Errs when it is not what was expected.
    fn store(&mut self, request: &StoreRequest, now: i64) -> Result<Answer, String>;

    /// Signs, or has an assertion. Errs when it is not what was expected.
    fn prove(&mut self, asked: Asked) -> Result<Reply, String>;
}

/// The answer as the crate takes it.
pub(super) fn to_reply(reply: Reply) -> Result<relyingparty::Reply, String> {
    Ok(match reply {
        Reply::Http { status, headers, body, final_url } => {
            let mut response = relyingparty::HttpResponse::new(status, headers, body.to_bytes());
            response.final_url = final_url;
            relyingparty::Reply::Http(response)
        }
        Reply::Unreachable { unreachable } => relyingparty::Reply::Unreachable { reason: unreachable },
        Reply::Verified { verified } => relyingparty::Reply::Verified(verified),
        Reply::Signature { signature } => {
            let signature = from_base64url(&signature).ok_or("a signature is not base64url")?;
            relyingparty::Reply::Signature(signature)
        }
        Reply::Assertion { assertion } => relyingparty::Reply::Assertion(Secret::new(assertion)),
        Reply::Stored { stored } => match stored.as_str() {
            "done" => relyingparty::Reply::Stored(Stored::Done),
            "nothing" => relyingparty::Reply::Stored(Stored::Nothing),
            "conflict" => relyingparty::Reply::Conflict,
            "busy" => relyingparty::Reply::Busy,
            other => return Err(format!("no store says {other}")),
        },
        Reply::Entry { value, version } => relyingparty::Reply::Stored(Stored::Entry { value, version }),
        Reply::Unsupported { .. } => relyingparty::Reply::Unsupported,
    })
}
