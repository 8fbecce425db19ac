//! Judging a set-up at the provider itself, before anybody logs in.

mod report;

use alloc::string::{String, ToString};
use alloc::vec::Vec;

pub use report::{Finding, SetupReport, Verdict};

use crate::client::{AuthMethod, Client, Registration, apply_known};
use crate::jose::{Alg, BACKEND_AVAILABLE, Choice, KeySet};
use crate::login::AuthorizeRequest;
use crate::login::authorize::check_pkce;
use crate::machine::cache::{Cache, Version};
use crate::machine::{Endpoint, Flow, HttpRequest, HttpResponse, Policy, Reply, Request, Signatures, Step};
use crate::provider::{Issuer, Metadata, Provider};
use crate::report::{Error, ErrorKind};
use crate::text::json::Object;
use crate::text::{Entropy, Timestamp, http_date};
use crate::token::keys::accept_keys;

/// Judging a set-up: the provider's metadata and keys are fetched, whatever the cache holds, and each thing that a login
/// needs becomes a [`Finding`]. Yields a [`SetupReport`]; what goes wrong is in it, and nothing is sent but the two requests.
#[derive(Debug)]
pub struct SetupCheck {
    issuer: Issuer,
    registration: Registration,
    policy: Policy,
    request: Request,
    /// The algorithms that ID tokens may have, once the metadata are there, and where the keys are.
    next: Option<(Vec<Alg>, Metadata)>,
    report: SetupReport,
}

impl SetupCheck {
    /// Begins with the metadata. What is wrong with the configuration itself ends it before.
    pub fn start(issuer: &Issuer, registration: &Registration, policy: &Policy) -> Step<SetupCheck> {
        let (issuer, mut report) = (&issuer.clone().with_hosts(policy), SetupReport::default());
        let (mut registration, mut policy) = (registration.clone(), policy.clone());
        apply_known(issuer, &mut registration, &mut policy);
        let (registration, policy) = (&registration, &policy);
        if let Err(error) = judge_alone(issuer, registration, policy) {
            report.error("configuration", &error);
            return Step::Done(report);
        }
        match registration.redirect_uri.split(':').next() {
            Some("http") => report.warning(
                "redirect_uri",
                &registration.redirect_uri,
                "Plain http is for development and for native applications: a site needs an https URL. Register this URL at the provider \
                 exactly as it is written here.",
            ),
            _ => report.ok("redirect_uri", &registration.redirect_uri, REGISTERED),
        }
        let limits = policy.limits(Endpoint::Discovery);
        Step::Pending(SetupCheck {
            issuer: issuer.clone(),
            registration: registration.clone(),
            policy: policy.clone(),
            request: Request::Http(HttpRequest::get(Endpoint::Discovery, &issuer.discovery_url(), limits)),
            next: None,
            report,
        })
    }

    fn metadata(mut self, reply: Reply, now: Timestamp) -> Step<SetupCheck> {
        let read = reply.http(&self.request).and_then(|response| {
            Metadata::declared(&response, self.policy.json())?;
            let metadata = Metadata::parse_within(&self.issuer, &response.body, self.policy.json())?;
            Ok((response, metadata))
        });
        let (response, metadata) = match read {
            Ok(read) => read,
            Err(error) => {
                self.report.error("discovery", &error);
                return Step::Done(self.report);
            }
        };
        self.report.ok("discovery", metadata.issuer().as_str(), "");
        self.clock(&response, now);
        self.endpoints(&metadata);
        self.pkce(&metadata);
        self.authentication(&metadata);
        self.certificate(&metadata);
        self.scopes(&metadata);
        if metadata.announces_iss() {
            self.report.ok("iss", "announced", "");
        } else {
            self.report.warning(
                "iss",
                "not announced",
                "The provider does not name itself in its responses (RFC 9207). If you use several providers, give each its own redirect URI.",
            );
        }
        let algs = match self.registration.id_token_algs(&metadata) {
            Ok(algs) => algs,
            Err(error) => {
                self.report.error("algorithms", &error);
                Vec::new()
            }
        };
        let announced = metadata.list("id_token_signing_alg_values_supported");
        match self.registration.id_token_signed_response_alg {
            Some(alg)
                if announced.is_some_and(|announced| !announced.iter().any(|name| name == alg.as_str())) =>
            {
                self.report.warning(
                    "algorithms",
                    alg.as_str(),
                    "The provider does not announce this algorithm. Set id_token_signed_response_alg to the one that is registered there, or leave it out.",
                );
            }
            _ if algs.is_empty() => {}
            _ => self.report.ok("algorithms", &names(&algs), ""),
        }
        match self.registration.check_tenants(&metadata) {
            Err(error) => self.report.error("tenants", &error),
            Ok(()) if self.registration.tenants.is_empty() => {}
            Ok(()) => self.report.ok("tenants", &self.registration.tenants.join(" "), ""),
        }
        self.begin(&metadata, now);
        let limits = self.policy.limits(Endpoint::Jwks);
        self.request = Request::Http(HttpRequest::get(Endpoint::Jwks, metadata.jwks_uri(), limits));
        self.next = Some((algs, metadata));
        Step::Pending(self)
    }

