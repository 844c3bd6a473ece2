//! Databases written by the last version that kept no logs of rooms.

use std::{collections::BTreeMap, fs, time::Duration};

use mongodb::{
    Database,
    bson::{DateTime, Document, doc},
};
use serde::Deserialize;

use super::{
    costs::kept_earlier_states,
    support::{
        Server,
        mongod::{self, Failing},
        upgrade::OldSite,
    },
};

/// A collection of a dump, as extended JSON.
#[derive(Deserialize)]
struct Dump {
    options: Document,
    indexes: Vec<Document>,
    documents: Vec<Document>,
}

async fn load_dump(old: &OldSite, database: &Database) {
    let dump = fs::read_to_string(old.path("database.json")).unwrap();
    let collections: BTreeMap<String, Dump> = serde_json::from_str(&dump).unwrap();
    for (name, mut dump) in collections {
        let mut create = doc! { "create": &name };
        create.extend(dump.options);
        database.run_command(create).await.unwrap();
        if !dump.indexes.is_empty() {
            let indexes = doc! { "createIndexes": &name, "indexes": dump.indexes };
            database.run_command(indexes).await.unwrap();
        }
        if name == "sessions" {
            prolong(&mut dump.documents);
        }
        if !dump.documents.is_empty() {
            let collection = database.collection::<Document>(&name);
            collection.insert_many(dump.documents).await.unwrap();
        }
    }
}

/// A session lives for a week and the fixture for years: the index would delete those that have expired.
fn prolong(sessions: &mut [Document]) {
    let week = Duration::from_secs(7 * 86_400);
    let expires = DateTime::from_system_time(DateTime::now().to_system_time() + week);
    for session in sessions {
        session.insert("expires", expires);
    }
}

async fn survives_two_starts(name: &str) {
    let (old, url) = (OldSite::read(name), mongod::fresh_database());
    let database = mongod::behind(&url).await;
    load_dump(&old, &database).await;
    old.survives_two_starts(&url, &[]).await;
    let names = database.list_collection_names().await.unwrap();
    let left = ["messages", "grants", "spoke"].map(|old| names.iter().any(|name| name == old));
    assert_eq!(left, [false; 3], "{names:?}");
    assert_eq!(kept_earlier_states(&database).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn a_site_that_the_version_before_left_goes_on_as_it_was() {
    survives_two_starts("mongo-stopped").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn a_site_that_a_killed_server_of_the_version_before_left_goes_on_as_it_was() {
    survives_two_starts("mongo-killed").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn a_migration_that_failed_half_way_is_completed_by_the_next_start() {
    let (old, url) = (OldSite::read("mongo-stopped"), mongod::fresh_database());
    let database = mongod::behind(&url).await;
    load_dump(&old, &database).await;
    // The entries of the first room are stored, but not what says that it is done.
    let failing =
        doc! { "failCommands": ["update"], "namespace": format!("{}.rooms", database.name()), "errorCode": 2 };
    let failing = Failing::begin(&database, doc! { "times": 1 }, failing).await;
    let log = Server::try_start(&url, &[]).await.err().unwrap();
    failing.end().await;
    assert!(log.contains("failCommand"), "{log}");
    let entries = database.collection::<Document>("log").count_documents(doc! {}).await;
    let messages = database
        .collection::<Document>("messages")
        .count_documents(doc! {})
        .await;
    assert!(entries.unwrap() > 0 && messages.unwrap() > 0);
    old.survives_two_starts(&url, &[]).await;
}
