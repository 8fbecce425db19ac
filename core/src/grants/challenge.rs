//! Why an API refuses an access token, as its challenge says (RFC 9110 11.6.1, RFC 6750 3, RFC 9449 7.1, RFC 9470 3).

use alloc::string::String;
use alloc::vec::Vec;

use crate::grants::challenges::{Parameter, challenges, parameter};
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

impl Challenge {
    /// The challenges for access tokens in a response.
    pub(crate) fn all(response: &HttpResponse) -> Vec<Challenge> {
        challenges(response).map(|(scheme, parameters)| Challenge::read(scheme, &parameters)).collect()
    }

    /// The one of a response, if it has any: of several, the one that says why.
    pub(crate) fn of(response: &HttpResponse) -> Option<Challenge> {
        let mut all = Challenge::all(response);
        let telling = all.iter().position(|challenge| challenge.error.is_some());
        let telling = telling.or_else(|| all.len().checked_sub(1))?;
        Some(all.swap_remove(telling))
    }

    fn read(scheme: &str, parameters: &[Parameter<'_>]) -> Challenge {
        let text = |name: &str| parameter(parameters, name);
        Challenge {
            scheme: scheme.into(),
            error: text("error"),
            error_description: text("error_description"),
            scope: text("scope"),
            acr_values: text("acr_values"),
            max_age: text("max_age")
                .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))
                .and_then(|seconds| seconds.parse().ok()),
            resource_metadata: text("resource_metadata"),
        }
    }
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
        let twice = of(&[r#"Bearer error="a", error="b", max_age="+5""#]).unwrap();
        assert_eq!((twice.error, twice.max_age), (None, None));
        assert_eq!(of(&[&"Bearer, ".repeat(4_000)]), None, "longer than anybody writes");
    }
}
