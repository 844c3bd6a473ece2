//! The server under a service manager such as systemd, which holds its socket and hears how it is.

use std::{
    io,
    net::SocketAddr,
    os::fd::OwnedFd,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use nix::sys::signal::Signal;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpStream, UnixDatagram},
    task::JoinSet,
    time::timeout,
};

use crate::support::{TestStore, Visitor, eventually, in_time, process::Process};

/// What systemd is to a service: it holds the socket over all restarts, and hears what the service says.
struct Manager {
    folder: TempDir,
    socket: OwnedFd,
    notify: UnixDatagram,
    store: TestStore,
}

impl Manager {
    fn holding(socket: impl Into<OwnedFd>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self {
            notify: UnixDatagram::bind(folder.path().join("notify")).unwrap(),
            store: TestStore::in_folder(folder.path()),
            socket: socket.into(),
            folder,
        }
    }

    /// Starts the binary as systemd does, and waits until it says that it is ready.
    async fn start(&self, flags: &[&str]) -> Process {
        let path = |name: &str| self.folder.path().join(name).display().to_string();
        let notify = format!("NOTIFY_SOCKET={}", path("notify"));
        let (store, uploads) = (self.store.url(), path("uploads"));
        let handing_over = "export LISTEN_PID=$$ LISTEN_FDS=1 WATCHDOG_PID=$$; exec \"$@\"";
        let command = ["-c", handing_over, "sh", "env", &notify, "WATCHDOG_USEC=2000000"];
        let settings = [env!("CARGO_BIN_EXE_gifchat"), "--store", &store, "--uploads", &uploads];
        // Whoever believed this would be refused.
        let elsewhere = ["--listen", "unix:/nowhere/gifchat.sock", "--limit-exempt", "127.0.0.1"];
        let socket = self.socket.try_clone().unwrap().into();
        let process = Process::inheriting(socket, "sh", &[&command[..], &settings, &elsewhere, flags].concat());
        self.hear("READY=1", &process).await;
        process
    }

    /// Waits until the service says that.
    async fn hear(&self, what: &str, process: &Process) {
        let heard = timeout(crate::support::TIMEOUT, async { while self.next().await != what {} }).await;
        assert!(heard.is_ok(), "not heard in time: {what}\n{}", process.log());
    }

    async fn next(&self) -> String {
        let mut text = [0; 256];
        let length = self.notify.recv(&mut text).await.unwrap();
        String::from_utf8_lossy(&text[..length]).trim().to_owned()
    }

    async fn stop(&self, process: &Process) {
        process.signal(Signal::SIGTERM);
        self.hear("STOPPING=1", process).await;
        eventually("the process ends", async || (!process.lives()).then_some(())).await;
    }
}

/// Clients that connect all the time, and what becomes of that.
#[derive(Default)]
struct Load {
    ended: AtomicBool,
    answered: AtomicU64,
}

impl Load {
    /// Connects, asks once and reads the whole answer, again and again; what went wrong.
    async fn run(&self, address: SocketAddr) -> Vec<String> {
        let mut wrong = Vec::new();
        while !self.ended.load(Ordering::SeqCst) {
            let answer = async { answer(ask(address).await?).await };
            match in_time("an answer", answer).await {
                Ok(answer) if is_whole(&answer) => {
                    self.answered.fetch_add(1, Ordering::SeqCst);
                }
                Ok(answer) => wrong.push(format!("{answer:?}")),
                Err(error) => wrong.push(error.to_string()),
            }
        }
        wrong
    }

    /// Waits until there are some more answers.
    async fn goes_on(&self) {
        let before = self.answered.load(Ordering::SeqCst);
        eventually("answers of this server", async || {
            (self.answered.load(Ordering::SeqCst) > before + 50).then_some(())
        })
        .await;
    }
}

async fn ask(address: SocketAddr) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(address).await?;
    let request = b"GET /rooms HTTP/1.1\r\nHost: gifchat\r\nAccept: application/json\r\nConnection: close\r\n\r\n";
    stream.write_all(request).await?;
    Ok(stream)
}

