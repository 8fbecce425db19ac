//! How sessions of a site end: by their users, by the provider from server to server and in a frame, and logins that the provider begins.

use relyingparty::Endpoint;
use serde_json::json;

use super::super::format::Call;
use super::scene::{Ended, ISSUER, Scene};
use super::site::{Browser, NAMED, SITE, SITE_NAMED, one_provider};
use super::{Scenario, http};
use crate::provider::{Draft, Mutation, SigningKey};

const NONE: Mutation = Mutation::NONE;
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// A logout token as the Foundation's suite sends it, and what is changed of it.
fn logout_token(scene: &Scene, change: impl FnOnce(&mut Draft)) -> String {
    let token = scene.token(|token| {
        token.set("exp", token.now + 120);
        token.set("jti", "a-logout-token");
        token.set("sid", "a-session");
        token.set("events", json!({ EVENT: {} }));
        change(token);
    });
    ["logout_token=", &token].concat()
}

/// A login, a logout token, and a visit.
fn ended_from_behind(scene: &mut Scene, change: impl FnOnce(&mut Draft)) -> Ended {
    let mut browser = scene.entered()?;
    scene.at(10);
    let form = logout_token(scene, change);
    scene.visit_site(&mut browser)?;
    scene.send_form("/auth/backchannel-logout", &form)
}

/// A logout in a frame of the provider's.
fn ended_in_frame(scene: &mut Scene, query: &str) -> Ended {
    let mut browser = scene.entered()?;
    scene.get_page(&mut Browser::default(), &["/auth/frontchannel-logout?", query].concat())?;
    scene.visit_site(&mut browser)
}