    /// What else would keep a login from beginning: one is begun, and goes nowhere.
    fn begin(&mut self, metadata: &Metadata, now: Timestamp) {
        if !self.report.is_ok() {
            return;
        }
        let provider = Provider::from_metadata(metadata.clone());
        let begun =
            Client::new(provider, self.registration.clone(), self.policy.clone()).and_then(|client| {
                let draw = Entropy::new((0..32).collect::<Vec<u8>>())?;
                #[cfg(feature = "signing")]
                if client.authorizes_in_steps() {
                    let cache = Cache::default();
                    let step = client.proving(draw, &cache, now).authorize(&AuthorizeRequest::default());
                    return step.map(drop);
                }
                client.authorize(&AuthorizeRequest::default(), draw, now).map(drop)
            });
        if let Err(error) = begun {
            self.report.error("login", &error);
        }
    }

    /// By the header `Date`, which a page does not see of another origin.
    fn clock(&mut self, response: &HttpResponse, now: Timestamp) {
        let Some(date) = response.header("date").and_then(http_date::parse) else {
            self.report.warning("clock", "unknown", "The response has no date to compare with.");
            return;
        };
        let ahead = now.since(date);
        let way = if ahead < 0 { " s behind the provider's" } else { " s ahead of the provider's" };
        let found = [ahead.unsigned_abs().to_string().as_str(), way].concat();
        if ahead.unsigned_abs() > self.policy.allowed_skew_secs.into() {
            self.report.problem("clock", &found, "Set the clock of this machine, or of the provider: otherwise tokens are from the future or have expired.");
        } else {
            self.report.ok("clock", &found, "");
        }
    }

    fn endpoints(&mut self, metadata: &Metadata) {
        for endpoint in ["authorization_endpoint", "token_endpoint"] {
            match metadata.endpoint(endpoint) {
                Ok(url) => self.report.ok(endpoint, url, ""),
                Err(error) => self.report.error(endpoint, &error),
            }
        }
        match metadata.endpoint("userinfo_endpoint") {
            Ok(url) => self.report.ok("userinfo_endpoint", url, ""),
            Err(_) => self.report.warning(
                "userinfo_endpoint",
                "none",
                "There is no UserInfo: all claims are in the ID token.",
            ),
        }
        match (&self.registration.end_session_endpoint, metadata.endpoint("end_session_endpoint")) {
            (Some(url), _) => self.report.ok("end_session_endpoint", url, ""),
            (None, Ok(url)) => self.report.ok("end_session_endpoint", url, ""),
            (None, Err(_)) => self.report.warning(
                "end_session_endpoint",
                "none",
                "A logout ends only the application's own session. If the provider has a logout URL, set the option end_session_endpoint.",
            ),
        }
    }

    fn pkce(&mut self, metadata: &Metadata) {
        match (check_pkce(metadata), metadata.list("code_challenge_methods_supported")) {
            (Err(error), _) => self.report.error("pkce", &error),
            (Ok(()), Some(_)) => self.report.ok("pkce", "S256", ""),
            (Ok(()), None) => self.report.warning(
                "pkce",
                "not announced",
                "Every login sends PKCE with S256 all the same. A provider that does not know it ignores it.",
            ),
        }
    }

    fn authentication(&mut self, metadata: &Metadata) {
        let method = match self.registration.auth_method(metadata) {
            Ok(method) => method,
            Err(error) => return self.report.error("token_endpoint_auth_method", &error),
        };
        let offered = metadata.list("token_endpoint_auth_methods_supported");
        let known = offered.is_none_or(|offered| offered.iter().any(|offered| offered == method.sent_as()));
        let (found, advice) = match (known, method) {
            (true, _) => return self.report.ok("token_endpoint_auth_method", method.as_str(), ""),
            (false, AuthMethod::None) => (
                "none",
                "The provider does not announce public clients. If it registered this one with a secret, set the option client_secret.",
            ),
            (false, method) => (
                method.as_str(),
                "The provider does not announce this method. Set the option token_endpoint_auth_method to the one that is registered there.",
            ),
        };
        self.report.warning("token_endpoint_auth_method", found, advice);
    }

