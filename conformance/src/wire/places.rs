//! Where an issuer is: over http, or where a connection comes to nothing, or at the end of one over TLS.

/// Where the server listens for a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// On a port, without TLS.
    Http,
    /// On a port that nobody listens on.
    Nowhere,
    /// On a port that speaks TLS, with one of its certificates.
    Https(Identity),
    /// On a port that is https by its URL and answers without TLS.
    HttpsInName,
}

/// A certificate, and what is the matter with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Identity {
    /// Nothing: it is for this host, by the authority that the clients are told to trust.
    Trusted,
    /// It is for another host.
    WrongName,
    /// It is by another authority.
    UnknownAuthority,
    /// Its time is over.
    Expired,
}

/// A row that is about the way to the provider.
#[derive(Debug)]
pub(super) struct Special {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) code: Option<&'static str>,
    pub(super) place: Place,
}

pub(super) const PLACES: &[Special] = &[
    Special {
        name: "connection-refused",
        about: "Nobody listens on the issuer's port.",
        code: Some("unreachable"),
        place: Place::Nowhere,
    },
    Special {
        name: "tls-trusted",
        about: "The certificate is by the authority that the client was told to trust.",
        code: None,
        place: Place::Https(Identity::Trusted),
    },
    Special {
        name: "tls-wrong-name",
        about: "The certificate is by that authority, for another host.",
        code: Some("unreachable"),
        place: Place::Https(Identity::WrongName),
    },
    Special {
        name: "tls-unknown-authority",
        about: "The certificate is by an authority that nobody knows.",
        code: Some("unreachable"),
        place: Place::Https(Identity::UnknownAuthority),
    },
    Special {
        name: "tls-expired",
        about: "The certificate is by that authority, and has expired.",
        code: Some("unreachable"),
        place: Place::Https(Identity::Expired),
    },
    Special {
        name: "tls-not-spoken",
        about: "The issuer is https, and its port answers in plain http.",
        code: Some("unreachable"),
        place: Place::HttpsInName,
    },
];
