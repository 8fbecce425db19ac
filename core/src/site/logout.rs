//! The end of a session: by its user, or by the provider, in a frame or from server to server.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::login::usable_return_to;
use crate::logout::{EndSessionRequest, Logout, Revocable, logged_out, logout_token_in};
use crate::machine::{Host, StoreEntry};
use crate::report::{Category, Error, ErrorKind};
use crate::site::answer::{Event, Handled};
use crate::site::cookies::{Attributes, clear};
use crate::site::incoming::Incoming;
use crate::site::keeper::Purpose;
use crate::site::policy::LOGOUT_SUFFIX;
use crate::site::record::{Record, ended_key, label};
use crate::site::shelf::Shelf;
use crate::site::{Site, SiteProvider};
use crate::text::config::{Config, invalid};
use crate::text::json::Writer;
use crate::text::{Entropy, Timestamp};
use crate::token::LogoutToken;

/// How long a login that is under way when its provider ends the session can find that out, in seconds.
const ENDED_SECS: u32 = 300;

/// The longest `sid` that anybody can have noted here, in bytes.
const LONGEST_SID: usize = 512;

/// How long a logout may take at the provider, in seconds.
const LOGOUT_SECS: u32 = 600;

/// The longest page that a logout leads to, in bytes.
const LONGEST_PAGE: usize = 512;

/// What a provider is told that ends sessions which nobody can find; the host learns what it has to do.
fn not_without_store() -> Handled {
    let error =
        invalid("store", "is missing: sessions that are in cookies alone cannot be ended by the provider");
    Handled::status(404).with_event(Event::Failed { error })
}

impl Site {
    /// `logout`: removes the session first, then tells the provider (OIDC RP-Initiated Logout 2).
    pub(super) async fn logout(
        &self,
        host: &Host,
        incoming: &Incoming,
        entropy: &Entropy,
    ) -> Result<Handled, Error> {
        let is_linked = incoming.method() == "GET";
        if !is_linked && !incoming.is_same_origin(|origin| self.is_own_origin(origin)) {
            return Err(ErrorKind::CrossSiteRequest.bare());
        }
        let page = incoming.parameters()?.get("return_to").map(String::from);
        let page = page.filter(|page| usable_return_to(page, LONGEST_PAGE).is_ok());
        let page = page.unwrap_or_else(|| self.policy().after_logout.clone());
        let record = self.removed(host, incoming).await?;
        let cleared = self.clear_session(incoming.cookies());
        let Some(record) = record else { return Ok(Handled::redirect(&page).with_cookies(cleared)) };
        let revoked = self.revoked(host, &record, entropy).await;
        let (handled, ended) = match self.end_at_provider(host, &record, &page, entropy).await {
            Ok(Some((logout, cookie))) => {
                (Handled::log_out(logout).with_cookies(cookie.into_iter().collect()), Ok(()))
            }
            Ok(None) => (Handled::redirect(&page), Ok(())),
            Err(error) => (Handled::redirect(&page), Err(error)),
        };
        let event = Event::LoggedOut { session: Some(record.session), error: ended.and(revoked).err() };
        Ok(handled.with_cookies(cleared).with_event(event))
    }

    /// Revokes the tokens of a session, if the policy says so and the provider can. The second one is tried whatever became of the
    /// first.
    async fn revoked(&self, host: &Host, record: &Record, entropy: &Entropy) -> Result<(), Error> {
        if !self.policy().revoke_at_logout {
            return Ok(());
        }
        let client = self.chosen(Some(&record.provider))?.client(host).await?;
        let session = &record.session;
        let refresh_token =
            session.refresh_token().map(|token| ("revoke refresh", Revocable::refresh_token(token)));
        let access_token =
            session.access_token().map(|token| ("revoke access", Revocable::access_token(token)));
        let mut outcome = Ok(());
        for (draw, token) in refresh_token.into_iter().chain(access_token) {
            let now = host.now();
            let step = host.cache(|cache| client.proving(entropy.part(draw), cache, now).revoke(token));
            match host.run(step).await {
                Err(error) if error.code() == "endpoint_missing" => return Ok(()),
                Err(error) => outcome = outcome.and(Err(error)),
                Ok(_) => {}
            }
        }
        outcome
    }

    /// The session that was there, and is no longer.
    async fn removed(&self, host: &Host, incoming: &Incoming) -> Result<Option<Record>, Error> {
        let (cookies, now) = (incoming.cookies(), host.now());
        if !self.policy().store {
            let record = self.record_in(cookies);
            return Ok(record.filter(|record| now < record.expires_at(self.policy())));
        }
        let Some(key) = self.key_of(cookies) else { return Ok(None) };
        let taken = Shelf(host).take(&key).await?;
        Ok(taken.and_then(|taken| self.read(&key, &taken.value, now)))
    }

