//! The modules of FAPI 2.0 as cases: in each, every variant to which the module applies logs in, one after the other.

use serde_json::{Value, json};

use super::super::format::{Call, Case};
use super::keyring;
use super::scene::{Ended, ISSUER, START, Scene};
use crate::modules::{self, Expect, Journey, Module, REDIRECT_URI, Stage, Variant};
use crate::provider::places::API;
use crate::provider::{Provider, RegisteredClient};

pub(super) fn cases() -> impl Iterator<Item = Case> {
    let profile =
        modules::fapi2().map(|module| record(module, module.name.into(), Variant::security_profile()));
    let signing = modules::fapi2_message_signing().map(|module| {
        let name = module.name.replace("security-profile", "message-signing");
        record(module, name, Variant::message_signing())
    });
    profile.chain(signing)
}

fn record(module: &'static Module, name: String, variants: impl Iterator<Item = Variant>) -> Case {
    let variants: Vec<Variant> = variants.filter(|variant| (module.applies)(*variant)).collect();
    let mut held = Vec::new();
    let mut registrations = Vec::new();
    let mut clients = Vec::new();
    for variant in &variants {
        let mut registration = variant.registration();
        held.extend(keyring::fill_in(&mut registration));
        let mut client = RegisteredClient::new(&variant.name(), None, REDIRECT_URI);
        client.id_token_signed_response_alg = Some("ES256".into());
        keyring::register(&mut client, &registration);
        client.pushes = true;
        clients.push(client);
        registrations.push((registration, variant.policy()));
    }
    let (registration, policy) = registrations[0].clone();
    let case = Case {
        name,
        source: Some(module.source().into()),
        about: module.about.into(),
        expect: module.expect.as_str().into(),
        issuer: ISSUER.into(),
        registration,
        policy,
        now: START,
        steps: Vec::new(),
    };
    let provider = Provider::hostile(ISSUER, clients, module.mutation);
    let mut scene = Scene::new(case, provider, Vec::new());
    scene.hold(held);
    // Where one stops is where its last step is. Who comes to the end begins with an empty cache.
    if scene.discover().is_err() || matches!(module.expect, Expect::Reject(Stage::Discovery, _)) {
        return scene.into_case();
    }
    for (number, (variant, (registration, policy))) in variants.iter().zip(registrations).enumerate() {
        if number > 0 && module.expect == Expect::Accept {
            let _ = scene.call(Call::Cache { stored: None });
        }
        let _ = log_in(&mut scene, module.journey, &variant.name(), registration, policy);
    }
    scene.into_case()
}

fn log_in(scene: &mut Scene, journey: Journey, name: &str, registration: Value, policy: Value) -> Ended {
    scene.call(Call::Client { registration: Some(registration), policy: Some(policy) })?;
    scene.go_through(name, json!({}))?;
    let accounts = format!("{API}/accounts");
    match journey {
        Journey::Refresh => {
            scene.get(name, &accounts)?;
            scene.refresh(name)?;
            scene.refresh(name)?;
        }
        _ => scene.userinfo(name)?,
    }
    scene.get(name, &accounts)
}
