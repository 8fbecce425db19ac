//! `cargo conformance peers`: other relying parties beside ours, each driven through the modules by an adapter of its
//! own (`conformance/peers/`). The exit code is 1 when ours fails a module.

mod installed;
mod judge;
mod play;
mod report;

use std::process::ExitCode;
use std::thread;

use conformance::modules::{self, Module};
use conformance::workbench::Context;

use self::installed::Installed;
use self::judge::Verdict;
use self::play::Answers;

pub(crate) const USAGE: &str = "peers [--only PART-OF-A-NAME] [--json]";

/// A library, and what runs its adapter.
pub(crate) struct Peer {
    name: &'static str,
    adapter: Adapter,
}

enum Adapter {
    /// A file in `conformance/peers/node`; this one drives our npm package.
    Ours(&'static str),
    /// A file in `conformance/peers/node`.
    Node(&'static str),
    /// A file in `conformance/peers/python`.
    Python(&'static str),
    /// The crate in `conformance/peers/rust`.
    Rust,
}

/// The columns. Names are those of the registries.
const PEERS: &[Peer] = &[
    Peer { name: "relyingparty", adapter: Adapter::Ours("relyingparty.mjs") },
    Peer { name: "openid-client", adapter: Adapter::Node("openid-client.mjs") },
    Peer { name: "oauth4webapi", adapter: Adapter::Node("oauth4webapi.mjs") },
    Peer { name: "oidc-client-ts", adapter: Adapter::Node("oidc-client-ts.mjs") },
    Peer { name: "Authlib", adapter: Adapter::Python("peer_authlib.py") },
    Peer { name: "idpyoidc", adapter: Adapter::Python("peer_idpyoidc.py") },
    Peer { name: "openidconnect", adapter: Adapter::Rust },
];

/// One peer's results, in the order of the modules.
struct Column {
    peer: &'static Peer,
    version: String,
    cells: Vec<judge::Cell>,
}

impl Column {
    fn count(&self, verdict: Verdict) -> usize {
        self.cells.iter().filter(|cell| cell.verdict == verdict).count()
    }
}

pub(crate) fn run(options: &[&str]) -> Result<ExitCode, String> {
    let (mut only, mut json) = ("", false);
    let mut options = options.iter().copied();
    while let Some(option) = options.next() {
        match option {
            "--json" => json = true,
            "--only" => only = options.next().ok_or("--only wants a value")?,
            _ => return Err(format!("{option} is no option: cargo conformance {USAGE}")),
        }
    }
    let modules: Vec<&'static Module> = modules::all().filter(|module| module.name.contains(only)).collect();
    if modules.is_empty() {
        return Err(format!("no module has {only} in its name; cargo conformance serve lists them"));
    }

    let installed = Installed::with(&mut Context::start())?;
    let columns: Result<Vec<Column>, String> = thread::scope(|scope| {
        let start = |peer| {
            let adapter = installed.command(peer);
            (peer, scope.spawn(|| play::play(adapter, &modules)))
        };
        let playing: Vec<_> = PEERS.iter().map(start).collect();
        playing
            .into_iter()
            .map(|(peer, answers)| column(&installed, peer, answers.join(), &modules))
            .collect()
    });
    let columns = columns?;
    report::print(&modules, &columns);
    if json {
        println!("{}", report::json(&modules, &columns));
    }
    let ours_failed = columns
        .iter()
        .any(|column| matches!(column.peer.adapter, Adapter::Ours(_)) && column.count(Verdict::Fail) > 0);
    Ok(if ours_failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn column(
    installed: &Installed,
    peer: &'static Peer,
    answers: thread::Result<Result<Answers, String>>,
    modules: &[&Module],
) -> Result<Column, String> {
    let at = |reason: String| format!("{}: {reason}", peer.name);
    let answers = answers.map_err(|_| at("the thread panicked".into()))?.map_err(at)?;
    let cells = modules.iter().map(|module| judge::judge(module, &answers));
    Ok(Column {
        peer,
        version: installed.version(peer)?,
        cells: cells.collect::<Result<_, _>>().map_err(at)?,
    })
}
