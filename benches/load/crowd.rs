//! Visitors who sit in rooms and count what they hear.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use parking_lot::Mutex;
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_util::task::AbortOnDropHandle;

use crate::{http::Client, server::Server, socket::Socket};

/// Sockets that are being opened at the same time.
const OPENING: usize = 32;

/// Time for one of them.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Quiet time after which what has not come is lost.
const LOST_AFTER: Duration = Duration::from_secs(5);

/// Everybody who sits in the rooms of a server. Socket `n` sits in room `n % rooms`.
pub struct Crowd {
    pub rooms: Vec<String>,
    /// Each one's session: who sits may post.
    pub cookies: Vec<String>,
    pub heard: Arc<Heard>,
    /// They listen until they are dropped.
    listening: Vec<AbortOnDropHandle<()>>,
}

/// What all of them have heard since it was last cleared.
pub struct Heard {
    epoch: Instant,
    total: AtomicU64,
    latencies_us: Mutex<Vec<u32>>,
    sockets: Vec<Mutex<Ear>>,
    gone: AtomicUsize,
}

#[derive(Clone, Default)]
struct Ear {
    count: usize,
    /// Made of the numbers of the messages in their order.
    order: u64,
}

impl Crowd {
    /// Makes the rooms and lets everybody in, each as a visitor of their own.
    pub async fn gather(server: &Server, sockets: usize, rooms: usize) -> Result<Self> {
        Self::spread(&[server.address], server.acks, sockets, rooms).await
    }

    /// The same over several servers: the sockets of each room go round them.
    pub async fn spread(servers: &[SocketAddr], acks: bool, sockets: usize, rooms: usize) -> Result<Self> {
        let first = *servers.first().context("no server")?;
        let mut owner = Client::visitor(first).await?;
        let mut ids = Vec::with_capacity(rooms);
        for n in 0..rooms {
            ids.push(owner.make_room(&format!("room-{n}")).await?);
        }
        let heard = Arc::new(Heard {
            epoch: Instant::now(),
            total: AtomicU64::new(0),
            latencies_us: Mutex::default(),
            sockets: (0..sockets).map(|_| Mutex::default()).collect(),
            gone: AtomicUsize::new(0),
        });
        let mut crowd = Self {
            rooms: ids,
            cookies: Vec::new(),
            heard,
            listening: Vec::with_capacity(sockets),
        };
        crowd.let_in(servers, acks, sockets).await?;
        if !acks {
            sleep(Duration::from_millis(500)).await;
        }
        Ok(crowd)
    }

    async fn let_in(&mut self, servers: &[SocketAddr], acks: bool, sockets: usize) -> Result<()> {
        let (rooms, next) = (Arc::new(self.rooms.clone()), Arc::new(AtomicUsize::new(0)));
        let servers: Arc<[SocketAddr]> = servers.into();
        let mut openers = JoinSet::new();
        for _ in 0..OPENING.min(sockets) {
            let (rooms, next, heard) = (Arc::clone(&rooms), Arc::clone(&next), Arc::clone(&self.heard));
            let servers = Arc::clone(&servers);
            openers.spawn(async move {
                let mut clients: Vec<_> = servers.iter().map(|server| Client::new(*server)).collect();
                let mut opened = Vec::new();
                loop {
                    let at = next.fetch_add(1, Relaxed);
                    if at >= sockets {
                        return anyhow::Ok(opened);
                    }
                    let server = at / rooms.len() % servers.len();
                    let (client, address) = clients
                        .get_mut(server)
                        .zip(servers.get(server).copied())
                        .context("no server")?;
                    client.arrive().await?;
                    let room = rooms.get(at % rooms.len()).context("no rooms")?;
                    let socket = timeout(TIMEOUT, Socket::join(address, &client.cookie, room, acks)).await;
                    let socket = socket.map_err(anyhow::Error::from).flatten();
                    let socket = socket.with_context(|| format!("socket {at}"))?;
                    // From now on: a socket that does not answer heartbeats is closed.
                    let listening = tokio::spawn(listen(Arc::clone(&heard), at, socket));
                    opened.push((at, client.cookie.clone(), AbortOnDropHandle::new(listening)));
                }
            });
        }
        let mut opened = Vec::with_capacity(sockets);
        while let Some(done) = openers.join_next().await {
            opened.extend(done??);
        }
        opened.sort_unstable_by_key(|(at, ..)| *at);
        for (_, cookie, listening) in opened {
            self.cookies.push(cookie);
            self.listening.push(listening);
        }
        Ok(())
    }

