//! Every module's provider at an address of its own, `<origin>/<module>`, with a log of what a client did there.
//!
//! | request | |
//! | --- | --- |
//! | `GET /` | the modules, as JSON: issuer, what the provider does, what is expected, how to register |
//! | anything below `/<module>/` | that provider |
//! | `GET /<module>/log` | what the client did since the log was cleared, and the verdict on it |
//! | `DELETE /<module>/log` | starts again: an empty log, and a provider that remembers nothing |

mod log;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use self::log::Log;
pub use self::log::Verdict;
use crate::http::{Request, Response};
use crate::modules::{self, Module, PUBLIC_CLIENT};
use crate::provider::Provider;

/// The providers of all modules, below one origin.
#[derive(Debug)]
pub struct Suite {
    origin: String,
    rooms: BTreeMap<&'static str, Room>,
}

#[derive(Debug)]
struct Room {
    module: &'static Module,
    provider: Provider,
    log: Log,
}

impl Suite {
    /// `origin` is what the issuers begin with: `http://127.0.0.1:9000`.
    pub fn new(origin: &str) -> Self {
        let origin = origin.trim_end_matches('/').to_owned();
        let room = |module: &'static Module| (module.name, Room::new(&origin, module));
        let rooms = modules::all().map(room).collect();
        Self { origin, rooms }
    }

    /// Answers one request. `entropy` has to be new each time.
    pub fn handle(&mut self, request: &Request, now: i64, entropy: [u8; 32]) -> Response {
        let path = request.path().trim_start_matches('/').to_owned();
        let (name, rest) = path.split_once('/').unwrap_or((&path, ""));
        if name.is_empty() {
            return Response::json(200, &self.index());
        }
        let Some(room) = self.rooms.get_mut(name) else {
            return Response::new(404, "text/plain", "no such module; GET / lists them");
        };
        match (request.method.as_str(), rest) {
            ("GET", "log") => {
                Response::json(200, &room.report()).with_header("access-control-allow-origin", "*")
            }
            ("DELETE", "log") => {
                *room = Room::new(&self.origin, room.module);
                Response { status: 204, headers: Vec::new(), body: Vec::new() }
            }
            (_, rest) => {
                let response = room.provider.handle(request, now, entropy);
                room.log.add(rest, request, &response, now);
                response
            }
        }
    }

    /// The verdict on what a client did at a module.
    pub fn verdict(&self, module: &str) -> Option<Verdict> {
        self.rooms.get(module).map(|room| room.log.verdict(room.module))
    }

    fn index(&self) -> Value {
        let modules: Vec<Value> = modules::all()
            .map(|module| {
                json!({
                    "module": module.name,
                    "issuer": format!("{}/{}", self.origin, module.name),
                    "about": module.about,
                    "expect": module.expect.as_str(),
                    "registration": module.registration(),
                    "public_client_id": PUBLIC_CLIENT,
                    "asks": serde_json::from_str::<Value>(module.asks).unwrap_or_default(),
                    "journey": format!("{:?}", module.journey),
                })
            })
            .collect();
        json!({ "modules": modules })
    }
}

impl Room {
    fn new(origin: &str, module: &'static Module) -> Self {
        let provider = module.provider(&format!("{origin}/{}", module.name));
        Self { module, provider, log: Log::default() }
    }

    fn report(&self) -> Value {
        let verdict = self.log.verdict(self.module);
        json!({
            "module": self.module.name,
            "expect": self.module.expect.as_str(),
            "verdict": verdict.as_str(),
            "requests": self.log.requests(),
        })
    }
}

#[cfg(test)]
mod tests;
