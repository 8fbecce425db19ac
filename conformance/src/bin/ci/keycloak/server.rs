//! Keycloak as a child process on a loopback port. It ends with this value, whatever became of the tests.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use conformance::{agent, serve};
use ureq::http::Request;

/// The first start of a version takes it a while: it puts itself together.
const STARTS_WITHIN: Duration = Duration::from_secs(600);
const STOPS_WITHIN: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(500);
const LIMIT: usize = 1 << 20;

pub(super) struct Server {
    child: Child,
    base: String,
    password: String,
}

impl Server {
    /// Starts the server that is in `home` with a realm, and waits until that answers.
    pub(super) fn start(home: &Path, java_home: &Path, realm: &str) -> Result<Server, String> {
        let said = |error: std::io::Error| error.to_string();
        let import = home.join("data/import");
        fs::create_dir_all(&import).map_err(said)?;
        fs::write(import.join("realm.json"), realm).map_err(said)?;
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .and_then(|listener| listener.local_addr())
            .map_err(said)?
            .port();
        let password: String = serve::entropy()
            .map_err(|error| error.to_string())?
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let log_file = home.join("server.log");
        let log = File::create(&log_file).map_err(said)?;
        let mut command = Command::new("sh");
        command.arg(home.join("bin/kc.sh")).args(["start-dev", "--import-realm", "--db=dev-mem"]);
        command.arg("--http-host=127.0.0.1").arg(format!("--http-port={port}"));
        command.env("JAVA_HOME", java_home);
        command.env("KC_BOOTSTRAP_ADMIN_USERNAME", "admin").env("KC_BOOTSTRAP_ADMIN_PASSWORD", &password);
        command.stdin(Stdio::null()).stdout(log.try_clone().map_err(said)?).stderr(log);
        println!("$ kc.sh start-dev on port {port}; it writes to {}", log_file.display());
        let child = command.spawn().map_err(said)?;
        let mut server = Server { child, base: format!("http://127.0.0.1:{port}"), password };
        server.wait(&log_file)?;
        Ok(server)
    }

    /// Its origin.
    pub(super) fn base(&self) -> &str {
        &self.base
    }

    /// The password of its user `admin`.
    pub(super) fn password(&self) -> &str {
        &self.password
    }

    fn wait(&mut self, log_file: &PathBuf) -> Result<(), String> {
        let agent = agent::agent(None, None);
        let url = format!("{}/realms/{}/.well-known/openid-configuration", self.base, super::REALM);
        let started = Instant::now();
        loop {
            let request = Request::get(&url).body(Vec::new()).map_err(|error| error.to_string())?;
            let answer = agent::send(&agent, request, Duration::from_secs(10), LIMIT);
            if answer.is_ok_and(|answer| answer.status() == 200) {
                println!("it answers after {} s", started.elapsed().as_secs());
                return Ok(());
            }
            let ended = self.child.try_wait().map_err(|error| error.to_string())?;
            if ended.is_some() || started.elapsed() > STARTS_WITHIN {
                let log = fs::read_to_string(log_file).unwrap_or_default();
                let lines: Vec<_> = log.lines().rev().take(20).collect();
                lines.iter().rev().for_each(|line| println!("{line}"));
                return Err("Keycloak did not start".into());
            }
            sleep(PAUSE);
        }
    }

    fn signal(&self, program: &str, args: &[&str]) {
        let id = self.child.id().to_string();
        let _ = Command::new(program).args(args).arg(id).stderr(Stdio::null()).status();
    }
}

impl Drop for Server {
    /// The script hands SIGTERM on to the Java that it started. If that does not end, both are killed.
    fn drop(&mut self) {
        self.signal("kill", &["-TERM"]);
        let asked = Instant::now();
        while asked.elapsed() < STOPS_WITHIN {
            if matches!(self.child.try_wait(), Ok(Some(_)) | Err(_)) {
                return;
            }
            sleep(PAUSE);
        }
        self.signal("pkill", &["-KILL", "-P"]);
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
