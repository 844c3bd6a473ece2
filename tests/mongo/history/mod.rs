//! One history in spite of everything: clients at three servers talk while servers, databases and the way between them
//! fail at random; then all that clients, readers and the database saw is checked, as Jepsen does.
//!
//! `GIFCHAT_HISTORY_SEED` repeats the faults of a run as far as possible, `GIFCHAT_HISTORY_SECONDS` says how long they last.
//!
//! - `cluster`: servers and databases; `nemesis`: harms them
//! - `client`: what a client does; `calls`: its calls; `rooms`: the rooms that clients know of
//! - `witness`: what the database stored; `record`: what was seen; `check`: what is wrong with it

mod calls;
mod check;
mod client;
mod cluster;
mod nemesis;
mod record;
mod rooms;
mod witness;

use std::{collections::HashSet, sync::Arc, time::Duration};

use gifchat::store::{
    Store, StoreUrl,
    mongo::{MongoStore, Timing},
};
use mongodb::{
    Database,
    bson::{DateTime, Document, doc},
};
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
    time::{Instant, sleep},
};

use self::{
    calls::Caller,
    client::{Client, Notes, Phase, Site},
    cluster::{Databases, MEMBERS, Servers},
    nemesis::Nemesis,
    record::{History, Item, Outcome},
    rooms::Rooms,
    witness::{Logs, Witness},
};
use crate::support::mongod;

/// How many clients there are.
const CLIENTS: usize = 12;

/// How long faults go on if nothing else is said.
const SECONDS: u64 = 60;

/// Time in which rooms that everybody left are gone: a server may have died while it deleted one.
const GONE_WITHIN: Duration = Duration::from_secs(90);

/// Violations that are shown.
const SHOWN: usize = 40;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn whatever_fails_there_is_one_history_and_it_has_everything_that_was_acknowledged() {
    let seed = setting("GIFCHAT_HISTORY_SEED").unwrap_or_else(rand::random);
    let seconds = setting("GIFCHAT_HISTORY_SECONDS").unwrap_or(SECONDS);
    println!("GIFCHAT_HISTORY_SEED={seed} GIFCHAT_HISTORY_SECONDS={seconds}");
    let databases = Databases::start().await;
    let url = databases.url();
    let db = mongod::behind(&url).await;
    let witness = Witness::begin(db.clone()).await;
    let servers = Servers::start(&databases).await;
    let run = Run::begin(seed, &servers).await;
    let (stop, stopped) = watch::channel(false);
    let time = async {
        sleep(Duration::from_secs(seconds)).await;
        stop.send_replace(true);
    };
    let (servers, _databases, ()) = tokio::join!(
        Box::pin(Nemesis::new("servers:", seed, stopped.clone()).harm_servers(servers)),
        Box::pin(Nemesis::new("databases:", !seed, stopped).harm_databases(databases)),
        time,
    );
    let mut history = run.end(&servers).await;
    history.left = what_is_left(async || undeleted(&db).await).await;
    // A snapshot that was on its way while its room was deleted stays until the next sweep.
    sweep(&url).await;
    history
        .left
        .extend(documents(&db, &["rooms", "forbidden"], doc! {}).await);
    expire(&db).await;
    history
        .left
        .extend(what_is_left(async || documents(&db, &["log"], doc! {}).await).await);
    history.logs = witness.logs().await;
    let gifs = gif_names(&history.logs);
    history
        .left
        .extend(what_is_left(async || gifs_left(&db, &servers, &gifs).await).await);
    judge(&history, &servers);
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().expect("a number"))
}

/// The clients of a run.
struct Run {
    site: Arc<Site>,
    /// Who reads what servers have at the end.
    reader: Caller,
    phase: watch::Sender<Phase>,
    settled: mpsc::Receiver<()>,
    clients: JoinSet<Notes>,
}

impl Run {
    async fn begin(seed: u64, servers: &Servers) -> Self {
        let addresses = servers.addresses();
        let reader = Caller::arrive(&addresses).await;
        let mut callers = Vec::new();
        for _ in 0..CLIENTS {
            callers.push(Caller::arrive(&addresses).await);
        }
        let site = Arc::new(Site {
            begun: Instant::now(),
            rooms: Rooms::default(),
            visitors: callers.iter().map(|caller| caller.id().to_owned()).collect(),
        });
        let (phase, of_client) = watch::channel(Phase::Talking);
        let (tell, settled) = mpsc::channel(CLIENTS);
        let mut clients = JoinSet::new();
        for (caller, number) in callers.into_iter().zip(1_u64..) {
            let client = Client::new(Arc::clone(&site), caller, number, seed.wrapping_add(number));
            clients.spawn(client.run(of_client.clone(), tell.clone()));
        }
        Self {
            site,
            reader,
            phase,
            settled,
            clients,
        }
    }

