//! Whatever happens on the way of a whole login, it ends after a few exchanges, goes only to URLs of the issuer's metadata,
//! shows no secret, and yields a session only about the end user whom the provider named to this very login.

#![no_main]

use fuzz::keys::{JWKS, id_token};
use fuzz::script::Script;
use fuzz::world::{CLIENT_ID, CODE, ISSUER, METADATA, REDIRECT_URI, claims, issuer, tokens};
use fuzz::{reference, silence};
use libfuzzer_sys::fuzz_target;
use relyingparty::{
    AuthorizeRequest, Cache, CallbackParams, Client, Endpoint, Entropy, Error, HttpRequest, Method,
    PendingLogin, Policy, Provider, Registration, Session,
};
use serde_json::{Value, json};

const SECRET: &str = "canary-client-secret";

fuzz_target!(|data: &[u8]| {
    let script = &mut Script::new(data);
    let outcome = Login::begin(script).and_then(|login| login.finish(script));
    if let Err((error, secrets)) = outcome {
        assert!(!script.honest, "an honest login fails: {error}");
        let secrets: Vec<&str> = secrets.iter().map(String::as_str).chain([SECRET, CODE]).collect();
        silence::keeps(&error, &secrets, &[]);
    }
});

/// An error, and what it must not show.
type Failure = (Error, Vec<String>);

struct Login {
    client: Client,
    cache: Cache,
    pending: PendingLogin,
    /// As they were drawn: id, state, nonce, verifier.
    secrets: Vec<String>,
}

impl Login {
    fn begin(script: &mut Script<'_>) -> Result<Login, Failure> {
        let alone = |error| (error, Vec::new());
        let policy = Policy::default();
        let mut cache = Cache::default();
        let step = Provider::discover(&issuer(), &policy, &cache, script.now).map_err(alone)?;
        let only = |request: &HttpRequest| {
            assert_eq!(request.url, format!("{ISSUER}/.well-known/openid-configuration"));
        };
        let provider = script.run(step, &mut cache, |_| METADATA.to_string(), only).map_err(alone)?;
        let mut registration = Registration::new(CLIENT_ID, REDIRECT_URI);
        if script.byte() < 128 {
            registration = registration.with_secret(SECRET);
        }
        let client = Client::new(provider, registration, policy).map_err(alone)?;
        let entropy = Entropy::new((0..32).collect::<Vec<u8>>()).expect("it is long enough");
        let login = client.authorize(&AuthorizeRequest::default(), entropy, script.now).map_err(alone)?;
        let stored: Value = serde_json::from_str(&login.pending.encode()).expect("it is JSON");
        let secrets =
            ["id", "state", "nonce", "verifier"].map(|name| stored[name].as_str().expect("a text").into());
        Ok(Login { client, cache, pending: login.pending, secrets: secrets.to_vec() })
    }

    fn finish(mut self, script: &mut Script<'_>) -> Result<(), Failure> {
        let secrets = self.secrets.clone();
        self.through(script).map_err(|error| (error, secrets))
    }

    fn through(&mut self, script: &mut Script<'_>) -> Result<(), Error> {
        let query = format!("code={CODE}&state={}", self.secrets[1]);
        let query = script.spoilt(query.into_bytes());
        let params = CallbackParams::parse(&String::from_utf8_lossy(&query))?;
        let stored = script.spoilt(self.pending.encode().into_bytes());
        let pending = PendingLogin::decode(Some(&String::from_utf8_lossy(&stored)))?;
        let nonce = self.secrets[2].clone();
        let code = self.client.callback(pending, &params, script.now)?;
        assert!(params.get("state").is_some_and(|state| script.honest.then_some(state) != Some("")));

        let step = self.client.exchange(code)?;
        let session = self.run(script, step)?;
        self.assert_own(&session, script.honest.then_some(&*nonce));
        let step = self.client.refresh(&session)?;
        let refreshed = self.run(script, step)?;
        assert_eq!(refreshed.claims().sub(), session.claims().sub());
        let step = self.client.userinfo(&refreshed)?;
        let userinfo = self.run(script, step)?;
        assert_eq!(userinfo.sub(), session.claims().sub());
        let stored = script.spoilt(refreshed.encode().into_bytes());
        let step = self.client.restore(&String::from_utf8_lossy(&stored), &self.cache, script.now)?;
        let restored = self.run(script, step)?;
        self.assert_own(&restored, None);
        Ok(())
    }

    fn run<F: relyingparty::Flow>(
        &mut self,
        script: &mut Script<'_>,
        step: relyingparty::Step<F>,
    ) -> Result<F::Output, Error> {
        if script.byte() % 8 == 7 {
            self.cache = Cache::default();
        }
        let document = self.client.provider().metadata();
        let member = |endpoint| match endpoint {
            Endpoint::Jwks => "jwks_uri",
            Endpoint::Token => "token_endpoint",
            _ => "userinfo_endpoint",
        };
        let see = |request: &HttpRequest| {
            assert_eq!(document.get(member(request.endpoint)).expect("it is there"), &*request.url);
            assert_eq!(request.method == Method::Post, request.endpoint == Endpoint::Token);
        };
        let honest = |endpoint| match endpoint {
            Endpoint::Jwks => JWKS.to_string(),
            Endpoint::Token => tokens().to_string(),
            _ => json!({ "sub": "subject-1" }).to_string(),
        };
        script.run(step, &mut self.cache, honest, see)
    }

    /// Asserts that the session's ID token is one that the provider signed, for this client and login.
    fn assert_own(&self, session: &Session, nonce: Option<&str>) {
        assert!(session.claims().sub() == "subject-1" && session.claims().iss() == ISSUER);
        let jws = reference::verify(session.id_token(), &JWKS).expect("nobody else accepts it");
        assert_eq!(jws.payload, claims().to_string().into_bytes());
        assert_eq!(session.id_token(), id_token(&claims()));
        let read = reference::object(&jws.payload).expect("it is what was signed");
        assert!(nonce.is_none_or(|nonce| read["nonce"] == nonce));
    }
}
