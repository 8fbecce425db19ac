//! Why an API refuses an access token, as its challenge says (RFC 9110 11.6.1, RFC 6750 3, RFC 9449 7.1, RFC 9470 3).

use alloc::string::String;
use alloc::vec::Vec;

use crate::machine::HttpResponse;

/// The challenge of an API that wants another token, or another login. All of it is the API's word.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Challenge {
    /// `Bearer` or `DPoP`, as the API spells it.
    pub scheme: String,
    /// `invalid_token`: refresh. `insufficient_scope`: ask for `scope`. `insufficient_user_authentication`: log in again with
    /// `acr_values` and `max_age`. None: the API wants a token and says no more.
    pub error: Option<String>,
    /// The same for people.
    pub error_description: Option<String>,
    /// The scopes that are wanted, separated by spaces.
    pub scope: Option<String>,
    /// The authentication contexts that are wanted, separated by spaces (RFC 9470 3).
    pub acr_values: Option<String>,
    /// How long ago the end user may have authenticated, in seconds (RFC 9470 3).
    pub max_age: Option<u32>,
    /// Where the API says what it is (RFC 9728 5.1). Not fetched.
    pub resource_metadata: Option<String>,
}

/// Bytes of challenges that are looked at.
const LONGEST: usize = 16_384;

impl Challenge {
    /// The challenge for access tokens in a response, if it has one.
    pub(crate) fn of(response: &HttpResponse) -> Option<Challenge> {
        let mut found = None;
        for header in response.headers_named("www-authenticate").filter(|header| header.len() <= LONGEST) {
            for (scheme, parameters) in challenges(header) {
                let wanted = scheme.eq_ignore_ascii_case("dpop") || scheme.eq_ignore_ascii_case("bearer");
                // Of several, the one that says why.
                if wanted && found.as_ref().is_none_or(|held: &Challenge| held.error.is_none()) {
                    found = Some(Challenge::read(scheme, &parameters));
                }
            }
        }
        found
    }

    fn read(scheme: &str, parameters: &[(&str, String)]) -> Challenge {
        let text = |name: &str| {
            let mut named = parameters.iter().filter(|(own, _)| own.eq_ignore_ascii_case(name));
            let (_, value) = named.next()?;
            named.next().is_none().then(|| value.clone())
        };
        Challenge {
            scheme: scheme.into(),
            error: text("error"),
            error_description: text("error_description"),
            scope: text("scope"),
            acr_values: text("acr_values"),
            max_age: text("max_age").and_then(|seconds| seconds.parse().ok()),
            resource_metadata: text("resource_metadata"),
        }
    }
}

/// The challenges in a header, each with its scheme and parameters. What cannot be read ends it.
fn challenges(header: &str) -> Vec<(&str, Vec<(&str, String)>)> {
    let mut challenges: Vec<(&str, Vec<(&str, String)>)> = Vec::new();
    let mut rest = header.trim_start_matches([' ', '\t', ',']);
    while !rest.is_empty() {
        let Some((word, after)) = token(rest) else { break };
        match after.trim_start().strip_prefix('=') {
            Some(value) if !challenges.is_empty() => {
                let Some((value, after)) = parameter_value(value.trim_start()) else { break };
                if let Some((_, parameters)) = challenges.last_mut() {
                    parameters.push((word, value));
                }
                rest = after;
            }
            Some(_) => break,
            None => {
                challenges.push((word, Vec::new()));
                rest = after;
            }
        }
        rest = rest.trim_start_matches([' ', '\t', ',']);
    }
    challenges
}

fn token(text: &str) -> Option<(&str, &str)> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let length = text.bytes().take_while(|byte| is_token(*byte)).count();
    text.split_at_checked(length).filter(|(word, _)| !word.is_empty())
}

fn parameter_value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let (word, rest) = token(text)?;
        return Some((word.into(), rest));
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((place, character)) = characters.next() {
        match character {
            '"' => return Some((value, quoted.get(place..)?.strip_prefix('"')?)),
            '\\' => value.push(characters.next()?.1),
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(headers: &[&str]) -> Option<Challenge> {
        let headers = headers.iter().map(|value| ("WWW-Authenticate".into(), (*value).into())).collect();
        Challenge::of(&HttpResponse::new(401, headers, Vec::new()))
    }

    #[test]
    fn a_challenge_says_what_is_wanted() {
        let step_up = of(&[r#"Bearer error="insufficient_user_authentication", error_description="A \"new\" one, please", acr_values="a b", max_age=5"#]).unwrap();
        assert_eq!(step_up.scheme, "Bearer");
        assert_eq!(step_up.error.as_deref(), Some("insufficient_user_authentication"));
        assert_eq!(step_up.error_description.as_deref(), Some("A \"new\" one, please"));
        assert_eq!((step_up.acr_values.as_deref(), step_up.max_age), (Some("a b"), Some(5)));
        let several = of(&[r#"Basic realm="x", DPoP algs="ES256", error="invalid_token", Bearer"#]).unwrap();
        assert_eq!((several.scheme.as_str(), several.error.as_deref()), ("DPoP", Some("invalid_token")));
        let two = of(&["Bearer", r#"DPoP error = insufficient_scope ,scope="a""#]).unwrap();
        assert_eq!((two.error.as_deref(), two.scope.as_deref()), (Some("insufficient_scope"), Some("a")));
    }

    #[test]
    fn what_cannot_be_read_says_nothing() {
        assert_eq!([of(&[]), of(&[""]), of(&["Basic realm=\"x\""]), of(&["=x"])], [None, None, None, None]);
        for odd in [r#"Bearer error="open"#, r#"Bearer error=""#, "Bearer error=", "Bearer error=\u{e4}"] {
            assert_eq!(of(&[odd]).unwrap().error, None, "{odd}");
        }
        let twice = of(&[r#"Bearer error="a", error="b", max_age="soon""#]).unwrap();
        assert_eq!((twice.error, twice.max_age), (None, None));
        assert_eq!(of(&[&"Bearer, ".repeat(4_000)]), None, "longer than anybody writes");
    }
}