    /// Lets the clients hear everything and leave; what they and servers saw.
    async fn end(mut self, servers: &Servers) -> History {
        servers.ready().await;
        let mut history = History::default();
        self.phase.send_replace(Phase::Settling);
        for _ in 0..CLIENTS {
            self.settled.recv().await.unwrap();
        }
        for room in self.site.rooms.all() {
            for server in 0..MEMBERS {
                let page = self.reader.history(server, &room.id, 0, u64::MAX).await;
                history.pages.extend(page.map(|page| (room.id.clone(), page)));
            }
        }
        self.phase.send_replace(Phase::Leaving);
        for notes in self.clients.join_all().await {
            history.posts.extend(notes.posts);
            history.acts.extend(notes.acts);
            history.readers.extend(notes.readers.into_values());
        }
        history
    }
}

/// What is left in the end, after everything had time to go.
async fn what_is_left(mut left: impl AsyncFnMut() -> Vec<String>) -> Vec<String> {
    let deadline = Instant::now() + GONE_WITHIN;
    loop {
        let left = left().await;
        if left.is_empty() || Instant::now() >= deadline {
            return left;
        }
        sleep(Duration::from_millis(200)).await;
    }
}

/// Deletes what crashes left behind, as servers do from time to time.
async fn sweep(url: &str) {
    let Ok(StoreUrl::Mongo(url)) = url.parse() else {
        panic!("{url}");
    };
    let store = MongoStore::open(&url, 1_000, Timing::default()).await.unwrap();
    store.sweep().await.unwrap();
    store.close().await;
}

/// What servers delete when a room ends.
async fn undeleted(db: &Database) -> Vec<String> {
    let mut left = documents(db, &["log"], doc! { "emptied": { "$exists": false } }).await;
    left.extend(documents(db, &["whispers", "reports"], doc! {}).await);
    left
}

/// Lets the time pass for which emptied entries keep their positions.
async fn expire(db: &Database) {
    let long_ago = doc! { "$set": { "emptied": DateTime::from_millis(0) } };
    let emptied = doc! { "emptied": { "$exists": true } };
    db.collection::<Document>("log")
        .update_many(emptied, long_ago)
        .await
        .unwrap();
}

/// A document that a filter finds of each collection that has some.
async fn documents(db: &Database, collections: &[&str], which: Document) -> Vec<String> {
    let mut left = Vec::new();
    for name in collections {
        let found = db.collection::<Document>(name).find_one(which.clone()).await.unwrap();
        left.extend(found.map(|document| format!("{name}: {document}")));
    }
    left
}

fn gif_names(logs: &Logs) -> HashSet<String> {
    let entries = logs.values().flatten();
    entries.filter_map(|entry| entry.gif.clone()).collect()
}

/// The GIFs that messages named. Those of uploads whose message was never stored stay for a while.
async fn gifs_left(db: &Database, servers: &Servers, names: &HashSet<String>) -> Vec<String> {
    let stored = db
        .collection::<Document>("gifs")
        .distinct("_id", doc! {})
        .await
        .unwrap();
    let stored = stored.iter().map(ToString::to_string);
    let left = stored.chain(servers.files());
    left.filter(|file| names.iter().any(|name| file.contains(name.as_str())))
        .collect()
}

/// Fails if anything is wrong, and leaves what is needed to find out why.
fn judge(history: &History, servers: &Servers) {
    let entries: usize = history.logs.values().map(Vec::len).sum();
    let acked = history
        .posts
        .iter()
        .filter(|post| matches!(post.outcome, Outcome::Stored(_)));
    let items = history.readers.iter().flat_map(|reader| &reader.items);
    let (joined, sent_out) = items.fold((0, 0), |(joined, sent_out), item| match item {
        Item::Joined { .. } => (joined + 1, sent_out),
        Item::SentOut(_) => (joined, sent_out + 1),
        _ => (joined, sent_out),
    });
    println!(
        "{} rooms, {entries} entries, {} posts, {} of them acknowledged, {} acts, {joined} connections, {sent_out} sent out",
        history.logs.len(),
        history.posts.len(),
        acked.count(),
        history.acts.len()
    );
    let violations = check::check(history);
    if violations.is_empty() {
        return;
    }
    let folder = tempfile::tempdir().unwrap().keep();
    std::fs::write(folder.join("history"), format!("{history:#?}")).unwrap();
    for (at, log) in servers.logs().iter().enumerate() {
        std::fs::write(folder.join(format!("server-{at}")), log).unwrap();
    }
    for violation in violations.iter().take(SHOWN) {
        println!("{violation}");
    }
    panic!(
        "{} violations; the history is in {}",
        violations.len(),
        folder.display()
    );
}
