//! An issuer of many tenants, as Entra's `common` is: whose tokens are accepted, and what a session of one tenant's is good for.

mod support;

use relyingparty::{
    Alg, AuthorizeRequest, CallbackParams, Client, EndSessionRequest, Endpoint, Error, Issuer, Metadata,
    Provider, Session,
};
use serde_json::json;
use support::{World, code, detail, entropy, parameter, query, typed_response};

const COMMON: &str = "https://login.example/common/v2.0";
const TENANT: &str = "9122040d-6c67-4c5b-b112-36a304b66dad";
const OTHER: &str = "72f988bf-86f1-41af-91ab-2d7cd011db47";

fn issuer_of(tenant: &str) -> String {
    format!("https://login.example/{tenant}/v2.0")
}

/// A provider of many tenants that speaks for this one, and a client that lets these in.
fn world(allowed: &[&str], iss: &str, tid: &str) -> (World, Client) {
    let mut world = World::at(COMMON, Alg::EdDsa);
    world.op.metadata["issuer"] = issuer_of("{tenantid}").into();
    world.op.claim("iss", issuer_of(iss));
    world.op.claim("tid", tid);
    world.registration.tenants = allowed.iter().map(|tenant| (*tenant).to_owned()).collect();
    let client = client(&world);
    (world, client)
}

fn client(world: &World) -> Client {
    let issuer = Issuer::parse(COMMON).unwrap();
    let metadata = Metadata::parse(&issuer, world.op.metadata.to_string().as_bytes()).unwrap();
    Client::new(Provider::from_metadata(metadata), world.registration.clone(), world.policy.clone()).unwrap()
}

fn login(world: &mut World, client: &Client) -> Result<Session, Error> {
    let begun = client.authorize(&AuthorizeRequest::default(), entropy(1), world.now)?;
    let came_back = world.op.authorize(&begun.url);
    let code = client.callback(begun.pending, &CallbackParams::parse(&came_back)?, world.now)?;
    let step = client.exchange(code)?;
    world.run(step)
}

#[test]
fn a_tenant_that_is_named_logs_in_and_no_other() {
    for (allowed, iss, tid, outcome) in [
        (&[TENANT][..], TENANT, TENANT, "ok"),
        (&[OTHER, TENANT], TENANT, TENANT, "ok"),
        (&["*"], OTHER, OTHER, "ok"),
        (&[TENANT], OTHER, OTHER, "iss_mismatch"),
        (&[TENANT], OTHER, TENANT, "iss_mismatch"),
        (&[TENANT], TENANT, OTHER, "iss_mismatch"),
        (&["*"], TENANT, OTHER, "iss_mismatch"),
        (&[TENANT], "common", TENANT, "iss_mismatch"),
        (&["*"], "{tenantid}", TENANT, "iss_mismatch"),
    ] {
        let (mut world, client) = world(allowed, iss, tid);
        assert_eq!(code(&login(&mut world, &client)), outcome, "{allowed:?} {iss} {tid}");
    }
    for odd in [json!(null), json!(1), json!([TENANT]), json!({})] {
        let (mut world, client) = world(&["*"], TENANT, TENANT);
        world.op.claim("tid", odd.clone());
        assert_eq!(code(&login(&mut world, &client)), "claim_invalid", "{odd}");
    }
    let (mut world, client) = world(&["*"], TENANT, TENANT);
    world.op.without_claim("tid");
    assert_eq!(code(&login(&mut world, &client)), "claim_missing");
}

#[test]
fn an_alias_is_no_way_around_the_tenants() {
    let (mut world, _) = world(&[TENANT], OTHER, OTHER);
    world.registration.issuer_aliases = vec![issuer_of(OTHER)];
    let client = client(&world);
    assert_eq!(code(&login(&mut world, &client)), "iss_mismatch");
}

