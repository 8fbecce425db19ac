//! The groups, what each compares, and how fast we mean to be: our time over theirs, or our time itself.

pub(crate) struct Group {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) peers: &'static [Peer],
}

/// A peer, and what is measured beside it.
pub(crate) struct Peer {
    name: &'static str,
    rows: Rows,
}

enum Rows {
    /// A row for each algorithm, with its goal if it has one: `PEER ALG`.
    Algs([(&'static str, Option<Goal>); 3]),
    /// One row, which is called as the peer.
    One(Option<Goal>),
    /// What a server does: `PEER, per second`, `PEER, p99` and `PEER, processor`.
    Served,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Goal {
    /// Of our figure over theirs.
    AtMost(f64),
    AtLeast(f64),
    /// Of ours itself.
    Within(f64),
}

use Goal::{AtLeast, AtMost, Within};

pub(crate) const GROUPS: &[Group] = &[
    Group {
        name: "rust-aws-lc-rs",
        about: "an ID token verified in Rust with aws-lc-rs, µs",
        peers: &[verified("jsonwebtoken", 0.80, 0.95), verified("floor", 1.15, 1.08)],
    },
    Group {
        name: "rust-rustcrypto",
        about: "an ID token verified in Rust with RustCrypto, µs",
        peers: &[verified("jsonwebtoken", 1.00, 1.00), verified("openidconnect", 1.00, 1.00)],
    },
    Group {
        name: "python",
        about: "an ID token verified in Python, µs",
        peers: &[
            verified("joserfc", 0.45, 0.60),
            verified("PyJWT", 0.20, 0.35),
            measured("PyJWT, key at hand"),
            verified("Authlib", 0.35, 0.50),
            measured("Authlib parse_id_token"),
            measured("floor"),
        ],
    },
    Group {
        name: "python-threads",
        about: "the throughput of two threads over that of one; the ratio is our gain over that of a bare PyO3 function",
        peers: &[Peer {
            name: "floor",
            rows: Rows::Algs([("RS256", Some(AtLeast(0.95))), ("ES256", None), ("EdDSA", None)]),
        }],
    },
    Group {
        name: "node",
        about: "an ID token verified in Node, µs",
        peers: &[verified("jose", 0.30, 0.45), verified("fast-jwt", 1.20, 1.20)],
    },
    Group {
        name: "login",
        about: "a whole login without network, µs; ours in Rust with aws-lc-rs",
        peers: &[
            login("Rust, openidconnect", 0.25),
            login("Python, Authlib", 0.15),
            login("Node, openid-client", 0.35),
        ],
    },
    Group {
        name: "proofs",
        about: "a DPoP proof or a client assertion made, µs; ours in the peer's language, in Rust with aws-lc-rs",
        peers: &[
            signed("huskarl proof", 1.00),
            signed("huskarl assertion", 1.00),
            signed("joserfc proof", 0.50),
            signed("joserfc assertion", 0.50),
            signed("requests_oauth2client proof", 0.50),
            signed("requests_oauth2client assertion", 0.50),
            signed("Authlib assertion", 0.50),
            signed("jose proof", 1.00),
            signed("jose assertion", 1.00),
            signed("oauth4webapi proof", 1.00),
            signed("oauth4webapi assertion", 1.00),
        ],
    },
    Group {
        name: "sessions",
        about: "whose request it is, µs; ours is sealed in a cookie, the peer's language is ours",
        peers: &[
            found("Rust, PrivateCookieJar", Some(Within(15.0))),
            found("Site, SessionMiddleware", Some(Within(25.0))),
            found("AsyncSite, SessionMiddleware", Some(Within(25.0))),
            found("Node, iron-session", Some(Within(40.0))),
            found("Node, express-session, Redis", Some(Within(40.0))),
            found("both with Redis, express-session", None),
        ],
    },
    Group {
        name: "server",
        about: "a server that knows whose request it is: requests per second at 64 connections; p99 and processor time in µs",
        peers: &[
            served("Express, express-session"),
            served("Express, cookie-session"),
            served("FastAPI, SessionMiddleware"),
            served("Starlette, SessionMiddleware"),
            served("axum, tower-sessions"),
            served("axum, PrivateCookieJar"),
        ],
    },
    Group { name: "growth", about: "what grows with the number of keys or logins, µs", peers: &[] },
    Group {
        name: "allocations",
        about: "allocations of one verification in Rust with aws-lc-rs",
        peers: &[],
    },
];

const fn verified(name: &'static str, rs256: f64, es256: f64) -> Peer {
    Peer {
        name,
        rows: Rows::Algs([("RS256", Some(AtMost(rs256))), ("ES256", Some(AtMost(es256))), ("EdDSA", None)]),
    }
}

const fn measured(name: &'static str) -> Peer {
    Peer { name, rows: Rows::Algs([("RS256", None), ("ES256", None), ("EdDSA", None)]) }
}

const fn login(name: &'static str, rs256: f64) -> Peer {
    Peer { name, rows: Rows::Algs([("RS256", Some(AtMost(rs256))), ("ES256", None), ("EdDSA", None)]) }
}

const fn signed(name: &'static str, goal: f64) -> Peer {
    let goal = Some(AtMost(goal));
    Peer { name, rows: Rows::Algs([("ES256", goal), ("RS256", goal), ("PS256", goal)]) }
}

const fn found(name: &'static str, goal: Option<Goal>) -> Peer {
    Peer { name, rows: Rows::One(goal) }
}

const fn served(name: &'static str) -> Peer {
    Peer { name, rows: Rows::Served }
}

impl Goal {
    pub(crate) fn value(self) -> f64 {
        match self {
            AtMost(value) | AtLeast(value) | Within(value) => value,
        }
    }

    /// Whether it is met, by the median of our figure, and by that of its ratio to theirs.
    pub(crate) fn is_met(self, ours: f64, ratio: Option<f64>) -> Option<bool> {
        Some(match self {
            AtMost(value) => ratio? <= value,
            AtLeast(value) => ratio? >= value,
            Within(value) => ours <= value,
        })
    }
}

/// The goal of a row.
pub(crate) fn goal(group: &str, row: &str) -> Option<Goal> {
    rows(group).find(|(name, _)| name == row).and_then(|(_, goal)| goal)
}

/// The names of the rows that a group has to have, with their goals.
pub(crate) fn rows(group: &str) -> impl Iterator<Item = (String, Option<Goal>)> {
    let peers = GROUPS.iter().filter(move |found| found.name == group).flat_map(|group| group.peers);
    peers.flat_map(Peer::rows)
}

impl Peer {
    fn rows(&self) -> Vec<(String, Option<Goal>)> {
        let name = self.name;
        match &self.rows {
            Rows::Algs(algs) => algs.iter().map(|(alg, goal)| (format!("{name} {alg}"), *goal)).collect(),
            Rows::One(goal) => vec![(name.to_owned(), *goal)],
            Rows::Served => {
                vec![
                    (per_second(name), Some(AtLeast(1.0))),
                    (p99(name), Some(AtMost(1.0))),
                    (processor(name), None),
                ]
            }
        }
    }
}

/// The row of how many requests a server answers in a second, ours and this peer's.
pub(crate) fn per_second(peer: &str) -> String {
    format!("{peer}, per second")
}

/// The row of how long a processor works for one request.
pub(crate) fn processor(peer: &str) -> String {
    format!("{peer}, processor")
}

/// The row of how long 99 of 100 requests take at most.
pub(crate) fn p99(peer: &str) -> String {
    format!("{peer}, p99")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_is_met_up_to_its_own_value() {
        let is_met = |goal: Goal, ours, ratio| goal.is_met(ours, Some(ratio)).unwrap();
        assert!(is_met(AtMost(0.8), 9.0, 0.8) && !is_met(AtMost(0.8), 9.0, 0.81));
        assert!(is_met(AtLeast(0.95), 9.0, 0.95) && !is_met(AtLeast(0.95), 9.0, 0.94));
        assert!(is_met(Within(9.0), 9.0, 2.0) && !is_met(Within(9.0), 9.1, 0.5));
        assert_eq!(AtMost(0.8).is_met(9.0, None), None);
        assert_eq!(Within(9.0).is_met(9.0, None), Some(true));
    }

    #[test]
    fn a_row_is_found_by_its_group_and_name() {
        assert_eq!(goal("node", "fast-jwt ES256"), Some(AtMost(1.2)));
        assert_eq!(goal("node", "fast-jwt EdDSA"), None);
        assert_eq!(goal("python", "fast-jwt ES256"), None);
        assert_eq!(goal("sessions", "Node, iron-session"), Some(Within(40.0)));
        assert_eq!(goal("server", "axum, tower-sessions, p99"), Some(AtMost(1.0)));
    }
}
