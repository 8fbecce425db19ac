//! Servers with axum: `/` answers with the subject of the session, `/login` begins one, but for ours, whose sessions come from a
//! provider.

use axum::Router;
use axum::routing::get;
use relyingparty_host::{
    BoxFuture, Claims, HttpRequest, HttpResponse, RelyingParty, Site, Transport, Unreachable,
};

use crate::sessions::{Silent, config, keys};
use crate::work::Work;

/// Serves the application of this name on a free port of 127.0.0.1, and prints the port. One thread serves, as in the other languages.
pub(crate) fn serve(work: &Work, name: &str) {
    let app = match name {
        "relyingparty" => ours(work),
        "tower-sessions" => tower_sessions::app(work),
        "private-cookies" => private_cookies::app(work),
        other => panic!("no server is called {other}"),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
    runtime.expect("there is a runtime").block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("there is a port");
        println!("{}", listener.local_addr().expect("it is bound").port());
        axum::serve(listener, app).await.expect("it serves");
    });
}

fn ours(work: &Work) -> Router {
    async fn home(user: Claims) -> String {
        user.sub().to_owned()
    }
    let party = RelyingParty::builder(config(work), Silent);
    let site = Site::builder(&work.session.base_url, keys(work)).provider(party).build();
    let site = site.expect("the site is good");
    Router::new().route("/", get(home)).nest("/auth", site.routes()).layer(site.layer())
}

impl Transport for Silent {
    fn send(&self, _: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, Unreachable>> {
        Box::pin(async { Err(Unreachable::new("nobody is there")) })
    }
}

/// What an application keeps, and reads the subject of.
type Content = serde_json::Map<String, serde_json::Value>;

fn sub(content: &Content) -> String {
    content["sub"].as_str().expect("it has a subject").to_owned()
}

mod tower_sessions {
    use axum::extract::State;
    use tower_sessions::{MemoryStore, Session, SessionManagerLayer};

    use super::{Content, Router, Work, get, sub};

    pub(super) fn app(work: &Work) -> Router {
        async fn log_in(State(content): State<serde_json::Value>, session: Session) {
            session.insert("user", content).await.expect("it is stored");
        }
        async fn home(session: Session) -> String {
            let content: Option<Content> = session.get("user").await.expect("it can be read");
            sub(&content.expect("somebody is logged in"))
        }
        let layer = SessionManagerLayer::new(MemoryStore::default()).with_secure(false);
        let routes = Router::new().route("/", get(home)).route("/login", get(log_in));
        routes.with_state(work.session.content.clone()).layer(layer)
    }
}

pub(crate) mod private_cookies {
    use axum::extract::{FromRef, State};
    use axum::http::header::{COOKIE, HeaderMap, HeaderName};
    use axum_extra::extract::PrivateCookieJar;
    use axum_extra::extract::cookie::{Cookie, Key};

    use super::{Content, Router, Work, get, sub};

    #[derive(Clone)]
    struct Kept {
        key: Key,
        content: String,
    }

    impl FromRef<Kept> for Key {
        fn from_ref(kept: &Kept) -> Key {
            kept.key.clone()
        }
    }

    fn kept(work: &Work) -> Kept {
        Kept { key: Key::generate(), content: work.session.content.to_string() }
    }

    fn sub_in(jar: &PrivateCookieJar) -> String {
        let cookie = jar.get("session").expect("somebody is logged in");
        sub(&serde_json::from_str::<Content>(cookie.value()).expect("it can be read"))
    }

    pub(super) fn app(work: &Work) -> Router {
        async fn log_in(State(kept): State<Kept>, jar: PrivateCookieJar) -> PrivateCookieJar {
            jar.add(Cookie::new("session", kept.content))
        }
        async fn home(jar: PrivateCookieJar) -> String {
            sub_in(&jar)
        }
        Router::new().route("/", get(home)).route("/login", get(log_in)).with_state(kept(work))
    }

    /// What reads the session of a request, without a server.
    pub(crate) struct Reader {
        key: Key,
        headers: HeaderMap,
    }

    impl Reader {
        pub(crate) fn new(work: &Work) -> Reader {
            use axum::response::IntoResponse;

            let Kept { key, content } = kept(work);
            let jar = PrivateCookieJar::new(key.clone()).add(Cookie::new("session", content));
            let response = jar.into_response();
            let set = response.headers()["set-cookie"].to_str().expect("it is text");
            let pair = set.split(';').next().unwrap_or_default();
            let named = work.session.headers.iter().map(|(name, value)| {
                let name = HeaderName::try_from(name).expect("it is the name of a header");
                (name, value.parse().expect("it is the value of a header"))
            });
            let mut headers: HeaderMap = named.collect();
            headers.insert(COOKIE, pair.parse().expect("it is the value of a header"));
            Reader { key, headers }
        }

        /// The subject.
        pub(crate) fn read(&self) -> String {
            sub_in(&PrivateCookieJar::from_headers(&self.headers, self.key.clone()))
        }
    }
}
