//! The format of a case. Member by member it is what the files have; `conformance/README.md` shows one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::exchange::{ApiRequest, Exchange};

/// One of a site's providers: the case's own, unless it says otherwise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiteProvider {
    /// What the site calls it.
    pub name: String,
    /// Another issuer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// Another registration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registration: Option<Value>,
    /// What every login asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorize: Option<Value>,
}

/// A browser's request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BrowserRequest {
    /// The method.
    pub method: String,
    /// The path with its query.
    pub url: String,
    /// The headers that matter, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<(String, String)>,
    /// The form that was posted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<String>,
}

/// One case: a client, and the calls that a host makes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Its name, and its file's.
    pub name: String,
    /// The OpenID Foundation's module that it is, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// What happens, in a sentence.
    pub about: String,
    /// What a client has to make of it: `accept`, `reject`, or `either` where the Foundation takes both.
    pub expect: String,
    /// The issuer identifier.
    pub issuer: String,
    /// The client's registration, as the packages take it.
    pub registration: Value,
    /// The client's policy, as the packages take it.
    pub policy: Value,
    /// What time it is at first, in Unix seconds.
    pub now: i64,
    /// The calls, in order.
    pub steps: Vec<Step>,
}

/// One call, what it asks for on its way, and how it ends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// What time it is from here on, if that changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub now: Option<i64>,
    /// The call.
    #[serde(flatten)]
    pub call: Call,
    /// The requests that the call makes, each of which has to be as expected, and the answers. There must be no other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exchanges: Vec<Exchange>,
    /// How it ends.
    pub outcome: Outcome,
}

/// What the host calls. A `login` is a name for a pending login, and later for its code and its session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "call", rename_all = "snake_case")]
pub enum Call {
    /// Finds the provider: the case's issuer, or another.
    Discover {
        /// Another issuer.
        #[serde(skip_serializing_if = "Option::is_none")]
        issuer: Option<String>,
    },
    /// Makes the client of the provider: with the case's registration and policy, or others. It takes the place of
    /// the client before it.
    Client {
        /// Another registration.
        #[serde(skip_serializing_if = "Option::is_none")]
        registration: Option<Value>,
        /// Another policy.
        #[serde(skip_serializing_if = "Option::is_none")]
        policy: Option<Value>,
    },
    /// Starts a login.
    Authorize {
        /// Its name.
        login: String,
        /// What to ask for.
        request: Value,
        /// 32 bytes or fewer, in hexadecimal.
        entropy: String,
        /// Whether it may take steps: a request that is pushed or signed.
        #[serde(default, skip_serializing_if = "is_false")]
        in_steps: bool,
    },
    /// Takes an authorization response, in the query or as a form: for the named login, or one as it is `stored`.
    Callback {
        /// The login.
        login: String,
        /// The `Cookie` header with which the browser came: the store is asked for the id that is in it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cookies: Option<String>,
        /// What the host has in the place of the cookies: the store is asked for that id. `null` when it has none.
        #[serde(default, skip_serializing_if = "Option::is_none", with = "present")]
        id: Option<Option<String>>,
        /// What the store tells of a login that it does not have.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        told: Option<String>,
        /// What the store holds, if it is not what the login was stored as; `null` when it holds nothing.
        #[serde(default, skip_serializing_if = "Option::is_none", with = "present")]
        stored: Option<Option<String>>,
        /// The URL that the browser came back with.
        #[serde(skip_serializing_if = "Option::is_none")]
        query: Option<String>,
        /// The body that the browser posted.
        #[serde(skip_serializing_if = "Option::is_none")]
        form: Option<String>,
        /// Whether it may take steps: a response that is signed.
        #[serde(default, skip_serializing_if = "is_false")]
        in_steps: bool,
    },
    /// Exchanges the login's code.
    Exchange {
        /// The login.
        login: String,
        /// What to ask for beyond what the login asked for.
        #[serde(skip_serializing_if = "Option::is_none")]
        request: Option<Value>,
        /// What a client that proves itself needs for it, in hexadecimal.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        entropy: Option<String>,
    },
    /// Refreshes the login's session.
    Refresh {
        /// The login.
        login: String,
        /// What to ask for beyond what the login asked for.
        #[serde(skip_serializing_if = "Option::is_none")]
        request: Option<Value>,
        /// What a client that proves itself needs for it, in hexadecimal.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        entropy: Option<String>,
    },
    /// Asks for the end user's claims.
    Userinfo {
        /// The login.
        login: String,
        /// What a client that proves itself needs for it, in hexadecimal.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        entropy: Option<String>,
    },
    /// Calls an API with the access token of the login's session.
    Call {
        /// The login.
        login: String,
        /// The request, without the token.
        request: ApiRequest,
        /// What a client that proves itself needs for it, in hexadecimal.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        entropy: Option<String>,
    },
    /// Yields the public halves of the client's signing keys.
    Jwks,
    /// Restores the login's session from its encoding, or from other text.
    Restore {
        /// The login.
        login: String,
        /// Other text.
        #[serde(skip_serializing_if = "Option::is_none")]
        stored: Option<String>,
    },
    /// Goes on with what the last call for this login left pending.
    Resume {
        /// The login.
        login: String,
    },
    /// Checks an ID token.
    Verify {
        /// The token.
        id_token: String,
        /// What it has to answer to.
        expectations: Value,
    },
    /// Makes the logout URL: with the login's ID token as the hint, if a login is named.
    EndSession {
        /// The login.
        #[serde(skip_serializing_if = "Option::is_none")]
        login: Option<String>,
        /// What to tell the provider.
        request: Value,
    },
    /// Begins a logout at the provider: of the login's session, if a login is named.
    LogOut {
        /// The login.
        #[serde(skip_serializing_if = "Option::is_none")]
        login: Option<String>,
        /// What to tell the provider.
        request: Value,
        /// 32 bytes, in hexadecimal.
        entropy: String,
    },
    /// Takes the way back from a logout.
    LoggedOut {
        /// The URL that the browser came back with.
        query: String,
        /// The state that the browser holds, if it holds one.
        expected: Option<String>,
    },
    /// Checks a logout token.
    LogoutToken {
        /// The token.
        logout_token: String,
    },
    /// Reads a front-channel logout request.
    FrontChannelLogout {
        /// Its URL.
        query: String,
    },
    /// Revokes what the login's session has, or a token.
    Revoke {
        /// The login.
        #[serde(skip_serializing_if = "Option::is_none")]
        login: Option<String>,
        /// The token.
        #[serde(skip_serializing_if = "Option::is_none")]
        token: Option<String>,
        /// Its type.
        #[serde(skip_serializing_if = "Option::is_none")]
        token_type_hint: Option<String>,
    },
    /// Reads a response's parameters, as a host does to find the login, or after a logout.
    Parameters {
        /// The URL that the browser came back with.
        query: String,
    },
    /// Fetches the provider's keys.
    RefreshKeys,
    /// Makes a site. It takes the place of the one before it.
    Site {
        /// The URL below which its routes are.
        base_url: String,
        /// What seals, in hexadecimal.
        sealing_keys: Vec<String>,
        /// Its policy.
        site_policy: Value,
        /// Its providers.
        providers: Vec<SiteProvider>,
    },
    /// Has the site answer a request to one of its routes.
    Handle {
        /// What this is called, if it does not end at once.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        flow: Option<String>,
        /// The request.
        request: BrowserRequest,
        /// 32 bytes, in hexadecimal.
        entropy: String,
    },
    /// Asks the site whose request this is.
    Visit {
        /// What this is called, if it does not end at once.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        flow: Option<String>,
        /// The request.
        request: BrowserRequest,
        /// 32 bytes, in hexadecimal.
        entropy: String,
    },
    /// Goes on with what the site left pending.
    GoOn {
        /// What it is called.
        flow: String,
    },
    /// Replaces the cache by one that was stored, or by an empty one.
    Cache {
        /// The stored cache, as text.
        stored: Option<String>,
    },
}

