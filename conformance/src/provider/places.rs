//! Where requests go that do not go to the issuer itself, as the paths at which they arrive here.

/// The API of the cases, on an origin of its own.
pub const API: &str = "https://api.example";
/// The endpoints for clients with certificates, on an origin of theirs (RFC 8705 5).
pub const MTLS: &str = "https://mtls.op.example";

/// What the paths of each begin with.
const PLACES: [(&str, &str); 2] = [(API, "/api"), (MTLS, "/mtls")];

/// The path and query at which a request to this URL arrives at the provider of that issuer.
pub fn arrival(issuer: &str, url: &str) -> Option<String> {
    let place = PLACES.iter().find_map(|(origin, path)| Some((path, url.strip_prefix(origin)?)));
    match place {
        Some((path, rest)) => Some(format!("{path}{rest}")),
        None => url.strip_prefix(issuer).map(str::to_owned),
    }
}

/// The URL, without its query, of what arrives at this path below the issuer.
pub(super) fn departure(issuer: &str, path: &str) -> String {
    let place = PLACES.iter().find_map(|(origin, own)| Some((origin, path.strip_prefix(own)?)));
    match place {
        Some((origin, rest)) => format!("{origin}{rest}"),
        None => format!("{issuer}{path}"),
    }
}
