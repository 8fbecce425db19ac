//! Whose request it is: a session that is sealed in a cookie.

use std::hint::black_box;

use relyingparty_host::blocking::{RelyingParty, Site, Transport};
use relyingparty_host::{
    Config, HttpRequest, HttpResponse, Incoming, Registration, SealingKeys, Unreachable,
};

#[cfg(not(feature = "session-peers"))]
use crate::rounds::alone;
#[cfg(feature = "session-peers")]
use crate::rounds::pair;
use crate::work::Work;

pub(crate) fn run(group: &str, work: &Work, rounds: usize) {
    let (site, session) = (site(work), &work.session);
    let our_side = || {
        let incoming = Incoming::new("GET", "/inbox").header("cookie", &session.cookie);
        let headers = session.headers.iter();
        let incoming = headers.fold(incoming, |incoming, (name, value)| incoming.header(name, value));
        let visit = site.visit(&incoming).expect("it asks nobody");
        black_box(visit.session.expect("somebody is logged in").claims().sub());
    };
    #[cfg(feature = "session-peers")]
    {
        let peer = crate::servers::private_cookies::Reader::new(work);
        pair(group, "Rust, PrivateCookieJar", rounds, our_side, || {
            black_box(peer.read());
        });
    }
    #[cfg(not(feature = "session-peers"))]
    alone(group, "Rust", rounds, our_side);
}

fn site(work: &Work) -> Site {
    let party = RelyingParty::builder(config(work), Silent);
    Site::builder(&work.session.base_url, keys(work)).provider(party).build().expect("the site is good")
}

pub(crate) fn config(work: &Work) -> Config {
    let redirect_uri = format!("{}/callback", work.session.base_url);
    Config::new(
        &*work.issuer,
        Registration::new(&work.client_id, redirect_uri).with_secret(&*work.client_secret),
    )
}

pub(crate) fn keys(work: &Work) -> SealingKeys {
    SealingKeys::new([work.session.sealing_key]).expect("the key is random enough")
}

/// A provider whom nobody asks.
pub(crate) struct Silent;

impl Transport for Silent {
    fn send(&self, _: HttpRequest) -> Result<HttpResponse, Unreachable> {
        Err(Unreachable::new("nobody is there"))
    }
}
