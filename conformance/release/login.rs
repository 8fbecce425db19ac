//! A login with the packed crates, and one that they have to refuse: `RP_ISSUER`, `RP_BAD_ISSUER`, `RP_CLIENT_ID`, `RP_CLIENT_SECRET`.

use std::env;
use std::error::Error;

use relyingparty_host::blocking::RelyingParty;
use relyingparty_host::*;

/// Where the provider sends the browser.
fn visit(url: &str) -> Result<String, Box<dyn Error>> {
    let agent: ureq::Agent = ureq::Agent::config_builder().max_redirects(0).build().into();
    let response = agent.get(url).call()?;
    let location = response.headers().get("location").ok_or("no redirect")?;
    Ok(location.to_str()?.to_owned())
}

fn log_in(issuer: &str) -> Result<String, Box<dyn Error>> {
    let mut client = Registration::new(&env::var("RP_CLIENT_ID")?, "http://127.0.0.1:8000/callback");
    client.client_secret = Some(env::var("RP_CLIENT_SECRET")?.into());
    let rp = RelyingParty::new(Config::new(issuer, client).allow_insecure_loopback(), UreqTransport::new()?)?;
    let login = rp.authorize(&AuthorizeRequest::default())?;
    let cookie = login.pending.set_cookie();
    let cookies = LoginCookies::parse(cookie.split(';').next().unwrap_or_default());
    let session = rp.callback(&visit(&login.url)?, &cookies)?;
    Ok(rp.userinfo(&session)?.sub().to_owned())
}

fn main() -> Result<(), Box<dyn Error>> {
    let sub = log_in(&env::var("RP_ISSUER")?)?;
    let refused = log_in(&env::var("RP_BAD_ISSUER")?).expect_err("a login with another login's nonce");
    let refused = refused.downcast_ref::<relyingparty_host::Error>().map(|error| error.code());
    assert_eq!(refused, Some("nonce_mismatch"));
    println!("login ok sub={sub} Rust");
    Ok(())
}
