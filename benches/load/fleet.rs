//! Several servers on one MongoDB, beside one on SQLite.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use tokio::time::sleep;

use crate::{
    crowd::Crowd,
    mongod::Mongod,
    posts::{Load, WARM_UP, at_share, post},
    server::{Server, Subject, cpu_of},
};

/// Many messages to one room, as fast as eight posters can.
const FANOUT: Load = Load {
    messages: 600,
    per_second: None,
    at_once: 8,
};

/// A steady pace, to see what a message takes from one server to the other.
const ACROSS: Load = Load {
    messages: 1_000,
    per_second: Some(100.0),
    at_once: 32,
};

/// As many posts as are taken, by posters who wait for the answer.
const POSTS: Load = Load {
    messages: 4_000,
    per_second: None,
    at_once: 48,
};

/// One post after the other.
const COMMITS: Load = Load {
    messages: 500,
    per_second: None,
    at_once: 1,
};

/// What is measured of servers that share a store.
#[derive(Clone, Copy)]
pub enum Kind {
    /// Deliveries a second, and what each costs.
    Fanout,
    /// From a post on the first server to its delivery by the others.
    Across,
    /// Posts a second, to that many rooms.
    Posts(usize),
    /// What a post costs that comes alone.
    Commits,
}

/// Servers on one store.
struct Fleet {
    servers: Vec<Server>,
    mongod: Option<Mongod>,
}

/// CPU of the servers and of the database, since the start.
struct Cpu {
    servers: Duration,
    mongod: Duration,
}

impl Cpu {
    /// Microseconds for each of so many things, of the servers and of the database.
    fn each(&self, before: &Self, things: usize) -> [f64; 2] {
        let each = |now: Duration, before: Duration| now.saturating_sub(before).as_secs_f64() * 1e6 / things as f64;
        [each(self.servers, before.servers), each(self.mongod, before.mongod)]
    }
}

impl Fleet {
    async fn start(subject: &Subject) -> Result<Self> {
        let Subject::Fleet(count @ 1..) = subject else {
            let (server, _) = Server::start(&Subject::Ours, "warn").await?;
            return Ok(Self {
                servers: vec![server],
                mongod: None,
            });
        };
        let mongod = Mongod::start().await?;
        let mut servers = Vec::new();
        for _ in 0..*count {
            servers.push(Server::start_on(&mongod.url()).await?);
        }
        Ok(Self {
            servers,
            mongod: Some(mongod),
        })
    }

    fn addresses(&self) -> Vec<SocketAddr> {
        self.servers.iter().map(|server| server.address).collect()
    }

    fn cpu(&self) -> Result<Cpu> {
        let servers = self.servers.iter().map(Server::cpu).sum::<Result<_>>()?;
        let mongod = self.mongod.as_ref().map(|mongod| cpu_of(mongod.pid()?)).transpose()?;
        Ok(Cpu {
            servers,
            mongod: mongod.unwrap_or_default(),
        })
    }

    async fn stop(self) -> Result<()> {
        for server in self.servers {
            server.stop().await?;
        }
        Ok(())
    }
}

/// Measures once; a value for each row of the kind.
pub async fn run(kind: Kind, subject: &Subject) -> Result<Vec<f64>> {
    let fleet = Fleet::start(subject).await?;
    let values = match kind {
        Kind::Fanout => fanout(&fleet).await,
        Kind::Across => across(&fleet).await,
        Kind::Posts(rooms) => posts(&fleet, rooms).await,
        Kind::Commits => commits(&fleet).await,
    };
    fleet.stop().await?;
    values
}

/// People who have heard all of what went before.
async fn gather(listened: &[SocketAddr], posted: &[SocketAddr], sockets: usize, rooms: usize) -> Result<Arc<Crowd>> {
    let crowd = Arc::new(Crowd::spread(listened, true, sockets, rooms).await?);
    post(posted, &crowd, WARM_UP).await?;
    hear_out(&crowd, WARM_UP).await?;
    Ok(crowd)
}

/// Waits until all is heard; the delays, sorted.
async fn hear_out(crowd: &Crowd, load: Load) -> Result<Vec<u32>> {
    crowd.hear_out(load.messages).await;
    // What is heard twice may come late.
    sleep(Duration::from_millis(300)).await;
    crowd.check(load.messages)?;
    let mut delays = crowd.heard.clear();
    delays.sort_unstable();
    Ok(delays)
}

async fn fanout(fleet: &Fleet) -> Result<Vec<f64>> {
    let servers = fleet.addresses();
    let crowd = gather(&servers, &servers, 240, 1).await?;
    let (before, begun) = (fleet.cpu()?, Instant::now());
    post(&servers, &crowd, FANOUT).await?;
    crowd.hear_out(FANOUT.messages).await;
    let (cpu, time) = (fleet.cpu()?, begun.elapsed());
    hear_out(&crowd, FANOUT).await?;
    let deliveries = crowd.deliveries(FANOUT.messages);
    let [server_us, mongod_us] = cpu.each(&before, deliveries);
    Ok(vec![deliveries as f64 / time.as_secs_f64(), server_us, mongod_us])
}

async fn across(fleet: &Fleet) -> Result<Vec<f64>> {
    let servers = fleet.addresses();
    let (first, others) = servers.split_first().context("no server")?;
    // One server alone is on both sides.
    let others = if others.is_empty() { &servers } else { others };
    let crowd = gather(others, &[*first], 20, 2).await?;
    post(&[*first], &crowd, ACROSS).await?;
    let delays = hear_out(&crowd, ACROSS).await?;
    Ok(vec![at_share(&delays, 0.5), at_share(&delays, 0.99)])
}

async fn posts(fleet: &Fleet, rooms: usize) -> Result<Vec<f64>> {
    let servers = fleet.addresses();
    let crowd = gather(&servers, &servers, rooms * servers.len(), rooms).await?;
    let begun = Instant::now();
    post(&servers, &crowd, POSTS).await?;
    let time = begun.elapsed();
    hear_out(&crowd, POSTS).await?;
    Ok(vec![POSTS.messages as f64 / time.as_secs_f64()])
}

async fn commits(fleet: &Fleet) -> Result<Vec<f64>> {
    let servers = fleet.addresses();
    let crowd = gather(&servers, &servers, servers.len(), 1).await?;
    let before = fleet.cpu()?;
    let answers = post(&servers, &crowd, COMMITS).await?;
    let [server_us, mongod_us] = fleet.cpu()?.each(&before, COMMITS.messages);
    hear_out(&crowd, COMMITS).await?;
    Ok(vec![
        at_share(&answers, 0.5),
        at_share(&answers, 0.99),
        server_us,
        mongod_us,
    ])
}