    /// Where the provider ends its session, and the cookie that remembers the way back. `None` where it has no such endpoint.
    async fn end_at_provider(
        &self,
        host: &Host,
        record: &Record,
        page: &str,
        entropy: &Entropy,
    ) -> Result<Option<(Logout, Option<String>)>, Error> {
        let client = self.chosen(Some(&record.provider))?.client(host).await?;
        let request = EndSessionRequest::default().of(&record.session);
        let logout = match client.log_out(&request, entropy.part("logout")) {
            Ok(logout) => logout,
            Err(error) if error.code() == "endpoint_missing" => return Ok(None),
            Err(error) => return Err(error),
        };
        let cookie = logout.state.as_deref();
        let cookie = cookie.map(|state| self.logout_cookie(host, state, page, entropy.part("logout cookie")));
        Ok(Some((logout, cookie.transpose()?)))
    }

    fn logout_cookie(&self, host: &Host, state: &str, page: &str, entropy: Entropy) -> Result<String, Error> {
        let name = self.logout_cookie_name();
        let text = Writer::new()
            .text("state", state)
            .text("page", page)
            .number("until", host.now().plus(LOGOUT_SECS).as_unix())
            .end();
        let value = self.seal(Purpose::Logout, &name, &text, entropy)?;
        let attributes = Attributes { local: self.0.local, cross_site: false, max_age: LOGOUT_SECS };
        Ok(attributes.set(&name, &value))
    }

    /// `logged-out`: the way back, for the browser that was sent there.
    pub(super) fn logged_out(&self, host: &Host, incoming: &Incoming) -> Result<Handled, Error> {
        let name = self.logout_cookie_name();
        let value = incoming.cookies().get(&name);
        let cleared = value.map(|_| clear(&name, self.0.local)).into_iter().collect();
        let (expected, page) = value.and_then(|value| self.opened_logout(host, &name, value)).unzip();
        let usual = &self.policy().after_logout;
        let handled = match logged_out(&["?", incoming.query()].concat(), expected.as_deref()) {
            Ok(()) => Handled::redirect(page.as_ref().unwrap_or(usual)),
            Err(error) => Handled::redirect(usual).with_event(Event::Failed { error }),
        };
        Ok(handled.with_cookies(cleared))
    }

    /// The `state` of the logout in a cookie, and the page that it leads to, unless it took too long.
    fn opened_logout(&self, host: &Host, name: &str, value: &str) -> Option<(String, String)> {
        let text = self.open(Purpose::Logout, name, value)?;
        let mut stored = Config::parse_own(&text).ok()?;
        let state = stored.required("state", Config::text);
        let page = stored.required("page", Config::text);
        let until = stored.required("until", Config::time);
        stored.end(()).ok()?;
        (host.now().as_unix() <= until).then_some((state, page))
    }

    /// `frontchannel-logout`: the provider's page shows this in a frame (OIDC Front-Channel Logout 2). No cookie of the session
    /// reaches it, so the sessions are found by `iss` and `sid`.
    pub(super) async fn front_channel(
        &self,
        host: &Host,
        incoming: &Incoming,
        entropy: &Entropy,
    ) -> Result<Handled, Error> {
        if !self.policy().store {
            return Ok(not_without_store());
        }
        let given = incoming.parameters()?;
        let (Some(iss), Some(sid)) = (given.get("iss"), given.get("sid")) else {
            return Ok(Handled::status(400));
        };
        if sid.len() > LONGEST_SID {
            return Ok(Handled::status(400));
        }
        if !self.is_provider(host, iss, incoming.query()).await? {
            return Err(ErrorKind::UnknownProvider.bare());
        }
        self.end_labelled(host, label("sid", iss, sid), entropy.part("over sid")).await?;
        Ok(Handled::status(200).with_event(Event::LoggedOut { session: None, error: None }))
    }

    /// Whether one of the providers is this issuer, or has tenants of which this is one.
    async fn is_provider(&self, host: &Host, iss: &str, query: &str) -> Result<bool, Error> {
        if self.0.providers.iter().any(|provider| provider.issuer.as_str() == iss) {
            return Ok(true);
        }
        for provider in &self.0.providers {
            match provider.client(host).await {
                Ok(client) if client.front_channel_logout(&["?", query].concat()).is_ok() => return Ok(true),
                Err(error) if error.category() == Category::Misuse => return Err(error),
                Ok(_) | Err(_) => {}
            }
        }
        Ok(false)
    }