/// How a call ends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Outcome {
    /// Well: with these values, each of which has to be the same. Others are not looked at.
    Ok(Value),
    /// With an error: its code, and the server's own error code where there is one.
    Error {
        /// The code.
        code: String,
        /// The server's own.
        #[serde(skip_serializing_if = "Option::is_none")]
        server_error: Option<String>,
        /// Details that have to be the same. Others are not looked at.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        details: BTreeMap<String, String>,
    },
    /// Not yet: it waits for an answer from this endpoint.
    Pending(String),
}

impl Outcome {
    /// The error's code, or that of the error that a site tells of, or `ok` or `pending`.
    pub fn code(&self) -> &str {
        match self {
            Outcome::Ok(seen) => {
                let told = seen["event"]["error"].as_str().or(seen["error"].as_str());
                told.unwrap_or("ok")
            }
            Outcome::Error { code, .. } => code,
            Outcome::Pending(_) => "pending",
        }
    }
}

/// The bytes of hexadecimal digits.
pub(super) fn from_hex(text: &str) -> Option<Vec<u8>> {
    let byte = |at: usize| text.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
    (0..text.len()).step_by(2).map(byte).collect()
}

/// A member that is there only when it is `true`.
pub(super) fn is_false(value: &bool) -> bool {
    !value
}

/// A member that may be absent, `null` or a text, which are three things.
mod present {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(value: &Option<Option<String>>, to: S) -> Result<S::Ok, S::Error> {
        value.as_ref().and_then(Option::as_ref).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Option<String>>, D::Error> {
        Option::<String>::deserialize(from).map(Some)
    }
}
