//! What an ID token has to say to be believed (OIDC Core 3.1.3.7), written once more, from the specification.

use serde_json::{Map, Value};

use crate::world::{CLIENT_ID, ISSUER, NOW};

const SKEW: f64 = 60.0;

/// What is wrong with the claims of a token for this client, now; nothing when they are good.
pub fn broken(claims: &Map<String, Value>, nonce: Option<&str>) -> Option<&'static str> {
    let text = |claim: &str| claims.get(claim).and_then(Value::as_str);
    let date = |claim: &str| claims.get(claim).and_then(Value::as_f64).filter(|date| *date >= 0.0);
    let absent_or = |claim: &str, good: bool| !claims.contains_key(claim) || good;
    let now = NOW.as_unix() as f64;
    let audiences: Vec<&str> = match claims.get("aud") {
        Some(Value::String(audience)) => vec![audience],
        Some(Value::Array(audiences)) => audiences.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let sub = text("sub").unwrap_or_default();
    let rules = [
        ("iss", text("iss") == Some(ISSUER)),
        // No further audience is trusted.
        ("aud", !audiences.is_empty() && audiences.iter().all(|audience| *audience == CLIENT_ID)),
        ("azp", absent_or("azp", text("azp") == Some(CLIENT_ID))),
        // One that is named twice is one.
        ("azp is missing", audiences.windows(2).all(|two| two[0] == two[1]) || claims.contains_key("azp")),
        ("exp", date("exp").is_some_and(|exp| now < exp + SKEW)),
        ("iat", date("iat").is_some_and(|iat| iat <= now + SKEW)),
        ("nbf", absent_or("nbf", date("nbf").is_some_and(|nbf| nbf <= now + SKEW))),
        ("sub", (1..=255).contains(&sub.len()) && sub.is_ascii()),
        ("events", !claims.contains_key("events")),
        ("nonce", nonce.is_none_or(|nonce| text("nonce") == Some(nonce))),
    ];
    rules.into_iter().find(|(_, kept)| !kept).map(|(rule, _)| rule)
}

/// What is wrong with the claims of a logout token for this client, now (OIDC Back-Channel Logout 2.4, 2.6).
pub fn broken_logout(claims: &Map<String, Value>) -> Option<&'static str> {
    const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
    let name = |claim: &str| match claims.get(claim) {
        None => Some(false),
        Some(value) => value.as_str().filter(|name| !name.is_empty()).map(|_| true),
    };
    let event = claims.get("events").and_then(|events| events.get(EVENT));
    let iat = claims.get("iat").and_then(Value::as_f64).unwrap_or_default();
    let rules = [
        ("event", event.is_some_and(Value::is_object)),
        ("nonce", !claims.contains_key("nonce")),
        ("sid", name("sid").is_some()),
        ("neither sub nor sid", claims.contains_key("sub") || name("sid") == Some(true)),
        ("jti", name("jti") == Some(true)),
        ("age", iat > NOW.as_unix() as f64 - 661.0),
    ];
    let own = rules.into_iter().find(|(_, kept)| !kept).map(|(rule, _)| rule);
    // The rest is as of an ID token, but for its sub, which need not be there, and its events, which must.
    let mut like_an_id_token = claims.clone();
    like_an_id_token.remove("events");
    if !claims.contains_key("sub") {
        like_an_id_token.insert("sub".into(), "nobody".into());
    }
    own.or_else(|| broken(&like_an_id_token, None))
}

/// Whether the header is one that an ID token may have.
pub fn header_is_usable(header: &Map<String, Value>) -> bool {
    let steering = ["crit", "b64"].iter().any(|member| header.contains_key(*member));
    let typ = match header.get("typ") {
        None => Some("jwt".to_owned()),
        Some(typ) => typ.as_str().map(str::to_ascii_lowercase),
    };
    !steering && typ.is_some_and(|typ| typ == "jwt" || typ == "application/jwt")
}
