//! The end-session endpoint (OIDC RP-Initiated Logout 2, 3).

use serde_json::Value;

use super::mutation::Pairs;
use super::{Provider, page};
use crate::encoding::from_base64url;
use crate::http::{Request, Response, with_query};

impl Provider {
    /// `GET /end_session` and `POST /end_session`. A hint names the session to end, and the client whose registered
    /// URIs the browser may return to; expired hints are as good as fresh ones.
    pub(super) fn end_session(&mut self, request: &Request) -> Response {
        let params = request.params();
        let hint = match params.get("id_token_hint") {
            Some(token) => match self.issued(token) {
                Some(hint) => Some(hint),
                None => return page::problem("That id_token_hint was not issued here."),
            },
            None => None,
        };
        let hinted = hint.as_ref().and_then(|hint| hint["aud"].as_str());
        let client_id = match (hinted, params.get("client_id")) {
            (Some(aud), Some(named)) if aud != named => {
                return page::problem("client_id and id_token_hint name different clients.");
            }
            (aud, named) => aud.or(named),
        };
        let back = match params.get("post_logout_redirect_uri") {
            Some(uri) if self.may_return_to(client_id, uri) => Some(uri),
            Some(_) => return page::problem("That post_logout_redirect_uri is not registered."),
            None => None,
        };
        if let (Some(client_id), Some(login)) = (hinted, hint.as_ref().and_then(|hint| hint["sub"].as_str()))
        {
            self.store.revoke_user(client_id, login);
        }
        let Some(uri) = back else { return page::signed_out() };
        let mut pairs: Pairs =
            params.get("state").map(|state| ("state".into(), state.into())).into_iter().collect();
        (self.mutation.logout_response)(&mut pairs);
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        Response::see_other(&with_query(uri, &pairs))
    }

    fn may_return_to(&self, client_id: Option<&str>, uri: &str) -> bool {
        self.clients
            .iter()
            .filter(|client| Some(client.client_id.as_str()) == client_id)
            .any(|client| client.may_go_to(&client.post_logout_redirect_uris, uri))
    }

    /// The claims of an ID token that one of our keys signed, be it retired by now.
    fn issued(&self, id_token: &str) -> Option<Value> {
        self.keys.iter().chain(&self.retired_keys).find(|key| key.made(id_token))?;
        let payload = from_base64url(id_token.split('.').nth(1)?)?;
        serde_json::from_slice(&payload).ok()
    }
}
