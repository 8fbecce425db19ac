//! Providers that differ from the specifications: what an option allows, what it does not, and what needs no option.

use relyingparty::Endpoint;
use serde_json::{Value, json};

use super::super::format::Call;
use super::scene::{CLIENT_ID, ISSUER};
use super::{Ended, Scenario, Scene, USUAL, json_answer};
use crate::encoding::{base64, from_base64url};
use crate::provider::{Draft, Mutation, SigningKey};

const NONE: Mutation = Mutation::NONE;

fn check(scene: &mut Scene, change: impl FnOnce(&mut Draft)) -> Ended {
    scene.set_up()?;
    scene.refresh_keys()?;
    let token = scene.token(change);
    scene.verify(token)
}

fn with_typ(token: &mut Draft, typ: &str) {
    token.header.insert("typ".into(), typ.into());
}

fn log_in_and_refresh(scene: &mut Scene) -> Ended {
    scene.log_in("alice")?;
    scene.at(60);
    scene.refresh("alice")
}

const NO_ACCESS_TOKEN: Mutation = Mutation {
    token_response: |tokens| {
        tokens.remove("access_token");
        tokens.remove("token_type");
        tokens.remove("expires_in");
    },
    id_token: |token| token.remove("at_hash"),
    refreshed_id_token: |token| token.remove("at_hash"),
    ..NONE
};

const BARE_USERINFO: Mutation = Mutation {
    userinfo: |person| {
        person.signed = Some("ES256");
        person.issuer.clear();
        person.client_id.clear();
    },
    ..NONE
};

fn log_in_and_ask(scene: &mut Scene) -> Ended {
    scene.log_in("alice")?;
    scene.userinfo("alice")
}

const TENANT: &str = "9122040d-6c67-4c5b-b112-36a304b66dad";
const OTHER: &str = "72f988bf-86f1-41af-91ab-2d7cd011db47";

fn issuer_of(tenant: &str) -> String {
    format!("{ISSUER}/{tenant}/v2.0")
}

/// Finds a provider by another issuer, whose metadata name this one.
fn found(scene: &mut Scene, issuer: &str, named: &str) -> Ended {
    let metadata = json!({
        "issuer": named,
        "authorization_endpoint": format!("{ISSUER}/authorize"),
        "token_endpoint": format!("{ISSUER}/token"),
        "jwks_uri": format!("{ISSUER}/jwks"),
        "id_token_signing_alg_values_supported": ["ES256"],
    });
    scene.instead(Endpoint::Discovery, json_answer(200, &metadata.to_string()));
    scene.call(Call::Discover { issuer: Some(issuer.into()) })?;
    scene.client()
}

fn of_many(scene: &mut Scene) -> Ended {
    found(scene, &issuer_of("organizations"), &issuer_of("{tenantid}"))
}

fn of_tenant(token: &mut Draft, iss: &str, tid: &str) {
    token.set("iss", issuer_of(iss));
    token.set("tid", tid);
}

fn of_many_check(scene: &mut Scene, iss: &str, tid: &str) -> Ended {
    of_many(scene)?;
    let token = scene.token(|token| of_tenant(token, iss, tid));
    scene.verify(token)
}

const TENANTS: Mutation = Mutation {
    authorization_response: |response| response.retain(|(name, _)| name != "iss"),
    id_token: |token| of_tenant(token, TENANT, TENANT),
    refreshed_id_token: |token| of_tenant(token, TENANT, TENANT),
    ..NONE
};
const ONE_TENANT: &str = r#"{"tenants":["9122040d-6c67-4c5b-b112-36a304b66dad"]}"#;

fn in_base64(key: &mut Value, member: &str) {
    let octets = key[member].as_str().and_then(from_base64url);
    key[member] = base64(octets.unwrap_or_default()).into();
}

/// A subject as GitHub Actions writes it.
fn long_subject(scene: &mut Scene) -> Ended {
    let issuer = "https://token.actions.githubusercontent.com";
    found(scene, issuer, issuer)?;
    let token = scene.token(|token| {
        token.set("iss", issuer);
        token.set("sub", "repo:acme/a:".repeat(25));
    });
    scene.verify(token)
}

fn b2c(scene: &mut Scene) -> Ended {
    let issuer = "https://acme.b2clogin.com/6babcaad-604b-40ac-a9d7-9fd97c0b779f/v2.0/";
    found(scene, issuer, issuer)?;
    scene.go_through("alice", json!({}))
}