    /// `backchannel-logout`: the provider says which sessions are over (OIDC Back-Channel Logout 2.5 to 2.8).
    pub(super) async fn back_channel(
        &self,
        host: &Host,
        incoming: &Incoming,
        entropy: &Entropy,
    ) -> Result<Handled, Error> {
        if !self.policy().store {
            return Ok(not_without_store());
        }
        let text = logout_token_in(incoming.body().unwrap_or_default())?;
        let token = match self.verified_logout(host, &text).await {
            Ok(token) => token,
            // What is no logout token is the sender's fault, and no reason to try again (2.6, 2.8).
            Err(error) if error.category() == Category::Token => {
                return Ok(Handled::status(400).with_event(Event::Failed { error }));
            }
            Err(error) => return Err(error),
        };
        let key = ["token.", token.replay_key()].concat();
        if Shelf(host).get(&key).await?.is_some() {
            let error = ErrorKind::LogoutTokenReplayed.bare();
            return Ok(Handled::status(400).with_event(Event::Failed { error }));
        }
        // First the sessions, then the mark: what did not end can be asked for again.
        let iss = token.issuer();
        match (token.session_id(), token.subject()) {
            (Some(sid), sub) => {
                self.end_labelled(host, label("sid", iss, sid), entropy.part("over sid")).await?;
                if let Some(sub) = sub {
                    self.end_labelled(host, label("unnamed", iss, sub), entropy.part("over unnamed")).await?;
                }
            }
            (None, Some(sub)) => {
                self.end_labelled(host, label("sub", iss, sub), entropy.part("over sub")).await?;
            }
            (None, None) => return Ok(Handled::status(400)),
        }
        self.mark(host, key, token.remember_until(), entropy.part("token")).await?;
        Ok(Handled::status(200).with_event(Event::LoggedOut { session: None, error: None }))
    }

    /// The logout token, by whichever of the providers sent it. What stands in the way of one says nothing about the others.
    async fn verified_logout(&self, host: &Host, text: &str) -> Result<LogoutToken, Error> {
        let mut refusal: Option<Error> = None;
        for provider in &self.0.providers {
            match self.verified_by(host, provider, text).await {
                Ok(token) => return Ok(token),
                Err(error) if error.category() == Category::Misuse => return Err(error),
                Err(error) => {
                    // One that passes is told before one that stays, and another's token last.
                    let rank = |error: &Error| (error.is_retryable(), error.code() != "iss_mismatch");
                    if refusal.as_ref().is_none_or(|before| rank(before) < rank(&error)) {
                        refusal = Some(error);
                    }
                }
            }
        }
        Err(refusal.unwrap_or_else(|| ErrorKind::UnknownProvider.bare()))
    }

    async fn verified_by(
        &self,
        host: &Host,
        provider: &SiteProvider,
        text: &str,
    ) -> Result<LogoutToken, Error> {
        let client = provider.client(host).await?;
        let now = host.now();
        let step = host.cache(|cache| client.logout_token(text, cache, now));
        host.run(step).await
    }

    /// Ends the sessions of a label, those included that are being stored at this moment: they look for the mark afterwards. It
    /// says when this was: a login that begins later is another session.
    async fn end_labelled(&self, host: &Host, label: String, entropy: Entropy) -> Result<(), Error> {
        let (key, now) = (ended_key(&label), host.now());
        let value = self.seal(Purpose::Stored, &key, &now.as_unix().to_string(), entropy)?;
        Shelf(host).delete(&key).await?;
        let expires_at = now.plus(ENDED_SECS);
        let entry = StoreEntry { key, value, expires_at, labels: Vec::new() };
        // Whoever made one at the same time made the same.
        Shelf(host).add(entry).await?;
        Shelf(host).delete_labelled(label).await
    }

    /// Whether the sessions of a label were ended after this moment.
    pub(super) async fn ended_since(
        &self,
        host: &Host,
        label: &str,
        began: Timestamp,
    ) -> Result<bool, Error> {
        let key = ended_key(label);
        let Some(mark) = Shelf(host).get(&key).await? else { return Ok(false) };
        let ended_at = self.open(Purpose::Stored, &key, &mark.value).and_then(|text| text.parse().ok());
        Ok(ended_at.is_none_or(|ended_at| began <= Timestamp::from_unix(ended_at)))
    }

    /// Makes a mark that says nothing but that it is there. Whether it was not there before.
    pub(super) async fn mark(
        &self,
        host: &Host,
        key: String,
        until: Timestamp,
        entropy: Entropy,
    ) -> Result<bool, Error> {
        let value = entropy.keyed().split("site/mark").expose().into();
        Shelf(host).add(StoreEntry { key, value, expires_at: until.plus(1), labels: Vec::new() }).await
    }

    pub(super) fn logout_cookie_name(&self) -> String {
        [&self.cookie_name(), LOGOUT_SUFFIX].concat()
    }
}
