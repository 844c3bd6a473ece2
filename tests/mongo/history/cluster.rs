//! Three servers and a replica set, each of which can be harmed and healed.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use mongodb::bson::{Document, doc};
use nix::sys::signal::Signal;
use tokio::time::timeout;

use crate::{
    proxy::{Proxy, Way},
    support::{Server, eventually, mongod::ReplicaSet},
};

/// Members of the replica set, and servers.
pub const MEMBERS: usize = 3;

/// How long a server lives without a word.
pub const LEASE: Duration = Duration::from_secs(4);

/// A primary that is silent for so long is replaced.
const ELECTION: Duration = Duration::from_secs(2);

const FLAGS: &[&str] = &[
    "--lease",
    "4s",
    "--seat-grace",
    "2s",
    "--room-grace",
    "2s",
    "--lost-grace",
    "2s",
    "--first-grace",
    "10s",
    "--owner-grace",
    "4s",
];

/// The replica set.
pub struct Databases {
    set: ReplicaSet,
}

impl Databases {
    pub async fn start() -> Self {
        let set = ReplicaSet::start(MEMBERS).await;
        set.elect_within(ELECTION).await;
        Self { set }
    }

    pub fn url(&self) -> String {
        self.set.url_of("gifchat")
    }

    /// Proxies before the members, and the address of the database through them.
    pub async fn proxies(&self) -> ([Proxy; MEMBERS], String) {
        let ports: [u16; MEMBERS] = std::array::from_fn(|at| self.set.members[at].port);
        let proxies = Proxy::before_all(ports).await;
        let mut url = self.url();
        for (proxy, port) in proxies.iter().zip(ports) {
            url = url.replace(&port.to_string(), &proxy.port.to_string());
        }
        (proxies, url)
    }

    /// The member that is primary; none while there is none.
    pub async fn primary(&self) -> Option<usize> {
        for (at, member) in self.set.members.iter().enumerate() {
            let hello = timeout(Duration::from_secs(1), member.ask(doc! { "hello": 1 })).await;
            let is_primary = |hello: Document| hello.get_bool("isWritablePrimary").unwrap_or(false);
            if hello.ok().flatten().is_some_and(is_primary) {
                return Some(at);
            }
        }
        None
    }

    pub fn signal(&self, member: usize, signal: Signal) {
        self.set.members[member].process.signal(signal);
    }

    pub async fn restart(&mut self, member: usize) {
        self.set.members[member].restart().await;
    }

    /// Makes the primary give up, so that another member is elected.
    pub async fn step_down(&self, member: usize) {
        let down = doc! { "replSetStepDown": 5, "secondaryCatchUpPeriodSecs": 2 };
        let _ = timeout(Duration::from_secs(5), self.set.members[member].ask(down)).await;
    }

    /// Waits until there is a primary.
    pub async fn healthy(&self) {
        self.set.primary().await;
    }
}

/// Where clients find each server: a server that is started again has another port.
pub type Addresses = [Arc<Mutex<SocketAddr>>; MEMBERS];

/// The servers. The first one reaches the database through proxies.
pub struct Servers {
    proxies: [Proxy; MEMBERS],
    urls: [String; MEMBERS],
    servers: [Server; MEMBERS],
    addresses: Addresses,
    /// The logs of servers that were killed.
    logs: Vec<String>,
}

impl Servers {
    pub async fn start(databases: &Databases) -> Self {
        let (proxies, proxied) = databases.proxies().await;
        let urls = [proxied, databases.url(), databases.url()];
        let starting = urls.iter().map(|url| Server::start(url, FLAGS));
        let servers = futures_util::future::join_all(starting).await;
        let addresses = std::array::from_fn(|at| Arc::new(Mutex::new(servers[at].address())));
        Self {
            proxies,
            urls,
            servers: servers.try_into().ok().unwrap(),
            addresses,
            logs: Vec::new(),
        }
    }

    pub fn addresses(&self) -> Addresses {
        self.addresses.clone()
    }

    pub fn signal(&self, server: usize, signal: Signal) {
        self.servers[server].signal(signal);
    }

    /// Starts a server again that was killed, as soon as the database lets it.
    pub async fn restart(&mut self, server: usize) {
        self.logs.push(self.servers[server].log());
        let url = &self.urls[server];
        let next = eventually("a server starts again", async || {
            Server::try_start(url, FLAGS).await.ok()
        })
        .await;
        *self.addresses[server].lock().unwrap() = next.address();
        self.servers[server] = next;
    }

    /// Changes the way between the first server and the database.
    pub fn set_way(&self, way: Way) {
        self.proxies.iter().for_each(|proxy| proxy.set(way));
    }

    /// Waits until every server can work.
    pub async fn ready(&self) {
        for server in &self.servers {
            eventually("every server is ready", async || {
                (server.readiness().await == 200).then_some(())
            })
            .await;
        }
    }

    /// Names of all files of GIFs.
    pub fn files(&self) -> Vec<String> {
        self.servers.iter().flat_map(Server::files).collect()
    }

    /// Everything that the servers logged.
    pub fn logs(&self) -> Vec<String> {
        let mut logs = self.logs.clone();
        logs.extend(self.servers.iter().map(Server::log));
        logs
    }
}