async fn answer(mut stream: TcpStream) -> io::Result<String> {
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

fn is_whole(answer: &str) -> bool {
    answer.starts_with("HTTP/1.1 200 ") && answer.ends_with('}')
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_refused_while_the_server_starts_again_twenty_times_under_load() {
    const RESTARTS: u32 = 20;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let manager = Manager::holding(listener);
    let load = Arc::new(Load::default());
    let mut clients = JoinSet::new();
    let mut server = manager.start(&[]).await;
    for _ in 0..16 {
        let load = Arc::clone(&load);
        clients.spawn(async move { load.run(address).await });
    }
    for _ in 0..RESTARTS {
        load.goes_on().await;
        manager.stop(&server).await;
        // Who comes while no server is there waits in the socket that the manager holds, and the next server answers.
        let waiting = ask(address).await.unwrap();
        server = manager.start(&[]).await;
        let answer = in_time("an answer", answer(waiting)).await.unwrap();
        assert!(is_whole(&answer), "{answer}");
    }
    load.ended.store(true, Ordering::SeqCst);
    let wrong: Vec<_> = clients.join_all().await.concat();
    let answered = load.answered.load(Ordering::SeqCst);
    assert!(wrong.is_empty(), "{answered} answered, {} not: {wrong:?}", wrong.len());
    println!("{RESTARTS} restarts: {answered} requests, all answered");
    manager.stop(&server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_file_of_the_manager_is_served_and_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gifchat.sock");
    let manager = Manager::holding(std::os::unix::net::UnixListener::bind(&path).unwrap());
    for _ in 0..2 {
        let server = manager.start(&[]).await;
        let mut stream = tokio::net::UnixStream::connect(&path).await.unwrap();
        let request = b"GET /healthz HTTP/1.1\r\nHost: gifchat\r\nConnection: close\r\n\r\n";
        stream.write_all(request).await.unwrap();
        let mut answer = String::new();
        in_time("an answer", stream.read_to_string(&mut answer)).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        manager.stop(&server).await;
        assert!(path.exists(), "it is the manager's");
    }
}

#[tokio::test]
async fn what_is_no_single_socket_to_listen_on_is_refused_by_a_sentence() {
    let start = async |command: &[&str]| {
        let process = Process::start(command[0], &command[1..]);
        eventually("the process ends", async || (!process.lives()).then_some(())).await;
        process.log()
    };
    let said = start(&["env", "LISTEN_FDS=2", env!("CARGO_BIN_EXE_gifchat")]).await;
    assert!(said.contains("there are 2, and gifchat serves one"), "{said}");
    // File 3 of a process of the tests is none that listens.
    let said = start(&["env", "LISTEN_FDS=1", env!("CARGO_BIN_EXE_gifchat")]).await;
    assert!(said.contains("does not listen for streams"), "{said}");
}

#[test]
fn the_unit_gives_the_server_few_rights() {
    let unit = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/gifchat.service");
    // The threshold is ten times the figure that it prints.
    let args = ["security", "--offline=true", "--no-pager", "--threshold=15", unit];
    match Command::new("systemd-analyze").args(args).output() {
        Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout)),
        Err(_) => eprintln!("left out: there is no systemd-analyze here"),
    }
}

/// On SQLite whatever the run is for: its one writer can be held up from here.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_watchdog_hears_of_the_server_only_while_the_store_answers() {
    // As long as the watchdog would wait.
    const PERIOD: Duration = Duration::from_secs(2);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = Arc::new(std::sync::Mutex::new(listener.local_addr().unwrap()));
    let mut manager = Manager::holding(listener);
    let file = manager.folder.path().join("gifchat.db");
    manager.store = TestStore::Sqlite(file.clone());
    let server = manager.start(&[]).await;
    manager.hear("WATCHDOG=1", &server).await;
    manager.hear("WATCHDOG=1", &server).await;

    let visitor = Visitor::arrive(address).await;
    let other = rusqlite::Connection::open(file).unwrap();
    other.busy_timeout(crate::support::TIMEOUT).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let waiting = tokio::spawn(async move {
        visitor
            .post_json("/room", serde_json::json!({ "title": "방", "max": 5 }))
            .await
    });
    // A word that was on its way already comes still.
    let silence = async { while timeout(PERIOD, manager.next()).await.is_ok() {} };
    in_time("the watchdog hears nothing for as long as it would wait", silence).await;
    other.execute_batch("ROLLBACK").unwrap();
    manager.hear("WATCHDOG=1", &server).await;
    waiting.await.unwrap();
    manager.stop(&server).await;
}
