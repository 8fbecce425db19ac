//! Makes the cases: each scenario is played by the library against the scripted provider, and written down.
//!
//! A scenario is an entry of a table: its name, what happens, how it has to end, and the calls. What the library asks,
//! what the provider answers and what comes of it is recorded; that it ends as the table says is a test.

mod asked;
mod bound;
mod bounds;
mod cache;
mod callback;
mod cheap;
mod configuration;
mod fapi2;
mod hosts;
mod keyring;
mod leniency;
mod logout;
mod missing;
mod modules;
mod profiles;
mod protocol;
mod proving;
mod pushed;
mod rotation;
mod scene;
mod site;
mod site_ends;
mod token;
mod unreached;
mod values;
mod way_back;
mod world;

use self::scene::{Ended, Scene};
pub use self::unreached::UNREACHED;
use super::exchange::{Body, Reply};
use super::format::Case;
use crate::provider::Mutation;

/// One scenario.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    /// The case's name.
    pub name: &'static str,
    /// What happens.
    pub about: &'static str,
    /// How its last call ends: `ok`, or an error's code.
    pub ends: &'static str,
    /// The policy, as JSON.
    policy: &'static str,
    /// Members of the registration that are set beside the usual ones, as JSON.
    registration: &'static str,
    /// What the provider does otherwise than an honest one.
    mutation: Mutation,
    /// The calls.
    play: fn(&mut Scene) -> Ended,
}

/// What most scenarios have in common: a login from start to session, with an honest provider.
const USUAL: Scenario = Scenario {
    name: "",
    about: "",
    ends: "ok",
    policy: "{}",
    registration: "{}",
    mutation: Mutation::NONE,
    play: |scene| scene.log_in("alice"),
};

/// All cases, in the order of their names.
pub fn all() -> Vec<Case> {
    let own = scenarios().map(scene::record);
    let mut cases: Vec<Case> = modules::cases().chain(fapi2::cases()).chain(own).collect();
    cases.sort_by(|one, other| one.name.cmp(&other.name));
    cases
}

/// Every scenario that is not one of the Foundation's modules.
pub fn scenarios() -> impl Iterator<Item = &'static Scenario> {
    let tables: [&[Scenario]; 20] = [
        asked::SCENARIOS,
        bound::SCENARIOS,
        bounds::SCENARIOS,
        cache::SCENARIOS,
        callback::SCENARIOS,
        cheap::SCENARIOS,
        configuration::SCENARIOS,
        hosts::SCENARIOS,
        leniency::SCENARIOS,
        logout::SCENARIOS,
        missing::SCENARIOS,
        profiles::SCENARIOS,
        protocol::SCENARIOS,
        proving::SCENARIOS,
        pushed::SCENARIOS,
        rotation::SCENARIOS,
        site::SCENARIOS,
        site_ends::SCENARIOS,
        token::SCENARIOS,
        values::SCENARIOS,
    ];
    tables.into_iter().flatten()
}

/// An HTTP response.
fn http(status: u16, headers: Vec<(String, String)>, body: String) -> Reply {
    Reply::Http { status, headers, body: Body::Text(body), final_url: None }
}

/// A JSON document.
fn json_answer(status: u16, body: &str) -> Reply {
    http(status, vec![("content-type".into(), "application/json".into())], body.into())
}

/// No answer.
fn unreachable() -> Reply {
    Reply::Unreachable { unreachable: "connection refused".into() }
}
