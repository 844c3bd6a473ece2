//! The real binary in a process of its own: what it logs, stores and uses can be measured from outside.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use nix::sys::signal::Signal;
use serde_json::Value;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, UnixStream},
};

use super::{Visitor, app::exemption, eventually, process::Process, stores::TestStore};

/// A server in a process of its own.
pub struct Server {
    process: Process,
    address: Arc<Mutex<SocketAddr>>,
}

impl Server {
    /// Starts the binary on a free port and waits until it serves.
    pub async fn start(store: &str, flags: &[&str]) -> Self {
        Self::serve(&[env!("CARGO_BIN_EXE_gifchat")], store, flags).await
    }

    /// Starts the binary over a store of its own on a socket file, with a proxy before it that visitors come to.
    pub async fn at_socket_file(flags: &[&str]) -> Self {
        let (command, store) = ([env!("CARGO_BIN_EXE_gifchat")], TestStore::of_a_process().url());
        let process = Self::process(&command, "unix:gifchat.sock", &store, flags);
        let _ = said_address(&process).await.unwrap_or_else(|log| panic!("{log}"));
        let address = forward_to(process.folder().join("gifchat.sock")).await;
        Self {
            process,
            address: Arc::new(Mutex::new(address)),
        }
    }

    /// Starts the binary over a store of its own in a process that may open that many files.
    pub async fn with_open_files(limit: u32, flags: &[&str]) -> Self {
        let limited = format!("ulimit -n {limit}; exec \"$@\"");
        let command = ["sh", "-c", &limited, "sh", env!("CARGO_BIN_EXE_gifchat")];
        Self::serve(&command, &TestStore::of_a_process().url(), flags).await
    }

    async fn serve(command: &[&str], store: &str, flags: &[&str]) -> Self {
        let served = Self::try_serve(command, store, flags).await;
        served.unwrap_or_else(|log| panic!("{log}"))
    }

    /// Starts the binary as [`Self::start`] does; its log if it ends before it serves.
    pub async fn try_start(store: &str, flags: &[&str]) -> Result<Self, String> {
        Self::try_serve(&[env!("CARGO_BIN_EXE_gifchat")], store, flags).await
    }

    async fn try_serve(command: &[&str], store: &str, flags: &[&str]) -> Result<Self, String> {
        let process = Self::process(command, "127.0.0.1:0", store, flags);
        let address = said_address(&process).await?.parse().unwrap();
        Ok(Self {
            process,
            address: Arc::new(Mutex::new(address)),
        })
    }

    fn process(command: &[&str], listen: &str, store: &str, flags: &[&str]) -> Process {
        let fixed = ["--listen", listen, "--store", store, "--log-format", "json"];
        // Sockets of a test read only when it waits for something; no heartbeat ends them meanwhile.
        let patient = ["--ping-interval", "10m"];
        let exempt = exemption(flags);
        Process::start(command[0], &[&command[1..], &fixed, &patient, &exempt, flags].concat())
    }

    /// Starts the binary over a store of its own, the one that the run of the tests is for.
    pub async fn alone(flags: &[&str]) -> Self {
        let store = TestStore::of_a_process();
        Self::start(&store.url(), flags).await
    }

    pub fn address(&self) -> SocketAddr {
        *self.address.lock().unwrap()
    }

    /// Bytes of memory that the process holds now (`VmRSS`).
    pub fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        let kib: u64 = line.trim().trim_end_matches(" kB").parse().unwrap();
        kib * 1_024
    }

    /// The folder that the process runs in, with its log and its uploads.
    pub fn folder(&self) -> &Path {
        self.process.folder()
    }

    /// All that it has logged.
    pub fn log(&self) -> String {
        self.process.log()
    }

    /// Somebody without a cookie.
    pub fn stranger(&self) -> Visitor {
        Visitor::stranger(Arc::clone(&self.address))
    }

    /// Somebody who comes to this server.
    pub async fn visitor(&self) -> Visitor {
        Visitor::arrive(Arc::clone(&self.address)).await
    }

    /// A visitor of another server, here.
    pub fn meets(&self, visitor: &Visitor) -> Visitor {
        visitor.at(&self.address)
    }

    /// Ends it at once, as a power cut does.
    pub fn kill(&self) {
        self.process.signal(Signal::SIGKILL);
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        self.process.signal(signal);
    }

    /// Whether it has not ended yet.
    pub fn lives(&self) -> bool {
        self.process.lives()
    }

    /// Lets it sleep.
    pub fn pause(&self) {
        self.process.stop();
    }

    /// Wakes it.
    pub fn resume(&self) {
        self.process.signal(Signal::SIGCONT);
    }

    /// Whether it says that it can work.
    pub async fn readiness(&self) -> u16 {
        let url = format!("http://{}/readyz", self.address.lock().unwrap());
        reqwest::get(url).await.unwrap().status().as_u16()
    }

    /// Names of the GIFs in its folder.
    pub fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.process.folder().join("uploads/cache")).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.collect()
    }

    /// Bytes of the GIFs in its folder.
    pub fn bytes_of_files(&self) -> u64 {
        let folder = self.process.folder().join("uploads/cache");
        let size = |name: String| std::fs::metadata(folder.join(name)).map_or(0, |file| file.len());
        self.files().into_iter().map(size).sum()
    }

    /// How many lines of its log have all these words.
    pub fn logged(&self, words: &[&str]) -> usize {
        let log = self.process.log();
        let has_all = |line: &&str| words.iter().all(|word| line.contains(word));
        log.lines().filter(has_all).count()
    }
}

/// Where the binary says that it serves; its log if it ends before.
async fn said_address(process: &Process) -> Result<String, String> {
    eventually("the binary serves", async || {
        let lives = process.lives();
        let log = process.log();
        let mut lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let address = lines.find_map(|line| Some(line["address"].as_str()?.to_owned()));
        address.map(Ok).or_else(|| (!lives).then_some(Err(log)))
    })
    .await
}

/// A proxy on a free port that sends what it gets to a socket file, and back.
async fn forward_to(path: PathBuf) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let path = path.clone();
            tokio::spawn(async move {
                let mut server = UnixStream::connect(path).await?;
                copy_bidirectional(&mut client, &mut server).await
            });
        }
    });
    address
}
