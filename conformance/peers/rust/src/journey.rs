//! The journeys of the modules, and the browser in them.

use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::thread;
use std::time::Duration;

use openidconnect::reqwest::Url;
use openidconnect::reqwest::blocking::Client as Http;
use serde::Deserialize;
use serde_json::json;

pub type Result<T> = std::result::Result<T, Box<dyn Error>>;

#[derive(Deserialize)]
pub struct Job {
    module: String,
    pub issuer: String,
    pub registration: Registration,
    journey: String,
    pub asks: Asks,
    pause_seconds: u64,
    pub must_notice: bool,
}

#[derive(Deserialize)]
pub struct Registration {
    pub client_id: String,
    pub client_secret: String,
    pub redirect_uri: String,
    pub post_logout_redirect_uri: String,
    pub id_token_signed_response_alg: Option<String>,
    pub userinfo_signed_response_alg: Option<String>,
}

#[derive(Deserialize)]
pub struct Asks {
    #[serde(default)]
    pub scopes: Vec<String>,
    pub response_mode: Option<String>,
    pub max_age: Option<u64>,
    pub prompt: Option<String>,
}

/// A library and its client of one provider. A verb that fails has refused what the provider handed out, and one that
/// fails with [`Unsupported`] cannot be asked.
pub trait Peer: Sized {
    type Login;
    type Session;

    /// Metadata are read, the client is made.
    fn client(job: &Job) -> Result<Self>;
    /// The URL for the browser.
    fn authorize(&self, job: &Job) -> Result<(Url, Self::Login)>;
    /// The session, from what the browser was sent back with.
    fn callback(&mut self, job: &Job, login: Self::Login, params: Params) -> Result<Self::Session>;
    fn userinfo(&self, job: &Job, session: &Self::Session) -> Result<()>;
    /// The next session.
    fn refresh(&mut self, job: &Job, session: Self::Session) -> Result<Self::Session>;
    /// The URL for the browser.
    fn end_session(&self, job: &Job, session: &Self::Session) -> Result<Url>;
    /// The browser is back from the logout.
    fn logged_out(&self, job: &Job, params: Params) -> Result<()>;
}

/// What the provider has the browser bring back.
pub type Params = HashMap<String, String>;

/// The library has no such thing: the reason.
#[derive(Debug)]
pub struct Unsupported(pub &'static str);

/// Neither the library nor the provider is to blame: the adapter is wrong.
#[derive(Debug)]
struct Broken(String);

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Unsupported {}
impl Error for Broken {}

/// Plays every job that stdin lists, all at once, and prints a line of JSON for each.
pub fn play<P: Peer>() -> Result<()> {
    let jobs: Vec<Job> = serde_json::from_reader(std::io::stdin())?;
    thread::scope(|scope| {
        for job in &jobs {
            scope.spawn(move || {
                let line = match go::<P>(job) {
                    Ok(()) => json!({ "module": job.module, "outcome": "accepted" }),
                    Err(error) => {
                        let outcome = match () {
                            () if error.is::<Unsupported>() => "unsupported",
                            () if error.is::<Broken>() => "broken",
                            () => "rejected",
                        };
                        json!({ "module": job.module, "outcome": outcome, "error": reasons(&*error) })
                    }
                };
                println!("{line}");
            });
        }
    });
    Ok(())
}

fn go<P: Peer>(job: &Job) -> Result<()> {
    let mut peer = P::client(job)?;
    if job.journey == "Discovery" {
        return Ok(());
    }
    let session = login(&mut peer, job)?;
    match job.journey.as_str() {
        "Refresh" => {
            let session = peer.refresh(job, session)?;
            peer.userinfo(job, &session)
        }
        "Logout" => {
            let url = peer.end_session(job, &session)?;
            peer.logged_out(job, browse(url)?)
        }
        "TwoLogins" | "LoginWithKeys" => {
            peer.userinfo(job, &session)?;
            thread::sleep(Duration::from_secs(job.pause_seconds));
            let session = login(&mut peer, job)?;
            peer.userinfo(job, &session)
        }
        _ => peer.userinfo(job, &session),
    }
}

fn login<P: Peer>(peer: &mut P, job: &Job) -> Result<P::Session> {
    let (url, login) = peer.authorize(job)?;
    peer.callback(job, login, browse(url)?)
}

/// A client that goes where it is told and no further.
pub fn http() -> Result<Http> {
    Ok(Http::builder().redirect(openidconnect::reqwest::redirect::Policy::none()).build()?)
}

/// What the provider sends the browser back with, in a redirect or in a form that it has the browser post.
fn browse(url: Url) -> Result<Params> {
    let response = http()?.get(url.clone()).send()?;
    let status = response.status();
    if let Some(location) = response.headers().get("location") {
        return Ok(Url::parse(location.to_str()?)?.query_pairs().into_owned().collect());
    }
    let page = response.text()?;
    let inputs: Params = page
        .split("<input type=\"hidden\" name=\"")
        .skip(1)
        .filter_map(|input| {
            let (name, rest) = input.split_once("\" value=\"")?;
            Some((plain(name), plain(rest.split_once('"')?.0)))
        })
        .collect();
    match status.is_success() && page.contains("<form method=\"post\"") {
        true => Ok(inputs),
        false => Err(Broken(format!("{status} at {url}")).into()),
    }
}

const ENTITIES: [(&str, &str); 5] =
    [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];

fn plain(html: &str) -> String {
    ENTITIES.iter().fold(html.to_owned(), |text, (entity, character)| text.replace(entity, character))
}

/// The message of an error and of what caused it.
fn reasons(error: &dyn Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        words = format!("{words} < {cause}");
        source = cause.source();
    }
    words
}
