//! The real binary, killed and stopped: what was acknowledged is there, once.

use std::{
    collections::{HashMap, HashSet},
    fs::File,
    net::SocketAddr,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{net::TcpListener, task::JoinHandle, time::Instant};

use crate::{
    fixtures::animated,
    support::{Answer, Visitor, eventually, exemption, form_of, in_time},
};

/// A server in a process of its own, over files that outlive it.
struct Server {
    folder: TempDir,
    address: Arc<Mutex<SocketAddr>>,
    child: Child,
}

impl Server {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (child, address) = run(folder.path()).await;
        Self {
            folder,
            address: Arc::new(Mutex::new(address)),
            child,
        }
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    async fn restart(&mut self) {
        let (child, address) = run(self.folder.path()).await;
        self.child = child;
        *self.address.lock().unwrap() = address;
    }

    /// Sends SIGTERM and waits for the end; how it ended and how long that took.
    async fn terminate(&mut self) -> (ExitStatus, Duration) {
        let begun = Instant::now();
        let sent = Command::new("kill")
            .args(["-TERM", &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success());
        let status = eventually("the process ends", async || self.child.try_wait().unwrap()).await;
        (status, begun.elapsed())
    }

    async fn visitor(&self) -> Visitor {
        Visitor::arrive(Arc::clone(&self.address)).await
    }

    fn files(&self) -> HashSet<String> {
        let entries = std::fs::read_dir(self.folder.path().join("uploads")).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts the binary on a free port and waits until it serves.
async fn run(folder: &Path) -> (Child, SocketAddr) {
    eventually("the binary serves", async || {
        // Between this and the start somebody else may take the port; then another is tried.
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_gifchat"))
            .current_dir(folder)
            .args([
                "--listen",
                &free.to_string(),
                "--log",
                "debug",
                "--restart-within",
                "1s",
            ])
            .args(exemption(&[]))
            .stdout(Stdio::null())
            .stderr(
                File::options()
                    .create(true)
                    .append(true)
                    .open(folder.join("log"))
                    .unwrap(),
            )
            .spawn()
            .unwrap();
        let url = format!("http://{free}/readyz");
        let deadline = Instant::now() + Duration::from_secs(20);
        while child.try_wait().unwrap().is_none() && Instant::now() < deadline {
            if reqwest::get(&url).await.is_ok_and(|answer| answer.status() == 200) {
                return Some((child, free));
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let _ = child.kill();
        let _ = child.wait();
        None
    })
    .await
}

/// The message of a request that was answered as stored; none when the server died before.
async fn acked(request: RequestBuilder) -> Option<Value> {
    let response = tokio::time::timeout(Duration::from_secs(10), request.send())
        .await
        .ok()?
        .ok()?;
    let status = response.status().as_u16();
    let body = response.bytes().await.ok()?;
    assert_eq!(status, 201, "{}", String::from_utf8_lossy(&body));
    serde_json::from_slice(&body).ok()
}

/// Posts until the server dies; what it acknowledged.
async fn post_until_killed(visitor: Arc<Visitor>, room: String, poster: usize, round: usize) -> Vec<Value> {
    let mut stored = Vec::new();
    for n in 0.. {
        // Every poster sends a GIF now and then.
        let request = if n % 10 == poster {
            let form = form_of(animated(16, 16, 2)).text("nonce", format!("{round}-{poster}-{n}"));
            visitor
                .request(Method::POST, &format!("/room/{room}/gif"))
                .multipart(form)
        } else {
            let text = json!({ "chat": format!("{round}-{poster}-{n}"), "nonce": format!("{round}-{poster}-{n}") });
            visitor.request(Method::POST, &format!("/room/{room}/chat")).json(&text)
        };
        match acked(request).await {
            Some(message) => stored.push(message),
            None => break,
        }
    }
    stored
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_twenty_kills_in_a_thousand_sends_every_acknowledged_message_is_there_once() {
    const ROUNDS: usize = 20;
    const POSTERS: usize = 4;
    const ACKED_A_ROUND: usize = 50;
    let mut server = Server::start().await;
    let mut posters = Vec::new();
    for _ in 0..POSTERS {
        posters.push(Arc::new(server.visitor().await));
    }
    let room = posters[0].create_room("끈질김").await;
    let mut acked: Vec<Value> = Vec::new();
    for round in 0..ROUNDS {
        let mut sockets = Vec::new();
        for poster in &posters {
            sockets.push(poster.join(&room).await);
        }
        let mut listening = sockets.pop().unwrap();
        let posting: Vec<JoinHandle<Vec<Value>>> = (0..POSTERS)
            .map(|n| tokio::spawn(post_until_killed(Arc::clone(&posters[n]), room.clone(), n, round)))
            .collect();
        // In the midst of it, a different number of messages and of microseconds after a commit in each round.
        let begin = acked
            .iter()
            .map(|message| message["seq"].as_u64().unwrap())
            .max()
            .unwrap_or(0);
        let mut last = 0;
        while last < begin + (ACKED_A_ROUND + round) as u64 {
            last = listening.wait("chat").await["seq"].as_u64().unwrap();
        }
        tokio::time::sleep(Duration::from_micros(700 * round as u64)).await;
        server.kill();
        let before = acked.len();
        for poster in posting {
            acked.extend(in_time("a poster", poster).await.unwrap());
        }
        assert!(acked.len() > before);
        server.restart().await;
        everything_is_there_once(&server, &posters[round % POSTERS], &room, &acked).await;
    }
    assert!(acked.len() >= 900, "{} acknowledged", acked.len());
    let gifs = acked.iter().filter(|message| message.get("gif").is_some()).count();
    assert!(gifs >= 50, "{gifs} GIFs");
    let total = posters[0].written(&room).await.len();
    assert!(
        total >= acked.len() && total - acked.len() <= ROUNDS * POSTERS,
        "{total} for {}",
        acked.len()
    );
}

async fn everything_is_there_once(server: &Server, visitor: &Visitor, room: &str, acked: &[Value]) {
    let history = visitor.history(room).await;
    let seqs: Vec<_> = history.iter().map(|message| message["seq"].as_u64().unwrap()).collect();
    assert!(seqs == (1..=seqs.len() as u64).collect::<Vec<_>>(), "a gap in {seqs:?}");
    let mut by_nonce = HashMap::new();
    for message in history.iter().filter(|message| message.get("line").is_none()) {
        let twice = by_nonce.insert((message["visitor"].clone(), message["nonce"].clone()), message);
        assert!(twice.is_none(), "twice: {message}");
    }
    for message in acked {
        let key = (message["visitor"].clone(), message["nonce"].clone());
        assert_eq!(by_nonce.get(&key), Some(&message), "acknowledged and not there");
    }
    let named: HashSet<_> = history.iter().filter_map(|message| message["gif"].as_str()).collect();
    let wanted: HashSet<_> = named
        .iter()
        .flat_map(|gif| [(*gif).to_owned(), format!("still-{gif}")])
        .collect();
    assert_eq!(server.files(), wanted, "files and messages belong together");
    if let Some(gif) = named.iter().next() {
        assert_eq!(visitor.get(&format!("/gif/{gif}")).await.ok().body, animated(16, 16, 2));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_ends_in_time_with_success_and_clients_are_told() {
    let mut server = Server::start().await;
    let visitor = Arc::new(server.visitor().await);
    let room = visitor.create_room("방").await;
    let mut socket = visitor.join(&room).await;
    let mut lobby = visitor.connect("/room").await;
    let posting: Vec<_> = (0..4)
        .map(|n| tokio::spawn(post_until_stopped(Arc::clone(&visitor), room.clone(), n)))
        .collect();
    socket.messages_to(41).await;
    // One who has opened a connection and says nothing, and one whose socket does not read.
    let idle = tokio::net::TcpStream::connect(visitor.address()).await.unwrap();
    let sleeping = visitor.join(&room).await;
    let (status, took) = server.terminate().await;
    assert_eq!(status.code(), Some(0));
    assert!(took < Duration::from_secs(10), "{took:?}");
    for told in [&mut socket, &mut lobby] {
        assert_eq!(told.wait("restart").await, json!({ "within": 1_000 }));
    }
    drop((idle, sleeping));
    let mut acked = Vec::new();
    for poster in posting {
        acked.extend(poster.await.unwrap());
    }
    server.restart().await;
    let history = visitor.history(&room).await;
    assert!(acked.len() >= 36 && acked.iter().all(|message| history.contains(message)));
    let seqs: Vec<_> = history.iter().map(|message| message["seq"].as_u64().unwrap()).collect();
    assert!(seqs == (1..=seqs.len() as u64).collect::<Vec<_>>());
    assert!(visitor.join(&room).await.post("weiter").await["seq"].as_u64().unwrap() > seqs.len() as u64);
}

/// Posts until the server says that it stops or does not answer; what it acknowledged.
async fn post_until_stopped(visitor: Arc<Visitor>, room: String, poster: usize) -> Vec<Value> {
    let mut stored = Vec::new();
    for n in 0.. {
        let text = json!({ "chat": format!("{poster}-{n}") });
        let request = visitor.request(Method::POST, &format!("/room/{room}/chat")).json(&text);
        let Ok(response) = request.send().await else { break };
        let answer = Answer::of(response).await;
        if answer.status != 201 {
            // Its socket is gone, or the store is closed: refused, and so not stored.
            assert!(matches!(answer.status, 403 | 503), "{}", answer.text());
            break;
        }
        stored.push(answer.json());
    }
    stored
}

#[tokio::test]
async fn the_log_has_a_line_for_each_request_and_names_no_password_session_invite_room_or_text() {
    let mut server = Server::start().await;
    let (owner, guest) = (server.visitor().await, server.visitor().await);
    let room = owner
        .create_room_of(json!({ "title": "secret-title", "max": 5, "password": "secret-right" }))
        .await;
    guest.unlock(&room, "secret-wrong").await.refused(403, "wrong_password");
    let before = guest.cookie().unwrap();
    guest.unlock(&room, "secret-right").await.ok();
    let mut socket = guest.join(&room).await;
    assert_eq!(socket.ask("chat", json!({ "chat": "secret-text" })).await["ok"], true);
    assert_eq!(guest.post_chat(&room, "secret-post").await.status, 201);
    let _owners = owner.join(&room).await;
    let whisper = json!({ "to": owner.id, "chat": "secret-whisper" });
    assert_eq!(socket.ask("whisper", whisper).await["ok"], true);
    let invite = owner.post_json(&format!("/room/{room}/invite"), json!({})).await.json();
    let token = invite["url"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    assert_eq!(
        server.visitor().await.get(&format!("/invite/{token}")).await.status,
        303
    );
    let cookies = [owner.cookie().unwrap(), before, guest.cookie().unwrap()];
    server.terminate().await;

    let log = std::fs::read_to_string(server.folder.path().join("log")).unwrap();
    let line = log.lines().find(|line| line.contains("/room/{id}/chat")).unwrap();
    for part in ["method=POST", "status=201", "ms="] {
        assert!(line.contains(part), "{line}");
    }
    let sessions = cookies.iter().map(|cookie| cookie.split('=').next_back().unwrap());
    for secret in sessions.chain(["secret-", "argon2id", room.as_str(), token.as_str()]) {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
}

#[tokio::test]
async fn a_wrong_setting_ends_the_start_with_a_sentence_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr();
    let holder = TcpListener::bind(taken.unwrap()).await.unwrap();
    let address = holder.local_addr().unwrap().to_string();
    std::fs::write(folder.path().join("file"), "x").unwrap();
    for (flag, value) in [
        ("--listen", address.as_str()),
        ("--listen", "nowhere"),
        ("--store", "mysql:x"),
        ("--store", "sqlite:file/x.db"),
        ("--uploads", "file/x"),
        ("--seat-grace", "soon"),
        ("--log", "=,="),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gifchat"));
        command.current_dir(folder.path()).args([flag, value]);
        if flag != "--listen" {
            command.args(["--listen", "127.0.0.1:0"]);
        }
        let ended = tokio::task::spawn_blocking(move || command.output().unwrap());
        let ended = in_time("the end of the start", ended).await.unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(!ended.status.success() && said.contains(flag), "{flag} {value}: {said}");
        assert!(!said.contains("panicked"), "{said}");
    }
}

#[tokio::test]
async fn two_servers_do_not_share_one_store() {
    let server = Server::start().await;
    let store = format!("sqlite:{}", server.folder.path().join("data/gifchat.db").display());
    let mut second = Command::new(env!("CARGO_BIN_EXE_gifchat"));
    second
        .current_dir(server.folder.path())
        .args(["--store", &store, "--listen", "127.0.0.1:0"]);
    let ended = tokio::task::spawn_blocking(move || second.output().unwrap());
    let ended = in_time("the end of the second", ended).await.unwrap();
    assert!(!ended.status.success() && String::from_utf8_lossy(&ended.stderr).contains("another server"));
    server.visitor().await.create_room("방").await;
}
