//! What only the wire can show: a server whose every issuer, `<origin>/<row>`, does one thing to a connection that no
//! provider does, at one endpoint. For the rest it is an honest provider, so that a client that puts up with it logs in.
//!
//! [`rows`] is the list, made of two tables: `behaviours.rs` has what can happen to a response, `places.rs` what can
//! happen before there is one.

mod behaviours;
mod connection;
mod places;
mod server;
#[cfg(test)]
mod tests;

use relyingparty::Endpoint;

use self::behaviours::{BEHAVIOURS, Does};
pub use self::places::Identity;
use self::places::{PLACES, Place};
pub use self::server::Server;
use crate::modules::{Expect, Stage};

/// One issuer of the server's: what happens there, and what every client has to make of it.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its path: `token-found`.
    pub name: String,
    /// What happens.
    pub about: &'static str,
    /// Where a client has to stop, and with which code.
    pub expect: Expect,
    /// Whether what happens takes so long that a client has to give up: tell it to be quick.
    pub slow: bool,
    /// The transports that cannot be as strict.
    pub except: &'static [Except],
    keeps: bool,
    place: Place,
    does: Option<(Endpoint, Does)>,
}

/// Transports whose platform does not let them be as strict as the others.
#[derive(Debug)]
pub struct Except {
    /// Their names: `fetch`.
    pub transports: &'static [&'static str],
    /// The code they stop with, or none when they go on to the end.
    pub code: Option<&'static str>,
    /// Whether they send a request that came to nothing a second time.
    pub repeats: bool,
    /// Why it is all right, or cannot be helped.
    pub why: &'static str,
}

/// Every row.
pub fn rows() -> Vec<Row> {
    let at_endpoint = |(endpoint, behaviour): (Endpoint, &'static behaviours::Behaviour)| Row {
        name: format!("{}-{}", endpoint.as_str(), behaviour.name),
        about: behaviour.about,
        expect: behaviour.code.map_or(Expect::Accept, |code| refused(endpoint, code)),
        slow: behaviour.slow,
        keeps: behaviour.keeps,
        except: behaviour.except,
        place: Place::Http,
        does: Some((endpoint, behaviour.does)),
    };
    let at_place = |place: &'static places::Special| Row {
        name: place.name.into(),
        about: place.about,
        expect: place.code.map_or(Expect::Accept, |code| Expect::Reject(Stage::Discovery, code)),
        slow: false,
        keeps: false,
        except: &[],
        place: place.place,
        does: None,
    };
    let each_endpoint =
        |behaviour: &'static behaviours::Behaviour| behaviour.at.iter().map(move |at| (*at, behaviour));
    BEHAVIOURS.iter().flat_map(each_endpoint).map(at_endpoint).chain(PLACES.iter().map(at_place)).collect()
}

impl Row {
    /// What lets that transport come to something else than the others.
    pub fn exception(&self, transport: &str) -> Option<&'static Except> {
        self.except.iter().find(|except| except.transports.contains(&transport))
    }

    /// What a client has to come to, or one to which an exception applies.
    pub fn expected(&self, except: Option<&Except>) -> Expect {
        let endpoint = self.does.map_or(Endpoint::Discovery, |(endpoint, _)| endpoint);
        except
            .map_or(self.expect, |except| except.code.map_or(Expect::Accept, |code| refused(endpoint, code)))
    }
}

/// Where a client stops, and with which code. Keys that could not be had are that, for the reason of the last attempt.
fn refused(endpoint: Endpoint, code: &'static str) -> Expect {
    let code = match (endpoint, code) {
        (Endpoint::Jwks, "redirect_refused") => "keys_unavailable (redirect_refused)",
        (Endpoint::Jwks, "response_too_large") => "keys_unavailable (response_too_large)",
        (Endpoint::Jwks, "unreachable") => "keys_unavailable (unreachable)",
        (Endpoint::Jwks, "unexpected_content_type") => "keys_unavailable (unexpected_content_type)",
        (Endpoint::Jwks, "malformed_json") => "keys_unavailable (malformed_json)",
        (Endpoint::Jwks, "compressed_response") => "keys_unavailable (compressed_response)",
        _ => code,
    };
    Expect::Reject(stage(endpoint), code)
}

/// In which call a client meets that endpoint.
fn stage(endpoint: Endpoint) -> Stage {
    match endpoint {
        Endpoint::Discovery => Stage::Discovery,
        Endpoint::UserInfo => Stage::UserInfo,
        _ => Stage::Exchange,
    }
}
