//! The group `server`: the same application with our sessions and with its framework's own, each under load in turns.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::goals::{p99, per_second, processor};
use crate::load::{Errand, Served, cookies, request};
use crate::options::{Extent, Options};
use crate::samples::Sample;
use crate::setup::Setup;

pub(crate) const GROUP: &str = "server";

/// An application by its framework: ours, and the peers.
struct Application {
    framework: &'static str,
    build: fn(&Setup) -> Result<Command, String>,
    ours: &'static str,
    /// What their rows are called, and the servers.
    peers: &'static [(&'static str, &'static str)],
    /// Why a smoke run leaves it out.
    too_long: Option<&'static str>,
}

const APPLICATIONS: &[Application] = &[
    Application {
        framework: "Express",
        build: |setup| setup.node24("server.mjs"),
        ours: "relyingparty",
        peers: &[("express-session", "express-session"), ("cookie-session", "cookie-session")],
        too_long: None,
    },
    Application {
        framework: "FastAPI",
        build: |setup| setup.python("server.py"),
        ours: "fastapi",
        peers: &[("SessionMiddleware", "fastapi-sessions")],
        too_long: None,
    },
    Application {
        framework: "Starlette",
        build: |setup| setup.python("server.py"),
        ours: "starlette",
        peers: &[("SessionMiddleware", "starlette-sessions")],
        too_long: None,
    },
    Application {
        framework: "axum",
        build: Setup::rust_sessions,
        ours: "relyingparty",
        peers: &[("tower-sessions", "tower-sessions"), ("PrivateCookieJar", "private-cookies")],
        too_long: Some("building it takes longer than a smoke run may"),
    },
];

/// Loads every application: the rows, and what did not run.
pub(crate) fn run(setup: &Setup, options: &Options, work: &Value) -> (Vec<Sample>, Vec<String>) {
    let (mut samples, mut failures) = (Vec::new(), Vec::new());
    for application in APPLICATIONS {
        eprintln!("serving: {}", application.framework);
        match application.loaded(setup, options.extent, work) {
            Ok(rows) => samples.extend(rows),
            Err(failure) => failures.push(format!("{}: {failure}", application.framework)),
        }
    }
    (samples, failures)
}

/// How long a server is under load, and how often.
fn turns(extent: Extent) -> (Duration, usize) {
    match extent {
        Extent::Full => (Duration::from_secs(2), 5),
        Extent::Quick => (Duration::from_millis(700), 3),
        Extent::Smoke => (Duration::from_millis(100), 1),
    }
}

impl Application {
    fn loaded(&self, setup: &Setup, extent: Extent, work: &Value) -> Result<Vec<Sample>, String> {
        if let Some(reason) = self.too_long.filter(|_| extent == Extent::Smoke) {
            return Ok(vec![Sample::skipped(GROUP, self.framework.into(), reason)]);
        }
        let start = |name| Server::start((self.build)(setup)?, setup, name);
        let ours = start(self.ours)?.with_cookie(text(&work["session"]["cookie"]));
        if !extent.has_peers() {
            let served = ours.load(work, turns(extent).0)?;
            let rows = [(per_second(self.framework), served.per_second), (p99(self.framework), served.p99)];
            return Ok(rows.map(|(row, found)| Sample::new(GROUP, row, vec![found], Vec::new())).into());
        }
        let mut samples = Vec::new();
        for (peer, name) in self.peers {
            let theirs = start(name)?;
            let cookies = cookies(theirs.port, "/login").map_err(|error| format!("{name}: {error}"))?;
            let name = format!("{}, {peer}", self.framework);
            samples.extend(pair(&name, [&ours, &theirs.with_cookie(cookies)], extent, work)?);
        }
        Ok(samples)
    }
}

/// Loads both in turns, the one that begins alternating, after a turn that counts for nothing.
fn pair(name: &str, sides: [&Server; 2], extent: Extent, work: &Value) -> Result<[Sample; 3], String> {
    let (length, rounds) = turns(extent);
    for side in sides {
        side.load(work, length)?;
    }
    let mut found = [Vec::new(), Vec::new()];
    let mut busy = [Vec::new(), Vec::new()];
    for round in 0..rounds {
        for turn in 0..2 {
            let side = (round + turn) % 2;
            let before = sides[side].processor_time();
            let served = sides[side].load(work, length)?;
            let spent = sides[side].processor_time().zip(before).map(|(after, before)| after - before);
            busy[side].extend(spent.map(|spent| spent / served.requests * 1e6));
            found[side].push(served);
        }
    }
    let row = |row: String, figure: fn(&Served) -> f64| {
        let [ours, theirs] = found.each_ref().map(|served| served.iter().map(figure).collect());
        Sample::new(GROUP, row, ours, theirs)
    };
    let [ours, theirs] = busy;
    Ok([
        row(per_second(name), |served| served.per_second),
        row(p99(name), |served| served.p99),
        match ours.is_empty() {
            true => Sample::skipped(GROUP, processor(name), "there is no /proc"),
            false => Sample::new(GROUP, processor(name), ours, theirs),
        },
    ])
}

/// A server that runs until this is dropped.
struct Server {
    child: Child,
    port: u16,
    cookie: String,
}

impl Server {
    /// It says on which port it listens.
    fn start(mut command: Command, setup: &Setup, name: &str) -> Result<Server, String> {
        command.arg(setup.target("work.json")).args(["serve", name]).stdout(Stdio::piped());
        let child = command.spawn().map_err(|error| format!("{name}: {error}"))?;
        let mut server = Server { child, port: 0, cookie: String::new() };
        let mut line = String::new();
        if let Some(output) = server.child.stdout.take() {
            BufReader::new(output).read_line(&mut line).map_err(|error| format!("{name}: {error}"))?;
        }
        server.port =
            line.trim().parse().map_err(|_| format!("{name}: it said `{}`, no port", line.trim()))?;
        Ok(server)
    }

    fn with_cookie(mut self, cookie: String) -> Server {
        self.cookie = cookie;
        self
    }

    /// How long processors have worked for it, in seconds, as Linux says it: in hundredths (proc(5)).
    fn processor_time(&self) -> Option<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).ok()?;
        // The name of the program is in parentheses, and may have blanks; behind it the 12th and 13th are user's and system's.
        let (_, fields) = status.rsplit_once(") ")?;
        let ticks = fields.split(' ').skip(11).take(2).map(str::parse::<f64>).sum::<Result<f64, _>>();
        Some(ticks.ok()? / 100.0)
    }

    fn load(&self, work: &Value, length: Duration) -> Result<Served, String> {
        let headers: Vec<(String, String)> =
            serde_json::from_value(work["session"]["headers"].clone()).map_err(|error| error.to_string())?;
        let request = request("/", &self.cookie, &headers);
        let expected = text(&work["session"]["content"]["sub"]);
        Errand { port: self.port, request: request.as_bytes(), expected: &expected }.load(length)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
