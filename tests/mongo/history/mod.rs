//! One history in spite of everything: clients at three servers talk while servers, databases and the way between them
//! fail at random; then all that clients, readers and the database saw is checked, as Jepsen does.
//!
//! `GIFCHAT_HISTORY_SEED` repeats the faults of a run as far as possible, `GIFCHAT_HISTORY_SECONDS` says how long they last.
//!
//! - `cluster`: servers and databases; `nemesis`: harms them
//! - `run`: the clients of a run; `client`: what one does; `calls`: its calls; `rooms`: the rooms that clients know of
//! - `witness`: what the database stored; `record`: what was seen; `check`: what is wrong with it

mod calls;
mod check;
mod client;
mod cluster;
mod nemesis;
mod record;
mod rooms;
mod run;
mod witness;

use std::{collections::HashSet, time::Duration};

use gifchat::store::{
    Store, StoreUrl,
    mongo::{MongoStore, Timing},
};
use mongodb::{
    Database,
    bson::{DateTime, Document, doc},
};
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};

use self::{
    cluster::{Databases, Servers},
    nemesis::Nemesis,
    record::{History, Item, Outcome},
    run::Run,
    witness::{Logs, Witness},
};
use crate::support::mongod;

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
    let stored = witness.stored().await;
    (history.logs, history.whispers) = (stored.logs, stored.whispers);
    let gifs = gif_names(&history.logs);
    history
        .left
        .extend(what_is_left(async || gifs_left(&db, &servers, &gifs).await).await);
    judge(&history, &servers);
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().expect("a number"))
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
    documents(db, &["log"], doc! { "emptied": { "$exists": false } }).await
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
    for (what, count) in check::coverage::counts(history) {
        println!("{count} times a client {what}");
    }
    let violations = check::check(history);
    if violations.is_empty() {
        let never = check::coverage::never(history);
        assert!(
            never.is_empty(),
            "the run shows nothing about this, as no client ever did it: {never:?}"
        );
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