    /// How many sockets have been closed.
    pub fn gone(&self) -> usize {
        self.heard.gone.load(Relaxed)
    }

    /// How many of `messages` that go round the rooms a socket is to hear.
    fn share(&self, socket: usize, messages: usize) -> usize {
        let (rooms, room) = (self.rooms.len(), socket % self.rooms.len());
        messages / rooms + usize::from(room < messages % rooms)
    }

    /// Deliveries of `messages` that go round the rooms.
    pub fn deliveries(&self, messages: usize) -> usize {
        (0..self.cookies.len()).map(|socket| self.share(socket, messages)).sum()
    }

    /// Waits until everything has been heard, or nothing more comes.
    pub async fn hear_out(&self, messages: usize) {
        let expected = self.deliveries(messages) as u64;
        let (mut total, mut since) = (0, Instant::now());
        while total < expected && since.elapsed() < LOST_AFTER {
            sleep(Duration::from_millis(1)).await;
            let now = self.heard.total.load(Relaxed);
            if now != total {
                (total, since) = (now, Instant::now());
            }
        }
    }

    /// Whether everybody has heard every message once, in the same order as the others in the room.
    pub fn check(&self, messages: usize) -> Result<()> {
        let ears: Vec<_> = self.heard.sockets.iter().map(|ear| ear.lock().clone()).collect();
        for (at, ear) in ears.iter().enumerate() {
            let expected = self.share(at, messages);
            if ear.count != expected {
                let deliveries = self.deliveries(messages);
                let total = self.heard.total.load(Relaxed);
                bail!(
                    "socket {at} heard {} of {expected} messages, all together {total} of {deliveries}",
                    ear.count
                );
            }
            let first = ears.get(at % self.rooms.len()).map_or(0, |first| first.order);
            if ear.order != first {
                bail!("socket {at} heard its room's messages in another order");
            }
        }
        if self.gone() > 0 {
            bail!("{} sockets were closed", self.gone());
        }
        Ok(())
    }
}

impl Heard {
    /// Microseconds since the beginning, as messages carry them.
    pub fn micros(&self, at: Instant) -> u128 {
        at.saturating_duration_since(self.epoch).as_micros()
    }

    /// Forgets what was heard; the delays of it.
    pub fn clear(&self) -> Vec<u32> {
        for ear in &self.sockets {
            *ear.lock() = Ear::default();
        }
        self.total.store(0, Relaxed);
        std::mem::take(&mut self.latencies_us.lock())
    }

    /// Notes a packet if it is a message: its text is `@MICROSECONDS;NUMBER;` and padding.
    fn note(&self, socket: usize, packet: &str) -> Option<()> {
        let (_, text) = packet
            .strip_prefix("42/chat,[\"chat\",")
            .and_then(|data| data.split_once("\"@"))?;
        let mut numbers = text.split(';');
        let sent: u128 = numbers.next()?.parse().ok()?;
        let number: u64 = numbers.next()?.parse().ok()?;
        let delay = self.micros(Instant::now()).saturating_sub(sent);
        self.latencies_us.lock().push(u32::try_from(delay).unwrap_or(u32::MAX));
        let mut ear = self.sockets.get(socket)?.lock();
        ear.count += 1;
        ear.order = ear.order.wrapping_mul(1_000_003).wrapping_add(number + 1);
        self.total.fetch_add(1, Relaxed);
        Some(())
    }
}

async fn listen(heard: Arc<Heard>, at: usize, mut socket: Socket) {
    while let Ok(Some(packet)) = socket.next().await {
        heard.note(at, &packet);
    }
    heard.gone.fetch_add(1, Relaxed);
}
