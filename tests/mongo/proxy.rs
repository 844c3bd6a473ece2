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
        let [proxy] = Self::before_all([port]).await;
        proxy
    }

    /// A proxy before each member of a replica set. Whoever asks the set for its members through one of them is told the
    /// addresses of these proxies.
    pub async fn before_all<const N: usize>(ports: [u16; N]) -> [Self; N] {
        let listeners = ports.map(|_| async { TcpListener::bind("127.0.0.1:0").await.unwrap() });
        let listeners = futures_util::future::join_all(listeners).await;
        let front = |listener: &TcpListener| listener.local_addr().unwrap().port();
        let renamed = ports.iter().zip(&listeners);
        let renamed: Arc<[_]> = renamed
            .map(|(port, listener)| (host(*port), host(front(listener))))
            .collect();
        let proxies = listeners.into_iter().zip(ports).map(|(listener, port)| {
            let proxy = Self {
                port: front(&listener),
                way: Arc::new(watch::Sender::new(Way::Open)),
                ahead: Arc::default(),
            };
            proxy.accept(listener, port, Arc::clone(&renamed));
            proxy
        });
        proxies.collect::<Vec<_>>().try_into().ok().unwrap()
    }

    fn accept(&self, listener: TcpListener, port: u16, renamed: Renamed) {
        let (way, ahead) = (Arc::clone(&self.way), Arc::clone(&self.ahead));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = TcpStream::connect(("127.0.0.1", port)).await else {
                    continue;
                };
                let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
                let posted = Arc::new(AtomicBool::new(false));
                let there = Direction::ToServer {
                    posted: Arc::clone(&posted),
                };
                let back = Direction::ToClient {
                    posted,
                    ahead: Arc::clone(&ahead),
                    renamed: Arc::clone(&renamed),
                };
                tokio::spawn(pump(from_client, to_server, way.subscribe(), there));
                tokio::spawn(pump(from_server, to_client, way.subscribe(), back));
            }
        });
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
        renamed: Renamed,
    },
}

/// Addresses of the members of a set, and of the proxies before them; those of a pair have the same length.
type Renamed = Arc<[(Vec<u8>, Vec<u8>)]>;

/// An address as the members of a set tell it, as BSON.
fn host(port: u16) -> Vec<u8> {
    format!("127.0.0.1:{port}\0").into_bytes()
}

/// Replaces the addresses of members by those of their proxies.
fn rename(bytes: &mut [u8], renamed: &[(Vec<u8>, Vec<u8>)]) {
    for (member, proxy) in renamed.iter().filter(|(member, proxy)| member.len() == proxy.len()) {
        let mut at = 0;
        while let Some(found) = bytes[at..].windows(member.len()).position(|part| part == member) {
            at += found;
            bytes[at..at + proxy.len()].copy_from_slice(proxy);
            at += proxy.len();
        }
    }
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
        if let Direction::ToClient { ahead, renamed, .. } = &direction {
            move_time(&mut bytes[..length], ahead.load(Ordering::SeqCst));
            rename(&mut bytes[..length], renamed);
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
