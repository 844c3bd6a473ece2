//! A TCP proxy before the mongod that can cut and hold back.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
};

/// What the proxy does with bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Passes them on.
    Open,
    /// Passes them on later.
    Slow(Duration),
    /// Keeps them.
    Stalled,
    /// Passes everything on but the answers to inserts into the log: they are done, and nobody hears of it.
    PostsUnanswered,
    /// Ends every connection.
    Cut,
}

/// How the driver's command to insert into the log begins, as BSON.
const POST: &[u8] = b"\x02insert\0\x04\0\0\0log\0";

/// Where an answer to `hello` says what time it is, as BSON.
const TIME: &[u8] = b"\x09localTime\0";

/// A proxy.
pub struct Proxy {
    pub port: u16,
    way: Arc<watch::Sender<Way>>,
    /// What is added to the time that the database tells, in milliseconds.
    ahead: Arc<AtomicI64>,
}

impl Proxy {
    /// A proxy before a local port.
    pub async fn before(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Self {
            port: listener.local_addr().unwrap().port(),
            way: Arc::new(watch::Sender::new(Way::Open)),
            ahead: Arc::default(),
        };
        let (way, ahead) = (Arc::clone(&proxy.way), Arc::clone(&proxy.ahead));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = TcpStream::connect(("127.0.0.1", port)).await else {
                    continue;
                };
                let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
                let posted = Arc::new(AtomicBool::new(false));
                tokio::spawn(pump(
                    from_client,
                    to_server,
                    way.subscribe(),
                    Direction::ToServer {
                        posted: Arc::clone(&posted),
                    },
                ));
                tokio::spawn(pump(
                    from_server,
                    to_client,
                    way.subscribe(),
                    Direction::ToClient {
                        posted,
                        ahead: Arc::clone(&ahead),
                    },
                ));
            }
        });
        proxy
    }

    /// The address of a database, reached through this.
    pub fn before_url(&self, url: &str) -> String {
        let (host, rest) = url.split_once("127.0.0.1:").unwrap();
        let (_, rest) = rest.split_once('/').unwrap();
        format!("{host}127.0.0.1:{}/{rest}", self.port)
    }

    /// From now on the clock of the database seems to be ahead by that many milliseconds.
    pub fn set_ahead(&self, millis: i64) {
        self.ahead.store(millis, Ordering::SeqCst);
    }

    /// From now on.
    pub fn set(&self, way: Way) {
        self.way.send_replace(way);
    }
}

/// Where a pump carries bytes, and whether a message was inserted over this connection while posts are unanswered.
enum Direction {
    ToServer {
        posted: Arc<AtomicBool>,
    },
    ToClient {
        posted: Arc<AtomicBool>,
        ahead: Arc<AtomicI64>,
    },
}

/// Moves the time that an answer tells.
fn move_time(bytes: &mut [u8], ahead: i64) {
    let Some(at) = bytes.windows(TIME.len()).position(|part| part == TIME) else {
        return;
    };
    if let Some(time) = bytes.get_mut(at + TIME.len()..).and_then(<[u8]>::first_chunk_mut::<8>) {
        *time = (i64::from_le_bytes(*time) + ahead).to_le_bytes();
    }
}

async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut way: watch::Receiver<Way>, direction: Direction) {
    let mut bytes = vec![0; 64 << 10];
    loop {
        let read = tokio::select! {
            read = from.read(&mut bytes) => read,
            cut = way.wait_for(|way| *way == Way::Cut) => return drop(cut),
        };
        let Ok(length @ 1..) = read else { return };
        if let Direction::ToClient { ahead, .. } = &direction {
            move_time(&mut bytes[..length], ahead.load(Ordering::SeqCst));
        }
        let now = *way.borrow();
        if let Way::Slow(time) = now {
            tokio::time::sleep(time).await;
        }
        if now == Way::PostsUnanswered {
            match &direction {
                Direction::ToServer { posted } if bytes[..length].windows(POST.len()).any(|part| part == POST) => {
                    posted.store(true, Ordering::SeqCst);
                }
                Direction::ToClient { posted, .. } if posted.load(Ordering::SeqCst) => {
                    let _ = way.wait_for(|way| *way != Way::PostsUnanswered).await;
                }
                _ => (),
            }
        }
        if way.wait_for(|way| *way != Way::Stalled).await.is_err() || *way.borrow() == Way::Cut {
            return;
        }
        if to.write_all(&bytes[..length]).await.is_err() {
            return;
        }
    }
}
