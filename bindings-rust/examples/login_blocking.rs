//! A web application with login, without an async runtime: ureq, and a web server of the standard library.
//!
//! ```text
//! cargo run -p relyingparty-host --features ureq --example login_blocking -- settings.json
//! ```

mod settings;

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};

use relyingparty_host::blocking::RelyingParty;
use relyingparty_host::{AuthorizeRequest, CallbackParams, LoginCookies, UreqTransport, clear_cookie};
use settings::Settings;

fn serve(rp: &RelyingParty, mut browser: &TcpStream) -> std::io::Result<()> {
    let lines: Vec<String> =
        BufReader::new(browser).lines().map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
    let target = lines.first().and_then(|line| line.split(' ').nth(1)).unwrap_or("/");
    let cookies = lines
        .iter()
        .find_map(|line| line.strip_prefix("Cookie: ").or(line.strip_prefix("cookie: ")))
        .unwrap_or("");
    let answer = match target.split('?').next() {
        Some("/") => begin(rp),
        Some("/auth/login") => finish(rp, target, &LoginCookies::parse(cookies)),
        _ => page("404 Not Found", "", "no such page"),
    };
    browser.write_all(answer.as_bytes())
}

fn page(status: &str, headers: &str, text: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{headers}Content-Type: text/plain\r\nConnection: close\r\n\r\n{text}\n")
}

/// The way to the provider, and the cookie that ties the login to this browser.
fn begin(rp: &RelyingParty) -> String {
    match rp.authorize(&AuthorizeRequest::default()) {
        Ok(login) => {
            let (url, cookie) = (&login.url, login.pending.set_cookie());
            page("303 See Other", &format!("Location: {url}\r\nSet-Cookie: {cookie}\r\n"), "")
        }
        Err(error) => page("500 Internal Server Error", "", error.code()),
    }
}

/// The browser is back. Its login cookie is cleared, whether the login succeeds or fails.
fn finish(rp: &RelyingParty, target: &str, cookies: &LoginCookies) -> String {
    let cleared = CallbackParams::parse(target).map(|response| cookies.ended(&response)).unwrap_or_default();
    let headers: String =
        cleared.iter().map(|name| format!("Set-Cookie: {}\r\n", clear_cookie(name))).collect();
    match rp.callback(target, cookies) {
        Ok(session) => {
            let (sub, iss) = (session.claims().sub(), session.claims().iss());
            page("200 OK", &headers, &format!("Hello {sub} of {iss}"))
        }
        Err(error) => page("400 Bad Request", &headers, error.code()),
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let Settings { config, network, address } = Settings::from_arguments()?;
    let rp = RelyingParty::new(config, UreqTransport::with(network)?)?;
    let listener = TcpListener::bind(&address)?;
    println!("http://{address}/");
    std::thread::scope(|scope| {
        for browser in listener.incoming().flatten() {
            let rp = &rp;
            scope.spawn(move || serve(rp, &browser));
        }
    });
    Ok(())
}
