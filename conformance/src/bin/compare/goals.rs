//! The groups, what each compares, and how fast we mean to be: our time over theirs.

pub(crate) struct Group {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) peers: &'static [Peer],
}

/// A peer, with the goal for each algorithm that has one. A row is called `PEER ALG`.
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    pub(crate) rows: [(&'static str, Option<Goal>); 3],
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Goal {
    AtMost(f64),
    AtLeast(f64),
}

use Goal::{AtLeast, AtMost};

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
            rows: [("RS256", Some(AtLeast(0.95))), ("ES256", None), ("EdDSA", None)],
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
    Group { name: "growth", about: "what grows with the number of keys or logins, µs", peers: &[] },
    Group {
        name: "allocations",
        about: "allocations of one verification in Rust with aws-lc-rs",
        peers: &[],
    },
];

const fn verified(name: &'static str, rs256: f64, es256: f64) -> Peer {
    Peer { name, rows: [("RS256", Some(AtMost(rs256))), ("ES256", Some(AtMost(es256))), ("EdDSA", None)] }
}

const fn measured(name: &'static str) -> Peer {
    Peer { name, rows: [("RS256", None), ("ES256", None), ("EdDSA", None)] }
}

const fn login(name: &'static str, rs256: f64) -> Peer {
    Peer { name, rows: [("RS256", Some(AtMost(rs256))), ("ES256", None), ("EdDSA", None)] }
}

const fn signed(name: &'static str, goal: f64) -> Peer {
    let goal = Some(AtMost(goal));
    Peer { name, rows: [("ES256", goal), ("RS256", goal), ("PS256", goal)] }
}

impl Goal {
    pub(crate) fn value(self) -> f64 {
        match self {
            AtMost(value) | AtLeast(value) => value,
        }
    }

    pub(crate) fn is_met(self, ratio: f64) -> bool {
        match self {
            AtMost(value) => ratio <= value,
            AtLeast(value) => ratio >= value,
        }
    }
}

/// The goal of a row.
pub(crate) fn goal(group: &str, row: &str) -> Option<Goal> {
    rows(group).find(|(name, _)| name == row).and_then(|(_, goal)| goal)
}

/// The names of the rows that a group has to have, with their goals.
pub(crate) fn rows(group: &str) -> impl Iterator<Item = (String, Option<Goal>)> {
    let peers = GROUPS.iter().filter(move |found| found.name == group).flat_map(|group| group.peers);
    peers.flat_map(|peer| peer.rows.iter().map(|(alg, goal)| (format!("{} {alg}", peer.name), *goal)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_is_met_up_to_its_own_value() {
        assert!(AtMost(0.8).is_met(0.8) && !AtMost(0.8).is_met(0.81));
        assert!(AtLeast(0.95).is_met(0.95) && !AtLeast(0.95).is_met(0.94));
    }

    #[test]
    fn a_row_is_found_by_its_group_and_name() {
        assert_eq!(goal("node", "fast-jwt ES256"), Some(AtMost(1.2)));
        assert_eq!(goal("node", "fast-jwt EdDSA"), None);
        assert_eq!(goal("python", "fast-jwt ES256"), None);
    }
}
