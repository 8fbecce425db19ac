//! The Foundation's modules as cases.

use serde_json::{Value, json};

use super::super::format::{Call, Case};
use super::scene::{Ended, ISSUER, START, Scene};
use crate::modules::{self, Journey, Module};

pub(super) fn cases() -> impl Iterator<Item = Case> {
    modules::oidc().map(record)
}

fn record(module: &'static Module) -> Case {
    let case = Case {
        name: module.name.into(),
        source: Some(module.source().into()),
        about: module.about.into(),
        expect: module.expect.as_str().into(),
        issuer: ISSUER.into(),
        registration: module.registration(),
        policy: json!({}),
        now: START,
        steps: Vec::new(),
    };
    let mut scene = Scene::new(case, module.provider(ISSUER), Vec::new());
    let asks = serde_json::from_str(module.asks).expect("a table has JSON");
    // Where it stops is where its last step is.
    let _ = go(&mut scene, module.journey, &asks);
    scene.into_case()
}

fn go(scene: &mut Scene, journey: Journey, asks: &Value) -> Ended {
    scene.discover()?;
    if journey == Journey::Discovery {
        return Ok(());
    }
    scene.client()?;
    if journey == Journey::LoginWithKeys {
        scene.refresh_keys()?;
        scene.at(60);
    }
    scene.go_through("alice", asks.clone())?;
    match journey {
        Journey::Discovery | Journey::Login | Journey::LoginWithKeys => scene.userinfo("alice"),
        Journey::TwoLogins => {
            scene.userinfo("alice")?;
            scene.at(60);
            scene.go_through("alice again", asks.clone())?;
            scene.userinfo("alice again")
        }
        Journey::Refresh => {
            scene.at(60);
            scene.refresh("alice")?;
            scene.userinfo("alice")
        }
        Journey::Logout => {
            let request = json!({ "state": "a-state-of-the-logout" });
            scene.call(Call::EndSession { login: Some("alice".into()), request })?;
            let query = scene.follow();
            scene.call(Call::Parameters { query })
        }
    }
}
