//! The lease of this server: it renews it, and its sockets hold seats under it.
//!
//! Whoever finds that another's lease has run out takes the lease away first, and then the seats. A server that finds its
//! own gone, as it slept that long, starts anew under another name, and its sockets enter again. When nobody could renew,
//! as the database was away, nobody is dead: only who renewed in time for the length of a lease takes one away.
//!
//! When a server starts and no other is alive, every room gets a fresh grace. A lease that is valid at that moment does not
//! prove that its server is alive: after a crash and a quick restart it is this server's own old one. It counts as alive
//! once it is renewed. If none is renewed before they all run out, the fresh grace is given then. Until this is decided, a
//! server marks its own lease with `waits`, and others that start do not count it: servers that start at the same time
//! would otherwise take each other for the living one, and none would give the fresh grace.

mod seats;
mod timing;

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use futures_util::TryStreamExt;
use mongodb::bson::{Bson, DateTime, Document, doc};
use parking_lot::{Mutex, RwLock};
use tokio::sync::mpsc;
use tracing::{info, warn};

use self::timing::Asked;
pub use self::timing::Timing;
use super::{
    append_queue::AppendQueue,
    client::{Collections, within},
    documents::{server_text, signed},
    log::Log,
};
use crate::{
    domain::{RoomId, VisitorId},
    rules::ServerId,
    store::{Change, SocketKey, StoreError},
};

type Held = (RoomId, VisitorId, SocketKey);

/// Servers whose leases were valid when this one started, with the ends of these leases.
type Predecessors = HashMap<String, DateTime>;

/// What is known of the lease of this server.
#[derive(Clone, Copy)]
struct Lease {
    /// The last renewal, as of when it was asked for.
    renewed: Asked,
    /// Since when each renewal came within a lease of the one before.
    steady: Asked,
}

/// This server, and the seats it believes in.
pub struct ServerLease {
    log: Log,
    queue: Arc<AppendQueue>,
    timing: Timing,
    server: RwLock<ServerId>,
    lease: Mutex<Lease>,
    one_at_a_time: tokio::sync::Mutex<()>,
    /// The sockets of this server that hold seats, or are about to.
    held: Mutex<HashSet<Held>>,
    /// Those that were there before, while it is not known whether one of them is alive. None once that is decided.
    predecessors: Mutex<Option<Predecessors>>,
    tell: mpsc::WeakSender<Change>,
}

impl ServerLease {
    /// Registers this server.
    ///
    /// # Errors
    /// The database fails.
    pub async fn begin(
        log: Log,
        queue: Arc<AppendQueue>,
        timing: Timing,
        tell: mpsc::WeakSender<Change>,
    ) -> Result<Self, StoreError> {
        let (renewed, steady) = (Asked::now(), Asked::now());
        let lease = Self {
            server: RwLock::new(random_server()),
            lease: Mutex::new(Lease { renewed, steady }),
            one_at_a_time: tokio::sync::Mutex::default(),
            held: Mutex::default(),
            predecessors: Mutex::new(Some(HashMap::new())),
            log,
            queue,
            timing,
            tell,
        };
        lease.register(lease.server()).await?;
        Ok(lease)
    }

    /// Renews the graces of all rooms if no other server lives; see the module for when that is known.
    ///
    /// # Errors
    /// The database fails.
    pub async fn take_over(&self) -> Result<(), StoreError> {
        let mut others = self.decided_others();
        others.insert("$expr", living());
        let others = self.leases(others).await?;
        if others.is_empty() {
            self.take_leases().await?;
            self.reset_after_restart().await
        } else {
            *self.predecessors.lock() = Some(others);
            Ok(())
        }
    }

    fn collections(&self) -> &Collections {
        &self.log.collections
    }

    /// Frees the seats of dead servers and gives all rooms a fresh grace.
    async fn reset_after_restart(&self) -> Result<(), StoreError> {
        self.restart_rooms(&self.dead_servers().await?).await?;
        info!("no other server is alive; every room gets a fresh grace");
        self.decide().await
    }

    /// Notes that nothing is left to find out about the servers before this one, and removes the mark from its lease at
    /// once: others that wait go by that. If the write fails, the next renewal removes it.
    async fn decide(&self) -> Result<(), StoreError> {
        *self.predecessors.lock() = None;
        self.renew().await
    }

    /// Finds the leases of other servers that do not wait themselves.
    fn decided_others(&self) -> Document {
        doc! { "_id": { "$ne": server_text(self.server()) }, "waits": { "$ne": true } }
    }

    /// The leases that a filter finds.
    async fn leases(&self, which: Document) -> Result<Predecessors, StoreError> {
        let found = async {
            self.collections()
                .servers
                .find(which)
                .await?
                .try_collect::<Vec<_>>()
                .await
        };
        let lease = |lease: &Document| {
            Some((
                lease.get_str("_id").ok()?.to_owned(),
                *lease.get_datetime("until").ok()?,
            ))
        };
        Ok(within(found).await?.iter().filter_map(lease).collect())
    }