fn initiated(scene: &mut Scene, query: &str) -> Ended {
    scene.stored_site()?;
    let mut browser = Browser::default();
    scene.get_page(&mut browser, &["/auth/initiate?", query].concat())?;
    match scene.seen()["status"] == 303 {
        true => {
            let back = scene.way_of_browser().expect("the provider answers in the query");
            scene.get_page(&mut browser, &back)
        }
        false => Ok(()),
    }
}

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "a-site-logs-out-and-comes-back",
        about: "A logout by the site's own form: the session is taken first, then the provider is told, and the way back is checked.",
        play: |scene| {
            let mut browser = scene.entered()?;
            scene.post(&mut browser, "/auth/logout", "return_to=/goodbye")?;
            let back = scene.way_of_browser().expect("the provider sends the browser back");
            scene.get_page(&mut browser, &back)?;
            scene.visit_site(&mut browser)
        },
        ..SITE
    },
    Scenario {
        name: "a-site-revokes-tokens-at-logout",
        about: "The policy says so: refresh token and access token are revoked before the browser is sent on.",
        mutation: Mutation {
            metadata: |metadata| {
                metadata.insert("revocation_endpoint".into(), "https://op.example/revoke".into());
            },
            ..NONE
        },
        play: |scene| {
            scene.open(json!({ "store": true, "revoke_at_logout": true }), one_provider())?;
            let mut browser = Browser::default();
            scene.enter(&mut browser, "/auth/login")?;
            for _ in 0..2 {
                scene.instead(Endpoint::Revocation, http(200, Vec::new(), String::new()));
            }
            scene.post(&mut browser, "/auth/logout", "")
        },
        ..SITE
    },
    Scenario {
        name: "a-sites-logout-is-for-its-own-pages",
        about: "A page of another site posts to the logout.",
        ends: "cross_site_request",
        play: |scene| {
            let mut browser = scene.entered()?;
            let mut request = browser.request("POST", "/auth/logout");
            request.headers.push(("Sec-Fetch-Site".into(), "cross-site".into()));
            request.form = Some(String::new());
            scene.handle(&mut browser, request)
        },
        ..SITE
    },
    Scenario {
        name: "a-return-to-a-site-with-another-state",
        about: "The browser comes back from a logout that it did not begin.",
        ends: "logout_state_mismatch",
        play: |scene| {
            scene.stored_site()?;
            scene.get_page(&mut Browser::default(), "/auth/logged-out?state=another")
        },
        ..SITE
    },
    Scenario {
        name: "a-session-that-ended-during-its-login-is-over",
        about: "The provider ends the session while the code is exchanged: what is stored afterwards does not stay.",
        ends: "session_over",
        mutation: NAMED,
        play: |scene| {
            scene.stored_site()?;
            let mut browser = Browser::default();
            scene.get_page(&mut browser, "/auth/login")?;
            let back = scene.way_of_browser().expect("the provider answers in the query");
            scene.world.stops_after = Some(2);
            let (request, entropy) = (browser.request("GET", &back), scene.entropy());
            scene.call(Call::Handle { flow: Some("login".into()), request, entropy })?;
            scene.world.stops_after = None;
            let query = ["/auth/frontchannel-logout?iss=", ISSUER, "&sid=a-session"].concat();
            scene.get_page(&mut Browser::default(), &query)?;
            scene.go_on("login")
        },
        ..SITE
    },
    Scenario {
        name: "a-site-at-oidcc-client-test-rp-backchannel-rpinitlogout",
        about: "A logout token in order ends the session of its sid, and answers 200.",
        play: |scene| {
            let mut browser = scene.entered()?;
            let form = logout_token(scene, |token| token.set("a-claim-that-nobody-knows", true));
            scene.send_form("/auth/backchannel-logout", &form)?;
            scene.visit_site(&mut browser)
        },
        ..SITE_NAMED
    },
    Scenario {
        name: "a-site-at-oidcc-client-test-rp-backchannel-rpinitlogout-alg-none",
        about: "The logout token is not signed: 400.",
        ends: "malformed_token",
        play: |scene| ended_from_behind(scene, |token| token.alg = "none".into()),
        ..SITE_NAMED
    },
    Scenario {
        name: "a-site-at-oidcc-client-test-rp-backchannel-rpinitlogout-wrong-alg",
        about: "The logout token is signed by a key of the provider's, with EdDSA where ES256 is registered: 400.",
        ends: "alg_refused",
        registration: r#"{
            "redirect_uri":"https://app.example/auth/callback",
            "post_logout_redirect_uri":"https://app.example/auth/logged-out",
            "id_token_signed_response_alg":"ES256"
        }"#,
        play: |scene| {
            scene.entered()?;
            scene.rotate_to(SigningKey::eddsa("k2", [2; 32]));
            let form = logout_token(scene, |token| token.alg = "EdDSA".into());
            scene.send_form("/auth/backchannel-logout", &form)
        },
        ..SITE_NAMED
    },
    Scenario {
        name: "a-site-at-oidcc-client-test-rp-backchannel-rpinitlogout-no-event",
        about: "The logout token has no events: 400.",
        ends: "claim_missing",
        play: |scene| ended_from_behind(scene, |token| token.remove("events")),
        ..SITE_NAMED
    },
    Scenario {
        name: "a-site-at-oidcc-client-test-rp-backchannel-rpinitlogout-wrong-event",
        about: "The logout token has another event: 400.",
        ends: "claim_invalid",
        play: |scene| {
            let other = json!({ "http://schemas.openid.net/event/foobar": {} });
            ended_from_behind(scene, |token| token.set("events", other))
        },
        ..SITE_NAMED
    },
    Scenario {
        name: "a-site-at-oidcc-client-test-rp-backchannel-rpinitlogout-with-nonce",
        about: "The logout token has a nonce: 400.",
        ends: "claim_invalid",
        play: |scene| ended_from_behind(scene, |token| token.set("nonce", "a-nonce")),
        ..SITE_NAMED
    },
    Scenario {
        name: "a-site-at-oidcc-client-test-rp-backchannel-rpinitlogout-wrong-aud",
        about: "The logout token is for another client: 400.",
        ends: "aud_mismatch",
        play: |scene| ended_from_behind(scene, |token| token.append("aud", "INVALID")),
        ..SITE_NAMED
    },
    Scenario {
        name: "a-site-at-oidcc-client-test-rp-backchannel-rpinitlogout-wrong-iss",
        about: "The logout token comes from another issuer: 400.",
        ends: "iss_mismatch",
        play: |scene| ended_from_behind(scene, |token| token.append("iss", "INVALID")),
        ..SITE_NAMED
    },
    Scenario {
        name: "a-logout-token-that-comes-to-a-site-again",
        about: "The same logout token comes a second time: 400.",
        ends: "logout_token_replayed",
        play: |scene| {
            scene.entered()?;
            let form = logout_token(scene, |_| {});
            scene.send_form("/auth/backchannel-logout", &form)?;
            scene.send_form("/auth/backchannel-logout", &form)
        },
        ..SITE_NAMED
    },
    Scenario {
        name: "a-logout-token-of-an-end-user-ends-all-sessions-of-a-site",
        about: "The logout token has no sid: both browsers of its sub are logged out.",
        play: |scene| {
            let mut one = scene.entered()?;
            let mut other = Browser::default();
            scene.enter(&mut other, "/auth/login")?;
            let form = logout_token(scene, |token| token.remove("sid"));
            scene.send_form("/auth/backchannel-logout", &form)?;
            scene.visit_site(&mut one)?;
            scene.visit_site(&mut other)
        },
        ..SITE_NAMED
    },
    Scenario {
        name: "a-site-at-oidcc-client-test-rp-frontchannel-opinitlogout",
        about: "The provider's page makes a logout request with iss and sid, to which no cookie comes: the session ends.",
        play: |scene| ended_in_frame(scene, &["iss=", ISSUER, "&sid=a-session"].concat()),
        ..SITE_NAMED
    },
    Scenario {
        name: "a-front-channel-logout-of-another-issuer-ends-nothing-at-a-site",
        about: "The logout request's iss has a slash too many.",
        play: |scene| ended_in_frame(scene, "iss=https%3A%2F%2Fop.example%2F&sid=a-session"),
        ..SITE_NAMED
    },
    Scenario {
        name: "oidcc-client-test-3rd-party-init-login",
        about: "A login that the provider begins, with its iss and a login_hint.",
        play: |scene| initiated(scene, &["iss=", ISSUER, "&login_hint=alice"].concat()),
        ..SITE
    },
    Scenario {
        name: "a-login-that-somebody-else-begins-leads-to-a-page-of-the-site",
        about: "The target_link_uri is a page of the site's own origin.",
        play: |scene| {
            let target = "&target_link_uri=https%3A%2F%2Fapp.example%2Finbox";
            initiated(scene, &["iss=", ISSUER, target].concat())
        },
        ..SITE
    },
    Scenario {
        name: "a-login-that-somebody-else-begins-leads-nowhere-else",
        about: "The target_link_uri is a page of another site: the login leads to the usual page.",
        play: |scene| {
            let target = "&target_link_uri=https%3A%2F%2Fevil.example%2Finbox";
            initiated(scene, &["iss=", ISSUER, target].concat())
        },
        ..SITE
    },
    Scenario {
        name: "a-login-at-a-provider-that-a-site-does-not-have",
        about: "Somebody begins a login with the iss of another provider.",
        ends: "unknown_provider",
        play: |scene| initiated(scene, "iss=https%3A%2F%2Fevil.example"),
        ..SITE
    },
];
