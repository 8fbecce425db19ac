//! What each check is for, in words for somebody who sees it for the first time.

/// An empty text for a check that is not known here.
pub(crate) fn of(check: &str) -> &'static str {
    match check {
        "metadata" => "where the provider's description comes from",
        "metadata_issuer" => "the description is this provider's, not somebody else's",
        "keys" => "the provider's public keys are at hand",
        "pending_login" => "the login was begun by this application, at this provider",
        "response_mode" => "the answer came the way it was asked for",
        "state" => "the answer belongs to the login this browser began",
        "state_age" => "the login did not take too long",
        "response_iss" => "the answer comes from the provider the browser was sent to",
        "code" => "the answer says something: a code, or an error",
        "client_authentication" => "how this application proves who it is",
        "token_type" => "the access token is of a kind we can use",
        "typ" => "the token is what it is taken for",
        "alg" => "signed the way this application accepts, not the way the token likes",
        "key" => "the key that signed is one the provider publishes",
        "signature" => "not a byte was changed since the provider signed it",
        "iss" => "this provider says so",
        "aud" => "it says so to this application",
        "azp" => "issued to this application",
        "sub" => "the user's name at this provider, which never changes",
        "exp" => "the token is still valid",
        "iat" => "the token was not issued in the future",
        "nbf" => "the token is valid already",
        "nonce" => "the token was made for this login, not replayed from another",
        "acr" => "the user was authenticated the way that was demanded",
        "auth_time" => "the user authenticated recently enough",
        "at_hash" => "access token and ID token belong together",
        "requested_sub" => "the user who was asked for, not another",
        "requested_claims" => "the claims have the values that were asked for",
        "refreshed" => "the new ID token tells of the same login",
        "userinfo_sub" => "both documents are about the same user",
        _ => "",
    }
}
