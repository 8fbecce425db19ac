//! What a host is asked in a case, and what it answers.

use serde::{Deserialize, Serialize};

use super::format::{from_hex, is_false};

/// A request that has to be made, and its answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exchange {
    /// What the host is asked, to the byte.
    pub expect: Asked,
    /// What time it is when the answer arrives, if that changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub now: Option<i64>,
    /// The answer.
    pub respond: Reply,
}

/// What a host is asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Asked {
    /// To send a request.
    Http(Request),
    /// To sign with a key that it holds.
    Sign {
        /// What, and with which key.
        sign: Sign,
    },
    /// To look into its store, or to change it.
    Store {
        /// What.
        store: Store,
    },
    /// To say who the client is, by an assertion that it has from elsewhere.
    Assertion {
        /// Which.
        assertion: Assertion,
    },
}

/// A question to the store. It has the members that its name needs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Store {
    /// `get`, `add`, `put`, `take`, `delete`, `delete_labelled`, `lock` or `unlock`.
    pub name: String,
    /// The key of an entry, or of a lock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The value of an entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// When it may be forgotten, in Unix seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<i64>,
    /// The labels of an entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<Vec<String>>,
    /// The version that was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The label of entries to delete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Whose a lock is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// How long a lock lasts, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifetime: Option<u32>,
    /// How long to wait for it, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait: Option<u32>,
}

/// Something to sign.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sign {
    /// The name of the key.
    pub key: String,
    /// The algorithm.
    pub alg: String,
    /// What it is for.
    pub purpose: String,
    /// What to sign.
    pub signing_input: String,
}

/// An assertion that is wanted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assertion {
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whom it is for.
    pub audience: String,
}

/// An HTTP request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Which endpoint it is for.
    pub endpoint: String,
    /// The method.
    pub method: String,
    /// The URL.
    pub url: String,
    /// The headers, in order.
    pub headers: Vec<(String, String)>,
    /// The body, empty for GET.
    pub body: String,
    /// What the host has to enforce.
    pub limits: Limits,
    /// Whether it goes over a connection with the client's TLS certificate.
    #[serde(default, skip_serializing_if = "is_false")]
    pub client_certificate: bool,
}

/// A request for an API, without its access token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiRequest {
    /// The method.
    pub method: String,
    /// The URL.
    pub url: String,
    /// The headers, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<(String, String)>,
    /// The body.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub body: String,
}

/// What the host has to enforce.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Bytes of a body.
    pub max_response_bytes: usize,
    /// Seconds in all.
    pub timeout_secs: u32,
}

/// What the host answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Reply {
    /// A response.
    Http {
        /// The status.
        status: u16,
        /// The headers.
        headers: Vec<(String, String)>,
        /// The body.
        body: Body,
        /// The URL that answered, if it is not the request's.
        #[serde(skip_serializing_if = "Option::is_none")]
        final_url: Option<String>,
    },
    /// Nothing came back.
    Unreachable {
        /// Why.
        unreachable: String,
    },
    /// The answer to another kind of request.
    Verified {
        /// Whether a signature is good.
        verified: bool,
    },
    /// What the host signed.
    Signature {
        /// The signature, in base64url.
        signature: String,
    },
    /// The assertion that the host has.
    Assertion {
        /// The assertion.
        assertion: String,
    },
    /// What the store says: `done`, `nothing`, `conflict` or `busy`.
    Stored {
        /// Which.
        stored: String,
    },
    /// An entry of the store.
    Entry {
        /// Its value.
        value: String,
        /// Its version.
        version: String,
    },
    /// The host has no answer to requests of this kind.
    Unsupported {
        /// That it is so.
        unsupported: bool,
    },
}

/// A body: text, or parts, so that large ones stay small here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Body {
    /// Text.
    Text(String),
    /// Parts, one after the other.
    Parts(Vec<Part>),
}

/// A part of a body.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Part {
    /// Text.
    Text(String),
    /// Text, so many times.
    Repeat {
        /// The text.
        repeat: String,
        /// How often.
        times: usize,
    },
    /// Bytes, in hexadecimal.
    Hex {
        /// The bytes.
        hex: String,
    },
}

impl Body {
    /// The bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Body::Text(text) => text.as_bytes().to_vec(),
            Body::Parts(parts) => parts.iter().flat_map(Part::to_bytes).collect(),
        }
    }
}

impl Part {
    fn to_bytes(&self) -> Vec<u8> {
        match self {
            Part::Text(text) => text.as_bytes().to_vec(),
            Part::Repeat { repeat, times } => repeat.repeat(*times).into_bytes(),
            Part::Hex { hex } => from_hex(hex).unwrap_or_default(),
        }
    }
}

impl Asked {
    /// A word for it: the endpoint of a request, `sign`, `assertion`, or what is asked of a store.
    pub fn name(&self) -> &str {
        match self {
            Asked::Http(request) => &request.endpoint,
            Asked::Sign { .. } => "sign",
            Asked::Store { store } => &store.name,
            Asked::Assertion { .. } => "assertion",
        }
    }
}
