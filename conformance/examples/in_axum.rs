//! An application in axum, for `conformance/servers`: what the environment says of it, and its one page.

use std::env;
use std::error::Error;

use axum::Router;
use axum::response::Html;
use axum::routing::get;
use relyingparty_host::{
    AuthorizeRequest, Claims, Config, Network, RedisSessionStore, Registration, RelyingParty,
    ReqwestTransport, SealingKeys, Site, SitePolicy, SiteProvider,
};

/// An ID token that makes logouts too long for a URL where the user's name is long.
const CLAIMS: &str = r#"{"id_token":{"name":null,"given_name":null,"preferred_username":null,"email":null}}"#;

struct Given {
    auth: String,
    prefix: String,
}

impl Given {
    fn read() -> Result<Given, env::VarError> {
        let prefix = env::var("PREFIX")?;
        Ok(Given { auth: [env::var("ORIGIN")?.as_str(), &prefix, "/auth"].concat(), prefix })
    }

    async fn site(&self) -> Result<Site, Box<dyn Error>> {
        let home = format!("{}/", self.prefix);
        let mut client =
            Registration::new(env::var("OIDC_CLIENT_ID")?, [self.auth.as_str(), "/callback"].concat())
                .with_secret(env::var("OIDC_CLIENT_SECRET")?);
        client.post_logout_redirect_uri = Some(format!("{}/logged-out", self.auth));
        let network = Network::new().ca_file(env::var("CA_FILE")?)?;
        let party = RelyingParty::builder(
            Config::new(env::var("OIDC_ISSUER")?, client),
            ReqwestTransport::with(network)?,
        );
        let mut asked = AuthorizeRequest::default();
        asked.claims = Some(CLAIMS.into());
        let mut policy = SitePolicy::default();
        (policy.after_login, policy.after_logout, policy.refresh_margin_secs) = (home.clone(), home, 0);
        let builder = Site::builder(&self.auth, SealingKeys::new([key(&env::var("SESSION_KEY")?)?])?)
            .provider(SiteProvider::new(party).authorize(asked))
            .policy(policy);
        Ok(match env::var("REDIS_URL") {
            Ok(url) => builder.store(RedisSessionStore::connect(&url).await?).build()?,
            Err(_) => builder.build()?,
        })
    }

    /// Who is here, and the way in or out.
    fn page(&self, sub: Option<&str>) -> Html<String> {
        let Given { auth, prefix } = self;
        let sub: String = sub.unwrap_or("nobody").chars().take(40).collect();
        Html(format!(
            "<!doctype html><html lang=\"en\"><title>Application</title>\
             <main><h1>Hello {}</h1>\
             <p><a href=\"{auth}/login?return_to={prefix}/private\">Log in</a></p>\
             <form method=\"post\" action=\"{auth}/logout\"><button>Log out</button></form></main></html>",
            sub.replace('<', "&lt;")
        ))
    }
}

fn key(hexadecimal: &str) -> Result<[u8; 32], Box<dyn Error>> {
    let mut key = [0; 32];
    for (at, byte) in key.iter_mut().enumerate() {
        let digits = hexadecimal.get(2 * at..2 * at + 2).ok_or("SESSION_KEY is too short")?;
        *byte = u8::from_str_radix(digits, 16)?;
    }
    Ok(key)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let given: &'static Given = Box::leak(Box::new(Given::read()?));
    let site = given.site().await?;
    let home =
        move |user: Option<Claims>| async move { given.page(user.as_ref().map(|claims| claims.sub())) };
    let private = move |user: Claims| async move { given.page(Some(user.sub())) };
    let pages = Router::new().route("/", get(home)).route("/private", get(private));
    let app = pages.nest("/auth", site.routes());
    let app = if env::var("PROXY")? == "strips" {
        app.layer(site.layer().root_path(given.prefix.clone()))
    } else {
        // The page at the prefix itself is the one with the slash.
        Router::new()
            .nest(&given.prefix, app)
            .route(&format!("{}/", given.prefix), get(home))
            .layer(site.layer())
    };
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{}", env::var("PORT")?)).await?;
    axum::serve(listener, app).await?;
    Ok(())
}
