//! What to do when a provider refuses with an error of its own (RFC 6749 4.1.2.1 and 5.2): by what the client had asked.

use alloc::borrow::ToOwned;
use alloc::string::String;

/// What the provider refused. All of it is public.
pub(crate) struct Asked<'a> {
    /// How the client says who it is.
    pub(crate) auth_method: &'a str,
    /// `authorization_code` or `refresh_token`; empty where no tokens were asked for.
    pub(crate) grant_type: &'a str,
    pub(crate) redirect_uri: &'a str,
    pub(crate) scopes: &'a str,
}

/// The next step; empty where the error says enough.
pub(crate) fn provider_advice(error: &str, endpoint: &str, asked: &Asked<'_>) -> String {
    let Asked { auth_method, grant_type, redirect_uri, scopes } = *asked;
    let in_browser = endpoint == "authorization";
    match error {
        "invalid_client" if in_browser => "the provider does not know the client_id: compare it with the registration".to_owned(),
        "invalid_client" => match auth_method {
            "none" => {
                "the client did not authenticate (none): if it is registered with a secret or a key, set client_secret or \
                 signing_keys; else compare the client_id"
                    .to_owned()
            }
            "private_key_jwt" => {
                "the client authenticated with private_key_jwt: the provider needs the public half of the key, under the same \
                 kid and alg; else compare token_endpoint_auth_method with what is registered there"
                    .to_owned()
            }
            "signed_client_secret" => {
                "the client signed its secret (signed_client_secret): compare client_id, team_id and the kid of the key with the \
                 registration"
                    .to_owned()
            }
            method if method.starts_with("client_secret") => [
                "the client authenticated with ",
                method,
                ": compare client_id and client_secret with the registration, and if another method is registered there, set \
                 token_endpoint_auth_method to it",
            ]
            .concat(),
            method => [
                "the client authenticated with ",
                method,
                ": compare it with what is registered at the provider (token_endpoint_auth_method)",
            ]
            .concat(),
        },
        "invalid_grant" => match grant_type {
            "authorization_code" => [
                "the code was used twice (a reload, a second worker), is too old, or was issued for another client or another \
                 redirect_uri than ",
                redirect_uri,
                ": begin a new login",
            ]
            .concat(),
            _ => "the refresh token was used before, has expired or was revoked: begin a new login".to_owned(),
        },
        "unauthorized_client" | "unsupported_grant_type" if !in_browser && !grant_type.is_empty() => {
            ["allow this client the grant type ", grant_type, " in its registration at the provider"].concat()
        }
        "unauthorized_client" | "unsupported_response_type" => {
            "allow this client the response type code (the authorization code flow) in its registration at the provider".to_owned()
        }
        "invalid_redirect_uri" | "redirect_uri_mismatch" => {
            ["register ", redirect_uri, " at the provider, exactly as it is written here"].concat()
        }
        "invalid_scope" if !scopes.is_empty() => {
            ["the scopes were ", scopes, ": leave out those that the provider does not allow this client"].concat()
        }
        "login_required" | "interaction_required" | "consent_required" | "account_selection_required" if in_browser => {
            "the user has to take part: begin a login without prompt=none".to_owned()
        }
        "invalid_token" if endpoint == "userinfo" => {
            "the access token has expired or was revoked: refresh the session, or begin a new login".to_owned()
        }
        _ => String::new(),
    }
}
