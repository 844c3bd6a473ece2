//! A server of its own for each test.

use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, Mutex},
};

use clap::Parser;
use gifchat::{Config, app};
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

use super::{Visitor, eventually, in_time, stores::TestStore};

/// A small buffer, and a server that waits for a reader however busy the machine is: a ping that finds the buffer full
/// ends the socket. Texts may be long, so that a few of them fill the kernel's buffers of a connection.
pub const WITH_SLOW_READERS: &[&str] = &[
    "--socket-buffer",
    "16",
    "--chat-limit",
    "20000",
    "--tcp-timeout",
    "120s",
    // It bounds answers and not sockets.
    "--answer-timeout",
    "100ms",
    "--ping-interval",
    "10m",
];

/// Exempts everybody from limits by address and visitor.
const EVERYBODY: [&str; 2] = ["--limit-exempt", "0.0.0.0/0,::/0"];

/// Exempts nobody from them who is in a test.
pub const COUNTED: [&str; 2] = ["--limit-exempt", "192.0.2.254"];

/// What a server is started with so that a test of something else may do as much as it likes.
pub fn exemption(flags: &[&str]) -> Vec<&'static str> {
    if flags.contains(&EVERYBODY[0]) {
        Vec::new()
    } else {
        EVERYBODY.to_vec()
    }
}

/// The whole server in this process, on a free port, over a folder that goes away with it.
pub struct TestApp {
    address: Arc<Mutex<SocketAddr>>,
    store: TestStore,
    folder: TempDir,
    flags: Vec<String>,
    running: Option<Running>,
}

struct Running {
    stop: oneshot::Sender<()>,
    server: JoinHandle<Result<(), app::AppError>>,
}

impl TestApp {
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// Starts with flags such as `--seat-grace 300ms`, each word by itself.
    pub async fn with(flags: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut app = Self {
            address: Arc::new(Mutex::new(([127, 0, 0, 1], 0).into())),
            flags: flags.iter().map(ToString::to_string).collect(),
            store: TestStore::in_folder(folder.path()),
            folder,
            running: None,
        };
        app.run().await;
        app
    }

    fn config(&self) -> Config {
        let store = self.store.url();
        let uploads = self.folder.path().join("uploads").display().to_string();
        let fixed = ["gifchat", "--store", &store, "--uploads", &uploads].map(String::from);
        let flags: Vec<_> = self.flags.iter().map(String::as_str).collect();
        let exempt = exemption(&flags).into_iter().map(String::from);
        Config::parse_from(fixed.into_iter().chain(exempt).chain(self.flags.iter().cloned()))
    }

    async fn run(&mut self) {
        let (running, address) = eventually("the server starts", async || {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let (stop, stopped) = oneshot::channel();
            let mut server = tokio::spawn(app::run(listener, self.config(), async {
                let _ = stopped.await;
            }));
            // The server before this one may still be letting go of the store.
            tokio::select! {
                _ = &mut server => None,
                () = answers(address) => Some((Running { stop, server }, address)),
            }
        })
        .await;
        self.running = Some(running);
        *self.address.lock().unwrap() = address;
    }

    /// Stops as on SIGTERM, and waits until it has.
    pub async fn stop(&mut self) {
        let Running { stop, server } = self.running.take().unwrap();
        let _ = stop.send(());
        in_time("the server stops", server).await.unwrap().unwrap();
    }

    /// Stops and starts again over the same files; visitors find it by themselves.
    pub async fn restart(&mut self) {
        self.stop().await;
        self.run().await;
    }

    /// Starts again after [`Self::stop`].
    pub async fn resume(&mut self) {
        self.run().await;
    }

    pub fn address(&self) -> SocketAddr {
        *self.address.lock().unwrap()
    }

    /// Somebody who has opened the list of rooms.
    pub async fn visitor(&self) -> Visitor {
        Visitor::arrive(Arc::clone(&self.address)).await
    }

    /// Somebody without a cookie.
    pub fn stranger(&self) -> Visitor {
        Visitor::stranger(Arc::clone(&self.address))
    }

    /// The folder of the GIFs.
    pub fn uploads(&self) -> PathBuf {
        self.store.gifs_in(self.folder.path().join("uploads"))
    }

    /// Names of the files in the folder of the GIFs.
    pub fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.uploads()).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// Fails unless all GIFs go, from the folder and from the store.
    pub async fn no_files_left(&self) {
        eventually("no file is left", async || {
            (self.files().is_empty() && self.store.gifs().await == 0).then_some(())
        })
        .await;
    }

    /// The SQLite file, open beside the server; nothing on MongoDB.
    pub fn sqlite(&self) -> Option<rusqlite::Connection> {
        self.store.sqlite()
    }

    /// How many rows a table or documents a collection of the store has.
    pub async fn rows(&self, table: &str) -> u64 {
        self.store.rows(table).await
    }

    /// Puts whispers into a room that has none, behind the server's back.
    pub async fn fill_with_whispers(&self, room: &str, authors: &[(String, usize)], to: (&str, &str), at: i64) {
        self.store.fill_with_whispers(room, authors, to, at).await;
    }

    /// Everything that the store keeps, as it keeps it.
    pub async fn bytes_stored(&self) -> Vec<u8> {
        self.store.bytes().await
    }

    /// Fails unless a new visitor gets a page: whatever went before did no harm.
    pub async fn still_answers(&self) {
        let page = in_time("a page", self.stranger().get("/")).await;
        assert_eq!(page.status, 200);
    }
}

/// Waits until somebody listens there.
async fn answers(address: SocketAddr) {
    let url = format!("http://{address}/healthz");
    eventually("the server answers", async || {
        reqwest::get(&url).await.ok().filter(|got| got.status() == 200)
    })
    .await;
}
