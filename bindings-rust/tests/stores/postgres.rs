//! A PostgreSQL of the tests' own.

use std::env;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use deadpool_postgres::tokio_postgres::NoTls;
use deadpool_postgres::{Manager, Pool};
use relyingparty_host::PostgresSessionStore;

/// A PostgreSQL on this machine, with the tables of a store; it ends with this value.
pub(crate) struct Postgres {
    pub(crate) url: String,
    port: u16,
    programs: PathBuf,
    user: Option<u32>,
    folder: PathBuf,
}

/// Connections to the database with this URL.
pub(crate) fn pool(url: &str) -> Pool {
    Pool::builder(Manager::new(url.parse().unwrap(), NoTls)).max_size(20).build().unwrap()
}

impl Postgres {
    /// `None`, and a word about it, where there is no PostgreSQL; in CI there is one.
    pub(crate) async fn start() -> Option<Postgres> {
        let Some(programs) = programs() else {
            assert!(env::var_os("CI").is_none(), "there is no PostgreSQL");
            eprintln!("skipped: there is no PostgreSQL (apt-get install postgresql)");
            return None;
        };
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = env::temp_dir().join(format!("relyingparty-postgres-{}-{port}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        // PostgreSQL runs for anybody but root.
        let user = if number("-u", &[]) == Some(0) {
            let user = ["postgres", "nobody"].iter().find_map(|name| number("-u", &[name]));
            std::os::unix::fs::chown(&folder, user, None).unwrap();
            user
        } else {
            None
        };
        let url = format!("postgresql://tester@127.0.0.1:{port}/postgres");
        let postgres = Postgres { url, port, programs, user, folder };
        postgres.run("initdb", &["-U", "tester", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]);
        postgres.begin();
        let client = pool(&postgres.url).get().await.unwrap();
        client.batch_execute(PostgresSessionStore::TABLES).await.unwrap();
        Some(postgres)
    }

    /// Starts it, once more after a [`stop`](Postgres::stop).
    pub(crate) fn begin(&self) {
        let options = format!("-p {} -k '' -h 127.0.0.1 -F -c max_connections=200", self.port);
        self.run("pg_ctl", &["start", "-w", "-l", "/dev/null", "-o", &options]);
    }

    pub(crate) fn stop(&self) {
        self.run("pg_ctl", &["stop", "-w", "-m", "immediate"]);
    }

    fn run(&self, program: &str, args: &[&str]) {
        let mut command = Command::new(self.programs.join(program));
        command.arg("-D").arg(self.folder.join("data")).args(args).current_dir("/").stdout(Stdio::null());
        if let Some(user) = self.user {
            command.uid(user);
        }
        assert!(command.status().unwrap().success(), "{program} {args:?}");
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.stop();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Where Debian, or whoever built it, put PostgreSQL's programs.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
    folders.sort();
    folders.reverse();
    folders.extend(["/usr/local/bin", "/usr/bin"].map(PathBuf::from));
    folders.into_iter().find(|folder: &PathBuf| has(folder, "initdb") && has(folder, "pg_ctl"))
}

fn has(folder: &Path, program: &str) -> bool {
    folder.join(program).exists()
}

/// What `id` says.
fn number(what: &str, of: &[&str]) -> Option<u32> {
    let said = Command::new("id").arg(what).args(of).stderr(Stdio::null()).output().ok()?;
    String::from_utf8(said.stdout).ok()?.trim().parse().ok()
}