#[test]
fn a_session_of_a_tenant_is_refreshed_restored_and_hinted_under_its_own_issuer() {
    let (mut world, client) = world(&["*"], TENANT, TENANT);
    let session = login(&mut world, &client).unwrap();
    assert_eq!(session.claims().iss(), issuer_of(TENANT));
    assert_eq!(session.claims().get("iss"), Some(&json!(issuer_of(TENANT))));
    let step = client.restore(&session.encode(), &world.cache, world.now).unwrap();
    assert_eq!(world.run(step).unwrap().claims().iss(), issuer_of(TENANT));
    let request =
        AuthorizeRequest::from_json(&json!({ "id_token_hint": session.id_token() }).to_string()).unwrap();
    assert_eq!(code(&client.authorize(&request, entropy(2), world.now)), "ok");
    let url = client.end_session(&EndSessionRequest::default().of(&session)).unwrap();
    assert_eq!(parameter(query(&url), "id_token_hint").as_deref(), Some(session.id_token()));
    let step = client.refresh(&session).unwrap();
    assert_eq!(code(&world.run(step)), "ok");
    world.op.claim("iss", issuer_of(OTHER));
    world.op.claim("tid", OTHER);
    let step = client.refresh(&session).unwrap();
    let refused = world.run(step);
    assert_eq!((code(&refused), detail(&refused, "claim")), ("refreshed_claim_changed", "iss".to_owned()));
    // The hint of a tenant that may not log in is kept from the provider.
    world.registration.tenants = vec![OTHER.into()];
    let narrower = self::client(&world);
    assert_eq!(code(&narrower.authorize(&request, entropy(3), world.now)), "session_mismatch");
}

#[cfg(feature = "sealed")]
#[test]
fn a_sealed_session_of_a_tenant_keeps_its_issuer() {
    let (mut world, client) = world(&[TENANT], TENANT, TENANT);
    let keys = relyingparty::SealingKeys::new([*b"a-key-of-thirty-two-octets-12345"]).unwrap();
    let client = client.with_sealing_keys(keys);
    let session = login(&mut world, &client).unwrap();
    let sealed = client.seal(&session, entropy(9)).unwrap();
    let step = client.restore(&sealed, &world.cache, world.now).unwrap();
    let restored = world.run(step).unwrap();
    assert_eq!(restored.claims().iss(), issuer_of(TENANT));
    assert_eq!(restored.claims().as_json(), session.claims().as_json());
}

#[test]
fn a_key_for_one_tenant_signs_for_no_other() {
    for (issuer, outcome) in [
        (issuer_of("{tenantid}"), "ok"),
        (issuer_of(TENANT), "ok"),
        (issuer_of(OTHER), "unknown_key"),
        (String::new(), "unknown_key"),
    ] {
        let (mut world, client) = world(&["*"], TENANT, TENANT);
        world.op.jwks["keys"][0]["issuer"] = issuer.as_str().into();
        assert_eq!(code(&login(&mut world, &client)), outcome, "{issuer}");
        // What was kept of the set is as good.
        let kept = relyingparty::Cache::from_json(&world.cache.to_json()).unwrap();
        world.cache = kept;
        assert_eq!(code(&login(&mut world, &client)), outcome, "{issuer}");
    }
}

/// What a response may leave out makes no check go away that is about the tenant.
#[test]
fn userinfo_of_a_tenant_that_is_not_named_is_refused_with_and_without_its_issuer() {
    let ask = |claims: serde_json::Value| {
        let (mut world, _) = world(&[TENANT], TENANT, TENANT);
        world.policy.accept_userinfo_without_iss_aud = true;
        let client = client(&world);
        let session = login(&mut world, &client).unwrap();
        let jwt = world.op.key.token(&claims);
        world.op.answer_with(Endpoint::UserInfo, typed_response(200, "application/jwt", jwt));
        let step = client.userinfo(&session).unwrap();
        code(&world.run(step))
    };
    assert_eq!(ask(json!({ "sub": "subject-1", "tid": TENANT })), "ok");
    assert_eq!(ask(json!({ "sub": "subject-1", "tid": OTHER })), "iss_mismatch");
    assert_eq!(ask(json!({ "sub": "subject-1", "tid": OTHER, "iss": issuer_of(OTHER) })), "iss_mismatch");
    assert_eq!(ask(json!({ "sub": "subject-1" })), "claim_missing");
}
