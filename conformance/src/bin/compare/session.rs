//! A session for whoever is to find it again: logged in once, sealed in a cookie and kept in a store.

use conformance::provider::SigningKey;
use relyingparty::{
    Cache, Endpoint, Entropy, Error, Event, Handled, HttpResponse, Incoming, Issuer, MemorySessionStore,
    Registration, Reply, Request, SealingKeys, Site, SitePolicy, SiteProvider, StoreEntry, StoreRequest,
    Timestamp, drive,
};
use serde_json::{Value, json};

use crate::work;

const BASE_URL: &str = "https://app.example/auth";
const KEY: [u8; 32] = *b"0123456789abcdefghijklmnopqrstuv";

/// What a browser sends beside its cookies.
const HEADERS: [(&str, &str); 9] = [
    ("host", "app.example"),
    ("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"),
    ("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
    ("accept-language", "en-US,en;q=0.5"),
    ("accept-encoding", "gzip, deflate, br, zstd"),
    ("referer", "https://app.example/"),
    ("sec-fetch-dest", "document"),
    ("sec-fetch-mode", "navigate"),
    ("sec-fetch-site", "same-origin"),
];

/// The site, a browser's cookie with a sealed session in it, one that leads to a session in a store with the entry there, and
/// what an application would put into a session of its own.
pub(crate) fn make(key: &SigningKey, metadata: &Value, jwks: &Value, now: i64) -> Result<Value, Error> {
    let mut login = Login { key, metadata, jwks, now, entry: None };
    let (cookie, content) = login.run(SitePolicy::default())?;
    let (id_cookie, _) = login.run(SitePolicy::stored())?;
    let entry = login.entry.map(|StoreEntry { key, value, expires_at, labels, .. }| {
        json!({ "key": key, "value": value, "expires_at": expires_at.as_unix(), "labels": labels })
    });
    Ok(json!({
        "base_url": BASE_URL,
        "sealing_key": KEY,
        "cookie": cookie,
        "headers": HEADERS,
        "stored": { "cookie": id_cookie, "entry": entry },
        "content": content,
    }))
}

/// A login, and what it left in the store.
struct Login<'a> {
    key: &'a SigningKey,
    metadata: &'a Value,
    jwks: &'a Value,
    now: i64,
    entry: Option<StoreEntry>,
}

impl Login<'_> {
    /// The cookie that the browser holds afterwards, and what is in the session.
    fn run(&mut self, policy: SitePolicy) -> Result<(String, Value), Error> {
        let registration = Registration::new(work::CLIENT_ID, format!("{BASE_URL}/callback"))
            .with_secret(work::CLIENT_SECRET);
        let provider = SiteProvider::new("default", Issuer::parse(work::ISSUER)?, registration);
        let site = Site::new(BASE_URL, SealingKeys::new([KEY])?, policy)?.with_provider(provider)?;

        let (mut cache, mut store) = (Cache::default(), MemorySessionStore::new());
        let begun = self.handle(&site, Incoming::new("GET", "/auth/login"), "", 0, &mut cache, &mut store)?;
        let url = headers(&begun, "Location").next().unwrap_or_default().to_owned();
        let (state, nonce) = (work::parameter(&url, "state"), work::parameter(&url, "nonce"));
        let back = format!("/auth/callback?{}", work::response_query(&state));
        let incoming = Incoming::new("GET", &back).header("cookie", &cookies(&begun));
        let handled = self.handle(&site, incoming, &nonce, 32, &mut cache, &mut store)?;

        let content = match &handled.event {
            Some(Event::LoggedIn { session, .. }) => json!({
                "sub": session.claims().sub(),
                "claims": work::claims(&nonce, self.key.alg(), self.now),
                "id_token": session.id_token(),
                "access_token": session.access_token(),
                "token_type": session.token_type(),
                "scope": session.scope(),
                "expires_at": session.expires_at().map(Timestamp::as_unix),
            }),
            _ => Value::Null,
        };
        Ok((cookies(&handled), content))
    }

    fn handle(
        &mut self,
        site: &Site,
        incoming: Incoming,
        nonce: &str,
        first: u8,
        cache: &mut Cache,
        store: &mut MemorySessionStore,
    ) -> Result<Handled, Error> {
        let now = Timestamp::from_unix(self.now);
        let step = site.handle(incoming, entropy(first)?, cache, now)?;
        drive(
            step,
            cache,
            || now,
            |request| match request {
                Request::Store(request) => {
                    if let StoreRequest::Add { entry } = request
                        && entry.key.starts_with("session.")
                    {
                        self.entry = Some(entry.clone());
                    }
                    store.answer(request, now)
                }
                Request::Http(request) => self.answer(request.endpoint, nonce),
                _ => Reply::Unsupported,
            },
        )
    }

    fn answer(&self, endpoint: Endpoint, nonce: &str) -> Reply {
        let body = match endpoint {
            Endpoint::Discovery => self.metadata.to_string(),
            Endpoint::Jwks => self.jwks.to_string(),
            _ => {
                let claims = work::claims(nonce, self.key.alg(), self.now);
                work::token_response(&self.key.sign(&claims)).to_string()
            }
        };
        let content_type = ("Content-Type".into(), "application/json".into());
        Reply::Http(HttpResponse::new(200, vec![content_type], body.into_bytes()))
    }
}

/// 32 bytes from this one on.
fn entropy(first: u8) -> Result<Entropy, Error> {
    Entropy::new((first..).take(32).collect::<Vec<u8>>())
}

fn headers<'a>(handled: &'a Handled, name: &'a str) -> impl Iterator<Item = &'a str> {
    let headers = handled.answer.headers.iter();
    headers.filter(move |(own, _)| own == name).map(|(_, value)| value.as_str())
}

/// The cookies of an answer, as the browser sends them.
fn cookies(handled: &Handled) -> String {
    let kept = headers(handled, "Set-Cookie").filter(|header| !header.ends_with("; Max-Age=0"));
    kept.filter_map(|header| header.split(';').next()).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use relyingparty::Step;

    use super::*;

    #[test]
    fn the_cookie_is_that_of_a_session() {
        let work = work::make().unwrap();
        let session = &work["session"];
        assert!(session["stored"]["entry"]["value"].is_string(), "{session}");
        assert!(session["stored"]["cookie"].as_str().unwrap().len() < 80, "{session}");
        assert_eq!(session["content"]["id_token"].as_str().unwrap().split('.').count(), 3);

        let registration = Registration::new(work::CLIENT_ID, format!("{BASE_URL}/callback"));
        let provider = SiteProvider::new("default", Issuer::parse(work::ISSUER).unwrap(), registration);
        let site = Site::new(BASE_URL, SealingKeys::new([KEY]).unwrap(), SitePolicy::default());
        let site = site.unwrap().with_provider(provider).unwrap();
        let incoming = Incoming::new("GET", "/").header("cookie", session["cookie"].as_str().unwrap());
        let now = Timestamp::from_unix(work::unix_now());
        let entropy = entropy(64).unwrap();
        let Step::Done(visit) = site.visit(&incoming, entropy, &mut Cache::default(), now).unwrap() else {
            panic!("it asks for something");
        };
        assert_eq!(visit.session.unwrap().claims().sub(), session["content"]["sub"].as_str().unwrap());
    }
}