const B2C: Mutation = Mutation {
    authorization_response: |response| response.retain(|(name, _)| name != "iss"),
    id_token: |token| {
        token.remove("at_hash");
        token.set("iss", "https://acme.b2clogin.com/6babcaad-604b-40ac-a9d7-9fd97c0b779f/v2.0/");
    },
    ..NO_ACCESS_TOKEN
};

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "a-login-without-an-access-token",
        about: "The token response has an ID token and nothing else.",
        ends: "response_member_missing",
        mutation: NO_ACCESS_TOKEN,
        ..USUAL
    },
    Scenario {
        name: "a-login-without-an-access-token-where-that-is-allowed",
        about: "Azure B2C answers a code and a refresh with an ID token alone when nothing but openid and offline_access is asked for.",
        policy: r#"{"accept_missing_access_token":true}"#,
        registration: r#"{"scopes":["openid","offline_access"]}"#,
        mutation: NO_ACCESS_TOKEN,
        play: |scene| {
            log_in_and_refresh(scene)?;
            scene.call(Call::Restore { login: "alice".into(), stored: None })
        },
        ..USUAL
    },
    Scenario {
        name: "no-userinfo-without-an-access-token",
        about: "The session has no access token to ask with.",
        ends: "no_access_token",
        policy: r#"{"accept_missing_access_token":true}"#,
        mutation: NO_ACCESS_TOKEN,
        play: log_in_and_ask,
        ..USUAL
    },
    Scenario {
        name: "no-tokens-at-all-where-no-access-token-is-allowed",
        about: "A login without an access token still has an ID token.",
        ends: "response_member_missing",
        policy: r#"{"accept_missing_access_token":true}"#,
        mutation: Mutation {
            token_response: |tokens| tokens.retain(|name, _| name == "refresh_token"),
            ..NONE
        },
        ..USUAL
    },
    Scenario {
        name: "what-is-known-of-azure-b2c",
        about: "The issuer is one of Azure B2C's: a login without an access token needs no option.",
        mutation: B2C,
        play: b2c,
        ..USUAL
    },
    Scenario {
        name: "what-is-known-of-azure-b2c-switched-off",
        about: "The application says that it wants an access token.",
        ends: "response_member_missing",
        policy: r#"{"accept_missing_access_token":false}"#,
        mutation: B2C,
        play: b2c,
        ..USUAL
    },
    Scenario {
        name: "what-is-known-of-github-actions",
        about: "The issuer is that of GitHub Actions, whose subjects are longer than OIDC Core 2 allows.",
        play: long_subject,
        ..USUAL
    },
    Scenario {
        name: "what-is-known-of-a-provider-switched-off",
        about: "The policy leaves out what is known of providers.",
        ends: "claim_invalid",
        policy: r#"{"use_known_provider":false}"#,
        play: long_subject,
        ..USUAL
    },
    Scenario {
        name: "a-typ-of-the-issuers-own",
        about: "The ID token's typ is the issuer's own word for ID tokens.",
        ends: "typ_refused",
        mutation: Mutation { id_token: |token| with_typ(token, "ID+JWT"), ..NONE },
        ..USUAL
    },
    Scenario {
        name: "a-typ-of-the-issuers-own-where-that-is-allowed",
        about: "The policy knows the issuer's own word for ID tokens, in whatever case (Pocket ID).",
        policy: r#"{"accepted_typ":["application/id+jwt"]}"#,
        mutation: Mutation { id_token: |token| with_typ(token, "ID+JWT"), ..NONE },
        ..USUAL
    },
    Scenario {
        name: "an-access-token-where-a-typ-is-allowed",
        about: "A word for ID tokens allows no other kind.",
        ends: "typ_refused",
        policy: r#"{"accepted_typ":["ID+JWT"]}"#,
        mutation: Mutation { id_token: |token| with_typ(token, "at+jwt"), ..NONE },
        ..USUAL
    },
    Scenario {
        name: "a-registered-typ-cannot-be-allowed",
        about: "The policy would take logout tokens for ID tokens.",
        ends: "invalid_configuration",
        policy: r#"{"accepted_typ":["Logout+JWT"]}"#,
        play: Scene::set_up,
        ..USUAL
    },
    Scenario {
        name: "a-header-with-a-jku",
        about: "The ID token's header has a jku and an x5u, which nobody follows (Cloud Foundry UAA, SAP).",
        mutation: Mutation {
            id_token: |token| {
                token.header.insert("jku".into(), "https://evil.example/jwks".into());
                token.header.insert("x5u".into(), Value::Null);
            },
            ..NONE
        },
        ..USUAL
    },
    Scenario {
        name: "a-token-of-the-key-in-its-own-header",
        about: "The token is signed by the key in its header, which has the provider's kid.",
        ends: "bad_signature",
        play: |scene| {
            scene.set_up()?;
            scene.refresh_keys()?;
            let forger = SigningKey::es256("k1", [9; 32]);
            let jwk = forger.jwk();
            scene.rotate_to(forger);
            let token = scene.token(|token| {
                token.header.insert("jwk".into(), jwk);
            });
            scene.verify(token)
        },
        ..USUAL
    },
    Scenario {
        name: "a-token-that-was-issued-to-the-phone",
        about: "The token's azp is the Android client of this web client's, which the registration trusts (Google).",
        registration: r#"{"trusted_azp":["android.apps.example"]}"#,
        play: |scene| check(scene, |token| token.set("azp", "android.apps.example")),
        ..USUAL
    },
    Scenario {
        name: "a-token-that-was-issued-to-another-phone",
        about: "The token's azp is a client that the registration does not trust.",
        ends: "azp_mismatch",
        registration: r#"{"trusted_azp":["android.apps.example"]}"#,
        play: |scene| check(scene, |token| token.set("azp", "ios.apps.example")),
        ..USUAL
    },
    Scenario {
        name: "a-token-for-the-phone-alone",
        about: "A client that is trusted in azp is no audience.",
        ends: "aud_mismatch",
        registration: r#"{"trusted_azp":["android.apps.example"]}"#,
        play: |scene| {
            check(scene, |token| {
                token.set("aud", "android.apps.example");
                token.set("azp", "android.apps.example");
            })
        },
        ..USUAL
    },
    Scenario {
        name: "keys-in-padded-base64",
        about: "The keys' members are in base64 with padding instead of base64url (Battle.net, Oracle Access Manager).",
        mutation: Mutation {
            jwks: |keys| {
                for key in keys {
                    in_base64(key, "x");
                    in_base64(key, "y");
                }
            },
            ..NONE
        },
        ..USUAL
    },
    Scenario {
        name: "a-key-that-is-listed-twice",
        about: "The key set has the same key twice: it is one.",
        mutation: Mutation { jwks: |keys| keys.extend(keys.first().cloned()), ..NONE },
        ..USUAL
    },
    Scenario {
        name: "signed-claims-without-iss-and-aud",
        about: "The signed UserInfo response does not say whose it is and for whom.",
        ends: "claim_missing",
        mutation: BARE_USERINFO,
        play: log_in_and_ask,
        ..USUAL
    },
    Scenario {
        name: "signed-claims-without-iss-and-aud-where-that-is-allowed",
        about: "The signed UserInfo response came over TLS, and the policy takes it.",
        policy: r#"{"accept_userinfo_without_iss_aud":true}"#,
        mutation: BARE_USERINFO,
        play: log_in_and_ask,
        ..USUAL
    },
    Scenario {
        name: "signed-claims-of-another-issuer-where-none-is-allowed",
        about: "An iss that is there is checked.",
        ends: "iss_mismatch",
        policy: r#"{"accept_userinfo_without_iss_aud":true}"#,
        mutation: Mutation {
            userinfo: |person| {
                person.signed = Some("ES256");
                person.issuer = "https://other.example".into();
            },
            ..NONE
        },
        play: log_in_and_ask,
        ..USUAL
    },
    Scenario {
        name: "claims-that-first-appear-at-a-refresh",
        about: "The refreshed ID token has an azp that the first one did not have.",
        ends: "refreshed_claim_changed",
        mutation: Mutation { refreshed_id_token: |token| token.set("azp", CLIENT_ID), ..NONE },
        play: log_in_and_refresh,
        ..USUAL
    },
    Scenario {
        name: "claims-that-first-appear-at-a-refresh-where-that-is-allowed",
        about: "The refreshed ID token has an azp and an auth_time that the first one did not have.",
        policy: r#"{"accept_new_claims_at_refresh":true}"#,
        mutation: Mutation {
            id_token: |token| token.remove("auth_time"),
            refreshed_id_token: |token| {
                token.set("azp", CLIENT_ID);
                token.set("auth_time", token.now - 60);
            },
            ..NONE
        },
        play: log_in_and_refresh,
        ..USUAL
    },
    Scenario {
        name: "an-authentication-after-the-login-where-new-claims-are-allowed",
        about: "The auth_time that first appears at a refresh is later than the login.",
        ends: "refreshed_claim_changed",
        policy: r#"{"accept_new_claims_at_refresh":true}"#,
        mutation: Mutation {
            id_token: |token| token.remove("auth_time"),
            refreshed_id_token: |token| token.set("auth_time", token.now),
            ..NONE
        },
        play: |scene| {
            scene.log_in("alice")?;
            scene.at(600);
            scene.refresh("alice")
        },
        ..USUAL
    },
    Scenario {
        name: "a-tenant-that-may-log-in",
        about: "The issuer is one of many tenants, and the ID token of the one that may log in (Entra).",
        registration: ONE_TENANT,
        mutation: TENANTS,
        play: |scene| {
            of_many(scene)?;
            scene.go_through("alice", json!({}))?;
            scene.at(60);
            scene.refresh("alice")?;
            scene.call(Call::Restore { login: "alice".into(), stored: None })
        },
        ..USUAL
    },
    Scenario {
        name: "a-tenant-that-may-not-log-in",
        about: "The issuer is one of many tenants, and the token of one that is not named.",
        ends: "iss_mismatch",
        registration: ONE_TENANT,
        play: |scene| of_many_check(scene, OTHER, OTHER),
        ..USUAL
    },
    Scenario {
        name: "a-tenant-in-the-name-of-another",
        about: "The token's tid is not the tenant of its iss.",
        ends: "iss_mismatch",
        registration: ONE_TENANT,
        play: |scene| of_many_check(scene, OTHER, TENANT),
        ..USUAL
    },
    Scenario {
        name: "the-template-itself-as-a-tenant",
        about: "The token's iss is the template of the metadata.",
        ends: "iss_mismatch",
        registration: ONE_TENANT,
        play: |scene| of_many_check(scene, "{tenantid}", TENANT),
        ..USUAL
    },
    Scenario {
        name: "any-tenant-where-all-may-log-in",
        about: "The registration lets every tenant in.",
        registration: r#"{"tenants":["*"]}"#,
        play: |scene| of_many_check(scene, OTHER, OTHER),
        ..USUAL
    },
    Scenario {
        name: "many-tenants-of-which-none-is-named",
        about: "The issuer is one of many tenants, and the registration does not say whose end users may log in.",
        ends: "invalid_configuration",
        play: of_many,
        ..USUAL
    },
    Scenario {
        name: "tenants-of-an-issuer-that-has-none",
        about: "Tenants are named, and nothing would check them.",
        ends: "invalid_configuration",
        registration: ONE_TENANT,
        play: Scene::set_up,
        ..USUAL
    },
    Scenario {
        name: "a-key-of-another-tenant",
        about: "The key with the token's kid is for one tenant, and the token is another's.",
        ends: "unknown_key",
        registration: r#"{"tenants":["*"]}"#,
        mutation: Mutation {
            jwks: |keys| keys.iter_mut().for_each(|key| key["issuer"] = issuer_of(TENANT).into()),
            ..NONE
        },
        play: |scene| {
            of_many(scene)?;
            let own = scene.token(|token| of_tenant(token, TENANT, TENANT));
            scene.verify(own)?;
            let other = scene.token(|token| of_tenant(token, OTHER, OTHER));
            scene.verify(other)
        },
        ..USUAL
    },
    Scenario {
        name: "a-refresh-into-another-tenant",
        about: "The refreshed ID token is of another tenant that may log in.",
        ends: "refreshed_claim_changed",
        registration: r#"{"tenants":["*"]}"#,
        mutation: Mutation { refreshed_id_token: |token| of_tenant(token, OTHER, OTHER), ..TENANTS },
        play: |scene| {
            of_many(scene)?;
            scene.go_through("alice", json!({}))?;
            scene.refresh("alice")
        },
        ..USUAL
    },
    Scenario {
        name: "a-token-response-with-odd-values",
        about: "Members that decide nothing are no good: they are left out, and decisions say so.",
        mutation: Mutation {
            token_response: |tokens| {
                tokens.insert("expires_in".into(), (-1).into());
                tokens.insert("refresh_token".into(), "".into());
                tokens.insert("scope".into(), json!({ "openid": true }));
            },
            ..NONE
        },
        ..USUAL
    },
    Scenario {
        name: "an-hour-with-a-fraction",
        about: "expires_in is 3600.0.",
        mutation: Mutation {
            token_response: |tokens| drop(tokens.insert("expires_in".into(), json!(3600.0))),
            ..NONE
        },
        ..USUAL
    },
    Scenario {
        name: "endpoints-that-are-no-urls",
        about: "The metadata's userinfo_endpoint is empty and its end_session_endpoint relative: a login needs neither, a logout does.",
        ends: "metadata_member_invalid",
        mutation: Mutation {
            metadata: |metadata| {
                metadata.insert("userinfo_endpoint".into(), "".into());
                metadata.insert("end_session_endpoint".into(), "/logout".into());
            },
            ..NONE
        },
        play: |scene| {
            scene.log_in("alice")?;
            scene.call(Call::EndSession { login: Some("alice".into()), request: json!({}) })
        },
        ..USUAL
    },
    Scenario {
        name: "a-demand-of-another-type",
        about: "What the metadata demand is never taken for absent: the iss of responses is announced by a text.",
        ends: "metadata_member_invalid",
        mutation: Mutation {
            metadata: |metadata| {
                metadata.insert("authorization_response_iss_parameter_supported".into(), "true".into());
            },
            ..NONE
        },
        ..USUAL
    },
];
