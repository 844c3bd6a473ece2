//! What the database writes for what people do.

use gifchat::rules::Leave;
use mongodb::{
    Database,
    bson::{Document, Timestamp, doc},
};

use super::sites::*;

const MEMBERS: u64 = 200;

/// Joins and leaves that are counted together: a snapshot of the room may be written among them.
const TIMES: u64 = 50;

/// The most that a join or a leave may add to the oplog, in bytes.
const MOST: i64 = 2_048;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn joining_and_leaving_a_large_room_over_and_over_writes_little_each_time() {
    let site = Site::new();
    let server = site.server().await;
    drop(server.changes());
    let (owner, restless) = (someone(), someone());
    let room = room_of(&server, owner, 300).await.id;
    for socket in 1..=MEMBERS {
        server.enter(room, someone().into(), socket).await.unwrap();
    }
    let database = site.database().await;
    let before = now(&database).await;
    for _ in 0..TIMES {
        server.enter(room, restless.into(), MEMBERS + 1).await.unwrap();
        server
            .leave(room, restless, MEMBERS + 1, Leave::Explicit)
            .await
            .unwrap();
    }
    let written = written_since(&database, before).await;
    let each = written / i64::try_from(2 * TIMES).unwrap();
    println!("{each} bytes of the oplog for a join or a leave");
    assert!(written > 0 && each <= MOST, "{each}");
    assert_eq!(kept_earlier_states(&database).await, [""; 0]);
}

/// The latest time in the oplog.
async fn now(database: &Database) -> Timestamp {
    let oplog = database.client().database("local").collection::<Document>("oplog.rs");
    let last = oplog.find_one(doc! {}).sort(doc! { "$natural": -1 }).await;
    last.unwrap().unwrap().get_timestamp("ts").unwrap()
}

/// Bytes of the oplog about a database after some time.
async fn written_since(database: &Database, time: Timestamp) -> i64 {
    let name = format!("^{}\\.", database.name());
    let stages = [
        doc! { "$match": { "ts": { "$gt": time }, "$or": [
            { "ns": { "$regex": &name } }, { "o.applyOps.ns": { "$regex": &name } },
        ] } },
        doc! { "$group": { "_id": null, "bytes": { "$sum": { "$bsonSize": "$$ROOT" } } } },
    ];
    let oplog = database.client().database("local").collection::<Document>("oplog.rs");
    let mut found = oplog.aggregate(stages).await.unwrap();
    assert!(found.advance().await.unwrap());
    let sum = found.deserialize_current().unwrap();
    let bytes = sum.get("bytes").unwrap();
    bytes.as_i64().or(bytes.as_i32().map(i64::from)).unwrap()
}

/// The collections of which the database keeps every earlier state of a document.
pub async fn kept_earlier_states(database: &Database) -> Vec<String> {
    let ask = doc! { "listCollections": 1, "filter": { "options.changeStreamPreAndPostImages.enabled": true } };
    let found = database.run_command(ask).await.unwrap();
    let first = found.get_document("cursor").unwrap().get_array("firstBatch").unwrap();
    let name = |one: &mongodb::bson::Bson| one.as_document().unwrap().get_str("name").unwrap().to_owned();
    first.iter().map(name).collect()
}