    /// Whether the registration needs the client's TLS certificate (RFC 8705), and whether the transport has one.
    fn certificate(&mut self, metadata: &Metadata) {
        const TOPIC: &str = "client_certificate";
        let registration = &self.registration;
        // A method that wants one and has none is a finding of its own.
        let Ok(method) = registration.auth_method(metadata) else { return };
        let bound = registration.tls_client_certificate_bound_access_tokens;
        let found = match (method.is_tls(), bound, registration.tls_client_certificate) {
            (false, false, false) => return,
            (false, false, true) => {
                return self.report.warning(
                    TOPIC,
                    "not used",
                    "The transport has a certificate, and neither token_endpoint_auth_method nor \
                     tls_client_certificate_bound_access_tokens asks for one. Set one of them, or leave the certificate out.",
                );
            }
            (true, false, _) => ["for ", method.as_str()].concat(),
            (true, true, _) => ["for ", method.as_str(), " and bound access tokens"].concat(),
            (false, true, _) => "for bound access tokens".into(),
        };
        match metadata.mtls_endpoint("token_endpoint") {
            Ok(url) => self.report.ok(TOPIC, &[&*found, ", at ", &*url].concat(), ""),
            Err(error) => self.report.error(TOPIC, &error),
        }
    }

    fn scopes(&mut self, metadata: &Metadata) {
        let document = Object::parse_own(metadata.as_json().as_bytes()).ok();
        let offered = document.and_then(|document| document.texts("scopes_supported").ok().flatten());
        let mut unknown = String::new();
        for scope in &self.registration.scopes {
            if offered.as_ref().is_some_and(|offered| !offered.contains(scope)) {
                unknown.extend([scope, " "]);
            }
        }
        if unknown.is_empty() {
            self.report.ok("scopes", &self.registration.scopes.join(" "), "");
        } else {
            self.report.warning(
                "scopes",
                unknown.trim_end(),
                "The provider does not announce these scopes. It may refuse the login, or grant fewer.",
            );
        }
    }

    fn keys(
        mut self,
        reply: Reply,
        algs: &[Alg],
        metadata: &Metadata,
        cache: &mut Cache,
        now: Timestamp,
    ) -> SetupReport {
        let uri = metadata.jwks_uri();
        match accept_keys(reply, &self.request, uri, Version::LATEST, &self.policy, cache, now) {
            Ok(set) => self.usable(&set, algs),
            Err(error) => self.report.error("keys", &error),
        }
        self.report.ok("registration", &self.registration.client_id, ASKED_OF_NOBODY);
        self.report
    }

    fn usable(&mut self, set: &KeySet, algs: &[Alg]) {
        let (usable, dropped) = (set.len(), set.dropped.len());
        let mut found = [usable.to_string().as_str(), " usable"].concat();
        if let Some(first) = set.dropped.first() {
            found.extend([", ", &dropped.to_string(), " not: ", first.reason]);
        }
        let fits = |alg: &&Alg| alg.is_symmetric() || !matches!(set.choose(None, **alg), Choice::None);
        let fitting: Vec<Alg> = algs.iter().filter(fits).copied().collect();
        if fitting.is_empty() && !algs.is_empty() {
            self.report.problem(
                "keys",
                &found,
                "No key fits an algorithm of the ID tokens, so no ID token could be verified. Ask the operator of the provider.",
            );
        } else {
            self.report.ok("keys", &found, "");
        }
    }
}

const ASKED_OF_NOBODY: &str =
    "Only a login shows whether the provider knows this client, its secret and its redirect URI.";
const REGISTERED: &str = "Register this URL at the provider exactly as it is written here.";

/// What is wrong with a configuration whatever the provider is.
fn judge_alone(issuer: &Issuer, registration: &Registration, policy: &Policy) -> Result<(), Error> {
    policy.check()?;
    if policy.signatures == Signatures::Core && !BACKEND_AVAILABLE {
        return Err(ErrorKind::NoSignatureBackend.bare());
    }
    registration.check(issuer)
}

fn names(algs: &[Alg]) -> String {
    algs.iter().map(|alg| alg.as_str()).collect::<Vec<_>>().join(" ")
}

impl Flow for SetupCheck {
    type Output = SetupReport;

    fn request(&self) -> &Request {
        &self.request
    }

    /// # Errors
    /// None: what goes wrong is in the report.
    fn resume(mut self, reply: Reply, cache: &mut Cache, now: Timestamp) -> Result<Step<Self>, Error> {
        if let Reply::LookAgain = reply {
            // Whatever the cache holds.
            return Ok(Step::Pending(self));
        }
        Ok(match self.next.take() {
            None => self.metadata(reply, now),
            Some((algs, metadata)) => Step::Done(self.keys(reply, &algs, &metadata, cache, now)),
        })
    }
}
