//! A whole login, made of texts from outside: each of them can be spoilt.

use relyingparty::{
    AuthorizeRequest, CallbackParams, Client, Endpoint, Error, Flow, HttpRequest, Policy, Provider,
    Registration, Reply, Request, Step, Timestamp, drive,
};
use serde_json::{Value, json};

use crate::support::{
    CLIENT_ID, ISSUER, REDIRECT_URI, START, World, json_response, parameter, policy, typed_response,
};

/// What the provider and the browser say in the course of one login.
#[derive(Clone)]
pub(crate) struct Texts {
    pub(crate) metadata: String,
    pub(crate) jwks: String,
    pub(crate) query: String,
    pub(crate) header: String,
    pub(crate) claims: String,
    /// What to do to the ID token once it is signed: put this octet there.
    pub(crate) flip: Option<(usize, u8)>,
    /// The token response, `ID_TOKEN` where its ID token goes.
    pub(crate) tokens: String,
    pub(crate) userinfo: String,
    pub(crate) refreshed_claims: String,
    pub(crate) refreshed_tokens: String,
}

/// What must not change unnoticed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Facts {
    iss: String,
    sub: String,
    access_token: String,
    userinfo_sub: String,
    refreshed: (String, String, String),
}

const CODE: &str = "code-1";
pub(crate) const ID_TOKEN: &str = "ID_TOKEN";

/// Everything that can be asked for is: there is a check for each claim.
fn asked() -> AuthorizeRequest {
    let mut request = AuthorizeRequest::default();
    request.max_age = Some(300);
    request.claims = Some(
        r#"{"id_token":{"acr":{"essential":true,"values":["urn:high"]},"sub":{"value":"subject-1"}}}"#.into(),
    );
    request
}

impl Texts {
    /// Of a login as it should be.
    pub(crate) fn good() -> Texts {
        let mut world = World::new();
        let stored: Value =
            serde_json::from_str(&world.try_begin(&asked()).unwrap().pending.encode()).unwrap();
        let metadata = &mut world.op.metadata;
        metadata["code_challenge_methods_supported"] = json!(["S256"]);
        metadata["authorization_response_iss_parameter_supported"] = true.into();
        let claims = |access_token: &str| {
            json!({
                "iss": ISSUER,
                "sub": "subject-1",
                "aud": CLIENT_ID,
                "azp": CLIENT_ID,
                "exp": START.as_unix() + 3_600,
                "iat": START.as_unix(),
                "nbf": START.as_unix(),
                "nonce": stored["nonce"],
                "auth_time": START.as_unix() - 10,
                "acr": "urn:high",
                "at_hash": world.op.key.at_hash(access_token),
                "email": "a@b.example",
            })
        };
        let tokens = |access_token: &str| {
            json!({
                "access_token": access_token,
                "token_type": "Bearer",
                "expires_in": 300,
                "refresh_token": "refresh-1",
                "scope": "openid",
                "id_token": ID_TOKEN,
            })
        };
        let state = stored["state"].as_str().unwrap();
        Texts {
            metadata: world.op.metadata.to_string(),
            jwks: world.op.key.jwk().to_string(),
            query: format!("code={CODE}&state={state}&iss={ISSUER}&session_state=x"),
            header: json!({ "alg": "EdDSA", "kid": "k1", "typ": "JWT" }).to_string(),
            claims: claims("access-1").to_string(),
            flip: None,
            tokens: tokens("access-1").to_string(),
            userinfo: json!({ "sub": "subject-1", "email": "a@b.example" }).to_string(),
            refreshed_claims: claims("access-2").to_string(),
            refreshed_tokens: tokens("access-2").to_string(),
        }
    }

    /// The ID token that header and claims make.
    pub(crate) fn id_token(&self) -> Vec<u8> {
        let token = World::new().op.key.token_of(&self.header, &self.claims);
        let mut token = token.into_bytes();
        if let Some((place, octet)) = self.flip {
            token[place] = octet;
        }
        token
    }

    /// The login from discovery to refresh: what it found, or the code of what went wrong first.
    pub(crate) fn login(&self) -> Result<Facts, &'static str> {
        let mut run = Run { texts: self, world: World::new() };
        // Where the keys could not be had: why not.
        run.login().map_err(|error| {
            match error.detail("reason").filter(|_| error.code() == "keys_unavailable") {
                Some(reason) => Error::codes().iter().find(|code| **code == reason).unwrap(),
                None => error.code(),
            }
        })
    }
}

struct Run<'a> {
    texts: &'a Texts,
    world: World,
}

impl Run<'_> {
    fn login(&mut self) -> Result<Facts, Error> {
        let discovery =
            Provider::discover(&self.world.issuer(), &Policy::default(), &self.world.cache, START);
        let provider = self.drive(discovery?)?;
        let client = Client::new(provider, Registration::new(CLIENT_ID, REDIRECT_URI), policy())?;
        // The same draw as for the good texts.
        let begun = client.authorize(&asked(), crate::support::entropy(1), START)?;
        let code = client.callback(begun.pending, &CallbackParams::parse(&self.texts.query)?, START)?;
        let session = self.drive(client.exchange(code)?)?;
        let userinfo = self.drive(client.userinfo(&session)?)?;
        let refreshed = self.drive(client.refresh(&session)?)?;
        let (claims, refreshed_claims) = (session.claims(), refreshed.claims());
        Ok(Facts {
            iss: claims.iss().into(),
            sub: claims.sub().into(),
            access_token: session.access_token().unwrap_or_default().into(),
            userinfo_sub: userinfo.sub().into(),
            refreshed: (
                refreshed_claims.iss().into(),
                refreshed_claims.sub().into(),
                refreshed.access_token().unwrap_or_default().into(),
            ),
        })
    }

    fn drive<F: Flow>(&mut self, step: Step<F>) -> Result<F::Output, Error> {
        let Run { texts, world } = self;
        let World { op, cache, .. } = world;
        drive(
            step,
            cache,
            || START,
            |request| match request {
                Request::Http(request) => texts.answer(request),
                other => op.answer(other, START),
            },
        )
    }
}

impl Texts {
    fn answer(&self, request: &HttpRequest) -> Reply {
        let json = |text: &[u8]| Reply::Http(typed_response(200, "application/json", text));
        let form = String::from_utf8_lossy(&request.body);
        match request.endpoint {
            Endpoint::Discovery => json(self.metadata.as_bytes()),
            Endpoint::Jwks => json(format!(r#"{{"keys":[{}]}}"#, self.jwks).as_bytes()),
            Endpoint::UserInfo => json(self.userinfo.as_bytes()),
            _ if parameter(&form, "grant_type").as_deref() == Some("refresh_token") => {
                let refreshed = Texts { claims: self.refreshed_claims.clone(), flip: None, ..Texts::good() };
                json(&with_token(&self.refreshed_tokens, &refreshed.id_token()))
            }
            _ if parameter(&form, "code").as_deref() == Some(CODE) => {
                json(&with_token(&self.tokens, &self.id_token()))
            }
            _ => Reply::Http(json_response(400, &json!({ "error": "invalid_grant" }))),
        }
    }
}

/// A token may be spoilt beyond being text.
fn with_token(response: &str, token: &[u8]) -> Vec<u8> {
    match response.split_once(ID_TOKEN) {
        None => response.into(),
        Some((before, after)) => [before.as_bytes(), token, after.as_bytes()].concat(),
    }
}

/// The moment all of it happens, for rules about dates.
pub(crate) const NOW: i64 = Timestamp::as_unix(START);