    /// Whether all servers that were there before this one turn out to be dead now. Asked after the leases that ran out
    /// are gone.
    async fn is_successor(&self) -> Result<bool, StoreError> {
        let Some(before) = self.predecessors.lock().clone() else {
            return Ok(false);
        };
        let left = self.leases(self.decided_others()).await?;
        if left.iter().any(|(name, until)| before.get(name) != Some(until)) {
            // Either one of them renewed its lease, so it is alive, or a server that waited too has decided for all.
            self.decide().await?;
        }
        Ok(left.is_empty())
    }

    fn server(&self) -> ServerId {
        *self.server.read()
    }

    async fn register(&self, server: ServerId) -> Result<(), StoreError> {
        let this = doc! { "_id": server_text(server) };
        let made = self.collections().servers.update_one(this, self.longer());
        within(made.upsert(true)).await.map(drop)
    }

    /// Makes a lease last from now on, and marks it while this server waits.
    fn longer(&self) -> Vec<Document> {
        let until = doc! { "$add": ["$$NOW", signed(self.timing.lease.as_millis())] };
        let waits = match *self.predecessors.lock() {
            Some(_) => Bson::Boolean(true),
            None => Bson::String("$$REMOVE".to_owned()),
        };
        vec![doc! { "$set": { "until": until, "waits": waits } }]
    }

    /// The name under which this server lives, once it is sure to live.
    async fn living(&self) -> Result<ServerId, StoreError> {
        let renewed = self.lease.lock().renewed;
        if renewed.elapsed() >= self.timing.lease {
            self.renew().await?;
        }
        Ok(self.server())
    }

    /// Renews the lease, or starts anew when others have taken it away.
    async fn renew(&self) -> Result<(), StoreError> {
        let _turn = self.one_at_a_time.lock().await;
        let (asked, server) = (Asked::now(), self.server());
        let mine = doc! { "_id": server_text(server) };
        let mine = self.collections().servers.update_one(mine, self.longer());
        let found = within(mine).await?;
        if found.matched_count == 0 {
            warn!("this server was away for longer than its lease; its seats are gone");
            let anew = random_server();
            self.register(anew).await?;
            *self.server.write() = anew;
            self.held.lock().clear();
            if let Some(tell) = self.tell.upgrade() {
                let _ = tell.send(Change::SeatsLost).await;
            }
        }
        let mut lease = self.lease.lock();
        if lease.renewed.elapsed() > self.timing.lease {
            lease.steady = asked;
        }
        lease.renewed = asked;
        Ok(())
    }

    /// Keeps this server alive and clears away after dead ones, until dropped.
    pub async fn keep(&self) {
        let (mut strays, mut failing) = (HashSet::new(), false);
        loop {
            tokio::time::sleep(self.timing.renew).await;
            let done = self.round(&mut strays).await;
            let failed_before = std::mem::replace(&mut failing, done.is_err());
            if let Err(error) = done
                && !failed_before
            {
                warn!(%error, "the lease of this server can't be renewed now");
            }
        }
    }

    async fn round(&self, strays: &mut HashSet<Held>) -> Result<(), StoreError> {
        self.renew().await?;
        let steady = self.lease.lock().steady;
        if steady.elapsed() >= self.timing.lease {
            self.take_leases().await?;
            if self.is_successor().await? {
                self.reset_after_restart().await?;
            }
        }
        self.drop_dead().await?;
        *strays = self.release_strays(strays).await?;
        Ok(())
    }

    /// Takes away the leases that ran out: whoever renews later finds none.
    async fn take_leases(&self) -> Result<(), StoreError> {
        let dead = doc! { "$expr": { "$not": [living()] } };
        within(self.collections().servers.delete_many(dead)).await.map(drop)
    }

    /// Frees the seats of servers without a lease.
    async fn drop_dead(&self) -> Result<(), StoreError> {
        let dead = self.dead_servers().await?;
        if !dead.is_empty() {
            info!(servers = dead.len(), "the seats of dead servers are free");
            self.free_seats(&dead).await?;
        }
        Ok(())
    }

    /// Servers without a lease whose sockets hold seats.
    async fn dead_servers(&self) -> Result<Vec<ServerId>, StoreError> {
        let rooms = self.log.cache.all();
        let named: HashSet<ServerId> = rooms.iter().flat_map(|room| room.state.servers()).collect();
        if named.iter().all(|server| *server == self.server()) {
            return Ok(Vec::new());
        }
        // Read after the seats: whoever holds one was registered before it took it.
        let ids: Vec<_> = named.iter().copied().map(server_text).collect();
        let alive = self.leases(doc! { "_id": { "$in": ids } }).await?;
        let is_dead = |server: &ServerId| !alive.contains_key(&server_text(*server));
        Ok(named.into_iter().filter(is_dead).collect())
    }

    /// Ends the life: seats wait for their grace, others need not wait for the lease.
    pub async fn end(&self) -> Result<(), StoreError> {
        let server = self.server();
        self.release_all(server).await?;
        let lease = self
            .collections()
            .servers
            .delete_one(doc! { "_id": server_text(server) });
        within(lease).await.map(drop)
    }
}

fn random_server() -> ServerId {
    ServerId(rand::random())
}

fn living() -> Document {
    doc! { "$gt": ["$until", "$$NOW"] }
}
