//! Who answers the requests of a case: the file, when it is replayed; the scripted provider, when it is recorded.

use relyingparty::HttpRequest;

use super::format::Reply;

/// What a host does about a request.
pub(super) enum Answer {
    /// It answers, at this time if that changes.
    Reply(Reply, Option<i64>),
    /// It lets the request wait.
    Wait,
}

pub(super) trait Host {
    /// Errs when the request is not the one that was expected.
    fn answer(&mut self, request: &HttpRequest, now: i64) -> Result<Answer, String>;
}

pub(super) fn to_reply(reply: Reply) -> relyingparty::Reply {
    match reply {
        Reply::Http { status, headers, body, final_url } => {
            let mut response = relyingparty::HttpResponse::new(status, headers, body.to_bytes());
            response.final_url = final_url;
            relyingparty::Reply::Http(response)
        }
        Reply::Unreachable { unreachable } => relyingparty::Reply::Unreachable { reason: unreachable },
        Reply::Verified { verified } => relyingparty::Reply::Verified(verified),
        Reply::Unsupported { .. } => relyingparty::Reply::Unsupported,
    }
}
