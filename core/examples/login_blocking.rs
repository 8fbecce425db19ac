//! A web application with login, without an async runtime: ureq, and a web server of the standard library.
//!
//! ```text
//! cargo run -p relyingparty --features http --example login_blocking -- settings.json
//! ```
#![allow(dead_code, reason = "the other example uses the rest of `hosts`")]
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "a host has a clock and a network")]

mod hosts;

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Mutex;

use hosts::{Logins, Settings, entropy, now, ureq};
use relyingparty::{
    AuthorizeRequest, Cache, CallbackParams, Client, Coalescer, LoginCookies, Policy, Provider, Session,
    drive,
};

struct App {
    agent: ::ureq::Agent,
    cache: Mutex<Cache>,
    coalescer: Coalescer,
    client: Client,
    logins: Logins,
}

impl App {
    fn new(settings: Settings) -> Result<App, relyingparty::Error> {
        let proxy = settings.proxy.as_deref().map(|url| ureq::proxy(url).expect("a usable proxy"));
        let (agent, mut cache) = (ureq::agent(settings.ca_pem.as_deref(), proxy), Cache::default());
        let step = Provider::discover(&settings.issuer, &Policy::default(), &cache, now())?;
        let provider = drive(step, &mut cache, now, |request| ureq::answer(&agent, request))?;
        let client = Client::new(provider, settings.registration, Policy::default())?;
        Ok(App {
            agent,
            cache: Mutex::new(cache),
            coalescer: Coalescer::default(),
            client,
            logins: Logins::default(),
        })
    }

    /// Where to send the browser, and the cookie to give it.
    fn begin(&self) -> Result<(String, String), relyingparty::Error> {
        let login = self.client.authorize(&AuthorizeRequest::default(), entropy()?, now())?;
        Ok((login.url, self.logins.begin(&login.pending)))
    }

    /// The browser is back.
    fn finish(&self, target: &str, cookies: &str) -> Result<Session, relyingparty::Error> {
        let response = CallbackParams::parse(target)?;
        let login = self.logins.take(self.client.login_id(&response, &LoginCookies::parse(cookies))?)?;
        let code = self.client.callback(login, &response, now())?;
        let step = self.client.exchange(code)?;
        self.coalescer.drive(step, &self.cache, now, |request| ureq::answer(&self.agent, request))
    }

    fn serve(&self, browser: &TcpStream) -> std::io::Result<()> {
        let lines: Vec<String> = BufReader::new(browser)
            .lines()
            .map_while(Result::ok)
            .take_while(|line| !line.is_empty())
            .collect();
        let target = lines.first().and_then(|line| line.split(' ').nth(1)).unwrap_or("/");
        let cookies = lines
            .iter()
            .find_map(|line| line.strip_prefix("Cookie: ").or(line.strip_prefix("cookie: ")))
            .unwrap_or("");
        let page = |status: &str, text: &str| {
            format!("HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n{text}\n")
        };
        let answer = match target.split('?').next() {
            Some("/") => match self.begin() {
                Ok((url, cookie)) => format!(
                    "HTTP/1.1 303 See Other\r\nLocation: {url}\r\nSet-Cookie: {cookie}\r\nConnection: close\r\n\r\n"
                ),
                Err(error) => page("500 Internal Server Error", error.code()),
            },
            Some("/auth/login") => match self.finish(target, cookies) {
                Ok(session) => {
                    page("200 OK", &format!("Hello {} of {}", session.claims().sub(), session.claims().iss()))
                }
                Err(error) => page("400 Bad Request", error.code()),
            },
            _ => page("404 Not Found", "no such page"),
        };
        let mut browser = browser;
        browser.write_all(answer.as_bytes())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let settings = Settings::from_arguments();
    let listener = TcpListener::bind(settings.address())?;
    println!("http://{}/", settings.address());
    let app = App::new(settings)?;
    std::thread::scope(|scope| {
        for browser in listener.incoming().flatten() {
            scope.spawn(|| app.serve(&{ browser }));
        }
    });
    Ok(())
}
