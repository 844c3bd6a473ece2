//! The life of this server among the others: a lease that it renews, and the seats that its sockets hold under it.
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

mod holds;
mod timing;

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use futures_util::TryStreamExt;
use mongodb::bson::{Bson, DateTime, Document, doc};
use parking_lot::{Mutex, RwLock};
use tokio::sync::mpsc;
use tracing::{info, warn};

use self::timing::Asked;
pub use self::timing::Timing;
use super::{
    client::{Tables, within},
    documents::signed,
};
use crate::{
    domain::{RoomId, VisitorId},
    rules::SocketKey,
    store::{Change, StoreError},
};

/// Rounds of [`Seating::keep`] in which the seats are compared after something failed.
const DOUBTFUL: u32 = 3;

/// Rounds after which they are compared anyway.
const ANYWAY: u32 = 12;

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
pub struct Seating {
    tables: Tables,
    timing: Timing,
    server: RwLock<Arc<str>>,
    lease: Mutex<Lease>,
    one_at_a_time: tokio::sync::Mutex<()>,
    held: Mutex<HashSet<Held>>,
    /// Rounds for which the seats in the database may differ from `held`.
    doubtful: AtomicU32,
    /// Those that were there before, while it is not known whether one of them is alive. None once that is decided.
    predecessors: Mutex<Option<Predecessors>>,
    tell: mpsc::WeakSender<Change>,
}

impl Seating {
    /// Begins a life. When no other server lives, every room gets a fresh grace; see the module for when that is known.
    ///
    /// # Errors
    /// The database fails.
    pub async fn begin(tables: Tables, timing: Timing, tell: mpsc::WeakSender<Change>) -> Result<Self, StoreError> {
        let (renewed, steady) = (Asked::now(), Asked::now());
        let seating = Self {
            server: RwLock::new(name()),
            lease: Mutex::new(Lease { renewed, steady }),
            one_at_a_time: tokio::sync::Mutex::default(),
            held: Mutex::default(),
            doubtful: AtomicU32::new(0),
            predecessors: Mutex::new(Some(HashMap::new())),
            tables,
            timing,
            tell,
        };
        seating.register(&seating.server()).await?;
        let mut others = seating.decided_others();
        others.insert("$expr", living());
        let others = seating.leases(others).await?;
        if others.is_empty() {
            seating.take_leases().await?;
            seating.begin_anew().await?;
        } else {
            *seating.predecessors.lock() = Some(others);
        }
        Ok(seating)
    }

    /// Gives all rooms a fresh grace and takes away the seats of dead servers. The grace comes first: a room that is empty
    /// once the seats are gone must not be removed in between.
    async fn begin_anew(&self) -> Result<(), StoreError> {
        self.tables.begin_anew().await?;
        self.drop_dead(true).await?;
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
        doc! { "_id": { "$ne": &*self.server() }, "waits": { "$ne": true } }
    }

    /// The leases that a filter finds.
    async fn leases(&self, which: Document) -> Result<Predecessors, StoreError> {
        let found = async { self.tables.servers.find(which).await?.try_collect::<Vec<_>>().await };
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

    fn server(&self) -> Arc<str> {
        Arc::clone(&self.server.read())
    }

    async fn register(&self, server: &str) -> Result<(), StoreError> {
        let made = self.tables.servers.update_one(doc! { "_id": server }, self.longer());
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
    async fn living(&self) -> Result<Arc<str>, StoreError> {
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
        let mine = self.tables.servers.update_one(doc! { "_id": &*server }, self.longer());
        let found = within(mine).await?;
        if found.matched_count == 0 {
            warn!("this server was away for longer than its lease; its seats are gone");
            let anew = name();
            self.register(&anew).await?;
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
        let (mut round, mut strays, mut failing) = (0_u32, HashSet::new(), false);
        loop {
            tokio::time::sleep(self.timing.renew).await;
            round = round.wrapping_add(1);
            let done = self.round(round, &mut strays).await;
            let failed_before = std::mem::replace(&mut failing, done.is_err());
            if let Err(error) = done
                && !failed_before
            {
                warn!(%error, "the lease of this server can't be renewed now");
            }
        }
    }

    async fn round(&self, round: u32, strays: &mut HashSet<Held>) -> Result<(), StoreError> {
        self.renew().await?;
        let steady = self.lease.lock().steady;
        if steady.elapsed() >= self.timing.lease {
            self.take_leases().await?;
            if self.is_successor().await? {
                self.begin_anew().await?;
            }
        }
        self.drop_dead(false).await?;
        let doubtful = |left: u32| left.checked_sub(1);
        let doubtful = self
            .doubtful
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, doubtful)
            .is_ok();
        if doubtful || round.is_multiple_of(ANYWAY) {
            *strays = self.let_strays_go(strays).await?;
            if !strays.is_empty() {
                self.doubtful.store(DOUBTFUL, Ordering::Relaxed);
            }
        }
        Ok(())
    }

    /// Takes away the leases that ran out: whoever renews later finds none.
    async fn take_leases(&self) -> Result<(), StoreError> {
        let dead = doc! { "$expr": { "$not": [living()] } };
        within(self.tables.servers.delete_many(dead)).await.map(drop)
    }

    /// Takes away the seats of servers without a lease. With `fresh`, rooms that are empty by it get a fresh grace.
    async fn drop_dead(&self, fresh: bool) -> Result<(), StoreError> {
        let named = within(self.tables.rooms.distinct("members.holds.server", doc! {})).await?;
        let named: Vec<_> = named.iter().filter_map(|server| server.as_str()).collect();
        // Read after the seats: whoever holds one was registered before it took it.
        let alive = async {
            let alive = doc! { "_id": { "$in": &named } };
            self.tables.servers.find(alive).await?.try_collect::<Vec<_>>().await
        };
        let alive = within(alive).await?;
        let lives = |server: &str| {
            alive
                .iter()
                .any(|alive| alive.get_str("_id").is_ok_and(|id| id == server))
        };
        let dead: Vec<_> = named
            .into_iter()
            .filter(|server| !lives(server))
            .map(str::to_owned)
            .collect();
        if !dead.is_empty() {
            info!(servers = dead.len(), "the seats of dead servers are free");
            self.tables.drop_servers(&dead, fresh).await?;
        }
        Ok(())
    }

    /// Ends the life: seats wait for their grace, others need not wait for the lease.
    pub async fn end(&self) -> Result<(), StoreError> {
        let server = self.server();
        self.tables.let_go(&server).await?;
        within(self.tables.servers.delete_one(doc! { "_id": &*server }))
            .await
            .map(drop)
    }
}

fn name() -> Arc<str> {
    format!("{:032x}", rand::random::<u128>()).into()
}

fn living() -> Document {
    doc! { "$gt": ["$until", "$$NOW"] }
}
