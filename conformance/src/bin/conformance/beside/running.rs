//! An application that serves, and the Redis beside it.

use std::fs::{self, File};
use std::io;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::balance;
use super::installed::Installed;
use super::op::Op;

const START: Duration = Duration::from_secs(60);
/// What the applications seal and sign their cookies with.
const SECRET: &str = "6f1ca3c0d5b8e94271f0a8d3c2b5e6974f8a1d0c3b2e5f6978a1b0c3d2e5f419";

/// The processes of one application; they end with this value.
pub(super) struct Running {
    pub(super) base_url: String,
    log: PathBuf,
    processes: Vec<Process>,
}

/// A Redis of our own.
pub(super) struct Redis {
    url: String,
    _process: Process,
}

/// A child that is asked to end with this value.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        if matches!(self.0.try_wait(), Ok(None)) {
            let _ = Command::new("kill").arg(self.0.id().to_string()).status();
        }
        let until = Instant::now() + Duration::from_secs(5);
        while Instant::now() < until {
            if !matches!(self.0.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(Duration::from_millis(20));
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Redis {
    pub(super) fn start() -> Result<Redis, String> {
        let port = free_port()?;
        let mut command = Command::new("redis-server");
        command.args(["--bind", "127.0.0.1", "--save", "", "--port", &port.to_string()]);
        let child =
            command.stdout(Stdio::null()).spawn().map_err(|error| format!("redis-server: {error}"))?;
        let mut process = Process(child);
        answers(port, &mut process)?;
        Ok(Redis { url: format!("redis://127.0.0.1:{port}/0"), _process: process })
    }
}

impl Running {
    /// Starts `count` processes, with a store if there is one to share, and waits until they answer.
    pub(super) fn start(
        installed: &Installed,
        op: &Op,
        redis: Option<&Redis>,
        count: usize,
    ) -> Result<Running, String> {
        let ports = (0..count).map(|_| free_port()).collect::<Result<Vec<u16>, String>>()?;
        let port = match ports.as_slice() {
            [port] => *port,
            _ => balance::listen(ports.clone()).map_err(|error| error.to_string())?,
        };
        let base_url = format!("http://127.0.0.1:{port}");
        let client = op.register(installed.application, &base_url)?;
        let log = installed.folder.join("log");
        let (issuer, secret) = (op.issuer.as_str(), client.secret.as_str());
        let told = [
            ("ISSUER", issuer),
            ("CLIENT_ID", &client.id),
            ("CLIENT_SECRET", secret),
            ("BASE_URL", &base_url),
            ("SECRET", SECRET),
        ];
        let start = |mut command: Command| -> io::Result<Process> {
            let output = File::options().create(true).append(true).open(&log)?;
            command.envs(told).env_remove("REDIS_URL");
            command.envs(redis.map(|redis| ("REDIS_URL", &redis.url)));
            command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
            Ok(Process(command.spawn()?))
        };
        if let Some(preparation) = installed.preparation() {
            let mut process = start(preparation).map_err(|error| error.to_string())?;
            let status = process.0.wait().map_err(|error| error.to_string())?;
            if !status.success() {
                return Err(fs::read_to_string(&log).unwrap_or_default());
            }
        }
        let mut running = Running { base_url: base_url.clone(), log: log.clone(), processes: Vec::new() };
        for port in ports {
            running.processes.push(start(installed.command(port)).map_err(|error| error.to_string())?);
            let process = running.processes.last_mut().ok_or("no process")?;
            answers(port, process)
                .map_err(|reason| format!("{reason}\n{}", fs::read_to_string(&log).unwrap_or_default()))?;
        }
        Ok(running)
    }

    /// What the processes printed.
    pub(super) fn said(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }
}

fn free_port() -> Result<u16, String> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(|error| error.to_string())?;
    listener.local_addr().map(|address| address.port()).map_err(|error| error.to_string())
}

fn answers(port: u16, process: &mut Process) -> Result<(), String> {
    let until = Instant::now() + START;
    while Instant::now() < until {
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return Ok(());
        }
        if let Ok(Some(status)) = process.0.try_wait() {
            return Err(format!("it ended: {status}"));
        }
        thread::sleep(Duration::from_millis(20));
    }
    Err("it did not answer in time".into())
}
