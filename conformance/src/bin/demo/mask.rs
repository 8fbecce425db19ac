//! What of a message may be shown: the members named here. Everything else is masked, so that a secret nobody thought
//! of stays one.

use form_urlencoded::{Serializer, parse};
use relyingparty::Endpoint;
use serde_json::Value;

/// One parameter, header or member.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) value: Shown,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Shown {
    Plain(String),
    /// Only how long it is.
    Masked {
        characters: usize,
    },
}

/// What stands where a secret was.
pub(crate) const MASK: &str = "•••••";

const QUERY: &[&str] = &[
    "response_type",
    "response_mode",
    "client_id",
    "redirect_uri",
    "scope",
    "code_challenge_method",
    "prompt",
    "display",
    "max_age",
    "ui_locales",
    "claims_locales",
    "acr_values",
    "resource",
    "iss",
    "error",
    "post_logout_redirect_uri",
];
const FORM: &[&str] = &["grant_type", "client_id", "redirect_uri", "scope", "resource"];
const HEADERS: &[&str] = &["accept", "content-type"];
const TOKEN: &[&str] = &["token_type", "expires_in", "scope", "error"];
const JWK: &[&str] = &["kty", "use", "key_ops", "alg", "kid", "crv", "x", "y", "n", "e"];
const USERINFO: &[&str] = &[
    "sub",
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "email",
    "email_verified",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "phone_number",
    "phone_number_verified",
    "address",
    "updated_at",
    "error",
];

/// The longest value that is shown whole.
const LONGEST: usize = 400;

impl Row {
    fn new(name: &str, value: &str, shown: bool) -> Self {
        let value = match shown {
            true => Shown::Plain(cut(value)),
            false => Shown::Masked { characters: value.chars().count() },
        };
        Self { name: cut(name), value }
    }
}

/// The parameters of a URL the browser sees.
pub(crate) fn query(encoded: &str) -> Vec<Row> {
    pairs(encoded.as_bytes(), QUERY)
}

/// A form body.
pub(crate) fn form(body: &[u8]) -> Vec<Row> {
    pairs(body, FORM)
}

/// A URL with the values of its query masked.
pub(crate) fn url(url: &str) -> String {
    let Some((place, query)) = url.split_once('?') else {
        return url.into();
    };
    let mut shown = Serializer::new(String::new());
    for (name, value) in parse(query.as_bytes()) {
        shown.append_pair(&name, if QUERY.contains(&name.as_ref()) { &value } else { "masked" });
    }
    format!("{place}?{}", shown.finish())
}

/// The headers of a request. Of credentials, the scheme is shown.
pub(crate) fn headers(headers: &[(String, String)]) -> Vec<Row> {
    headers
        .iter()
        .map(|(name, value)| match value.split_once(' ') {
            Some((scheme @ ("Basic" | "Bearer"), _)) if name == "authorization" => {
                Row { name: name.clone(), value: Shown::Plain(format!("{scheme} {MASK}")) }
            }
            _ => Row::new(name, value, HEADERS.contains(&name.as_str())),
        })
        .collect()
}

/// The members of a JSON response.
pub(crate) fn json(endpoint: Endpoint, body: &[u8]) -> Vec<Row> {
    let Ok(Value::Object(members)) = serde_json::from_slice(body) else {
        return Vec::new();
    };
    if let (Endpoint::Jwks, Some(Value::Array(keys))) = (endpoint, members.get("keys")) {
        return keys.iter().enumerate().map(|(index, key)| jwk(index, key)).collect();
    }
    members.iter().map(|(name, value)| Row::new(name, &plain(value), is_shown(endpoint, name))).collect()
}

fn is_shown(endpoint: Endpoint, member: &str) -> bool {
    match endpoint {
        Endpoint::Discovery => {
            member == "issuer" || ["_endpoint", "_supported", "_uri"].iter().any(|end| member.ends_with(end))
        }
        Endpoint::Token => TOKEN.contains(&member),
        Endpoint::UserInfo => USERINFO.contains(&member),
        _ => false,
    }
}

/// One key in one row: its public members that are short.
fn jwk(index: usize, key: &Value) -> Row {
    let members: Vec<_> = key
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, _)| JWK.contains(&name.as_str()))
        .map(|(name, value)| format!("{name} {}", shortened(&plain(value), 24)))
        .collect();
    Row::new(&format!("keys[{index}]"), &members.join(", "), true)
}

fn pairs(encoded: &[u8], shown: &[&str]) -> Vec<Row> {
    parse(encoded).map(|(name, value)| Row::new(&name, &value, shown.contains(&name.as_ref()))).collect()
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(plain).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

fn cut(text: &str) -> String {
    shortened(text, LONGEST)
}

fn shortened(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shows(rows: &[Row], name: &str) -> bool {
        rows.iter().any(|row| row.name == name && matches!(row.value, Shown::Plain(_)))
    }

    fn is_safe(rows: &[Row]) -> bool {
        !format!("{rows:?}").contains("canary")
    }

    #[test]
    fn of_a_form_only_harmless_members_are_shown() {
        let rows = form(
            b"grant_type=authorization_code&code=canary&code_verifier=canary&client_secret=canary&new=canary",
        );
        assert!(shows(&rows, "grant_type") && is_safe(&rows));
        assert_eq!(rows[1].value, Shown::Masked { characters: 6 });
    }

    #[test]
    fn of_credentials_only_the_scheme_is_shown() {
        for value in ["Basic canary", "Bearer canary", "Canary canary", "canary"] {
            assert!(is_safe(&headers(&[("authorization".into(), value.into())])), "{value}");
        }
    }

    #[test]
    fn of_a_token_response_no_token_is_shown() {
        let body =
            br#"{"access_token":"canary","id_token":"canary","refresh_token":"canary","token_type":"Bearer",
            "error_description":"canary","more":{"token_type":"canary"}}"#;
        let rows = json(Endpoint::Token, body);
        assert!(shows(&rows, "token_type") && is_safe(&rows));
    }

    #[test]
    fn of_a_key_only_the_public_half_is_shown() {
        let rows = json(Endpoint::Jwks, br#"{"keys":[{"kty":"EC","kid":"k1","d":"canary","k":"canary"}]}"#);
        assert!(is_safe(&rows));
        assert_eq!(rows[0].value, Shown::Plain("kid k1, kty EC".into()));
        assert!(is_safe(&json(Endpoint::Jwks, br#"{"d":"canary"}"#)));
    }

    #[test]
    fn of_metadata_what_the_specification_names_is_shown() {
        let rows = json(
            Endpoint::Discovery,
            br#"{"issuer":"https://op.example","jwks_uri":"x","surprise":"canary"}"#,
        );
        assert!(shows(&rows, "issuer") && shows(&rows, "jwks_uri") && is_safe(&rows));
    }

    #[test]
    fn of_a_callback_code_and_state_are_masked() {
        let rows = query("code=canary&state=canary&iss=https%3A%2F%2Fop.example");
        assert!(shows(&rows, "iss") && is_safe(&rows));
        assert_eq!(
            url("https://op.example/t?state=canary&scope=openid"),
            "https://op.example/t?state=masked&scope=openid"
        );
    }
}
