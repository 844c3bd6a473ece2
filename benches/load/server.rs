//! A server under test: started, watched, stopped.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use nix::{
    sys::signal::{Signal, kill},
    time::{clock_getcpuclockid, clock_gettime},
    unistd::Pid,
};
use tempfile::TempDir;
use tokio::time::sleep;

use crate::http::Client;

/// Limits that a load from one address would meet.
const FLAGS: [&str; 6] = [
    "--room-max",
    "10000",
    "--connections",
    "30000",
    "--limit-exempt",
    "127.0.0.0/8",
];

/// Time for a start, and for a stop.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Which server.
pub enum Subject {
    /// This project's, as just built.
    Ours,
    /// That many of this project's on one MongoDB; none is one on SQLite.
    Fleet(usize),
    /// Another one.
    Other(Other),
}

/// A server with the same interface.
pub struct Other {
    pub label: String,
    /// Starts it in the background and prints its process id.
    pub start: String,
    pub address: SocketAddr,
    pub acks: bool,
    pub collects_garbage: bool,
}

impl Subject {
    pub fn label(&self) -> &str {
        match self {
            Self::Ours => "gifchat",
            Self::Fleet(0) => "SQLite, 1 server",
            Self::Fleet(1) => "MongoDB, 1 server",
            Self::Fleet(2) => "MongoDB, 2 servers",
            Self::Fleet(3) => "MongoDB, 3 servers",
            Self::Fleet(_) => "MongoDB, many servers",
            Self::Other(other) => &other.label,
        }
    }
}

/// A running server. It is killed when it is dropped without [`Server::stop`].
pub struct Server {
    pub address: SocketAddr,
    /// Whether it acknowledges `join`.
    pub acks: bool,
    collects_garbage: bool,
    pid: Pid,
    child: Option<Child>,
    _folder: Option<TempDir>,
}

impl Server {
    /// Starts it with nothing stored, and waits for its first page; how long that took.
    pub async fn start(subject: &Subject, log: &str) -> Result<(Self, Duration)> {
        let begun = Instant::now();
        let server = match subject {
            Subject::Ours => Self::ours(&[], log)?,
            Subject::Fleet(_) => bail!("these are started together"),
            Subject::Other(other) => Self {
                address: other.address,
                acks: other.acks,
                collects_garbage: other.collects_garbage,
                pid: by_command(&other.start)?,
                child: None,
                _folder: None,
            },
        };
        server.first_page().await?;
        Ok((server, begun.elapsed()))
    }

    /// One of several on the same store.
    pub async fn start_on(store: &str) -> Result<Self> {
        let server = Self::ours(&["--store", store], "warn")?;
        server.first_page().await?;
        Ok(server)
    }

    fn ours(args: &[&str], log: &str) -> Result<Self> {
        let (folder, address) = (tempfile::tempdir()?, free_address()?);
        let child = ours(folder.path(), address, log, args)?;
        Ok(Self {
            address,
            acks: true,
            collects_garbage: false,
            pid: Pid::from_raw(i32::try_from(child.id())?),
            child: Some(child),
            _folder: Some(folder),
        })
    }

    async fn first_page(&self) -> Result<()> {
        let begun = Instant::now();
        while begun.elapsed() < TIMEOUT {
            match Client::new(self.address).get("/").await {
                Ok(page) if page.status == 200 => return Ok(()),
                _ => sleep(Duration::from_millis(1)).await,
            }
        }
        bail!("no page came from {} in time", self.address)
    }

    /// CPU time of all its threads, also of those that have ended.
    pub fn cpu(&self) -> Result<Duration> {
        cpu_of(self.pid)
    }

    /// Its memory in KiB, once it is quiet.
    pub async fn settled_memory(&self) -> Result<f64> {
        sleep(Duration::from_secs(1)).await;
        if self.collects_garbage {
            for _ in 0..3 {
                kill(self.pid, Signal::SIGUSR2)?;
                sleep(Duration::from_millis(500)).await;
            }
        }
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let size = line.and_then(|line| line.split_whitespace().next());
        Ok(size.context("no VmRSS")?.parse()?)
    }

    /// Asks it to end, and waits until it has.
    pub async fn stop(mut self) -> Result<()> {
        kill(self.pid, Signal::SIGTERM)?;
        let begun = Instant::now();
        while is_running(self.pid) {
            if begun.elapsed() > TIMEOUT {
                bail!("the server does not end");
            }
            sleep(Duration::from_millis(5)).await;
        }
        if let Some(mut child) = self.child.take() {
            let status = child.wait()?;
            if !status.success() {
                bail!("the server ended with {status}");
            }
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        } else if is_running(self.pid) {
            let _ = kill(self.pid, Signal::SIGKILL);
        }
    }
}

/// CPU time of all threads of a process, also of those that have ended.
pub fn cpu_of(pid: Pid) -> Result<Duration> {
    let clock = clock_getcpuclockid(pid).context("the process is gone")?;
    Ok(clock_gettime(clock)?.into())
}

/// What was ours to wait for and has ended is still listed, as a zombie.
fn is_running(pid: Pid) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat
        .rsplit(')')
        .next()
        .and_then(|rest| rest.trim_start().chars().next());
    state.is_some_and(|state| state != 'Z')
}

fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

fn ours(folder: &Path, address: SocketAddr, log: &str, args: &[&str]) -> Result<Child> {
    let lines = fs::File::create(folder.join("log"))?;
    Command::new(env!("CARGO_BIN_EXE_gifchat"))
        .current_dir(folder)
        .args(["--listen", &address.to_string(), "--log", log])
        .args(FLAGS)
        .args(args)
        .stdout(Stdio::null())
        .stderr(lines)
        .spawn()
        .context("the server can't be started")
}

fn by_command(command: &str) -> Result<Pid> {
    let output = Command::new("sh").args(["-c", command]).output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    let pid = said
        .trim()
        .parse()
        .with_context(|| format!("{command:?} printed {said:?} and no process id"))?;
    Ok(Pid::from_raw(pid))
}
