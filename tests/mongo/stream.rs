//! The change stream that breaks.

use gifchat::{
    rules::Leave,
    store::{Change, Window},
};
use mongodb::{
    Database,
    bson::{Document, Timestamp, doc},
};

use super::{
    proxy::{Proxy, Way},
    sites::*,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn a_stream_that_was_cut_goes_on_where_it_was() {
    let (site, proxy) = (Site::new(), Proxy::before(super::support::mongod::port()).await);
    let (cut, other) = (
        site.server_behind(&proxy, Default::default()).await,
        site.server().await,
    );
    let author = someone();
    let room = room_of(&other, author, 2).await.id;
    other.enter(room, author.into(), 1).await.unwrap();
    let mut changes = cut.changes().unwrap();
    let mut heard = 0;
    for way in [Way::Cut, Way::Stalled] {
        for n in 0..100 {
            if n % 50 == 25 {
                proxy.set(way);
            }
            let posted = post(&other, says(room, author, "x", None)).await.unwrap();
            assert!(matches!(posted, Posted::New(_)));
            if n % 50 == 40 {
                proxy.set(Way::Cut);
                proxy.set(Way::Open);
            }
        }
        for _ in 0..100 {
            heard += 1;
            let seq = next(&mut changes, |change| match change {
                Change::Posted(message) => Some(message.seq),
                Change::Missed => panic!("nothing was missed"),
                _ => None,
            });
            assert_eq!(seq.await, heard);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn a_server_that_can_not_go_on_in_the_stream_says_so_and_follows_anew() {
    let (site, proxy) = (Site::new(), Proxy::before(super::support::mongod::port()).await);
    let (cut, other) = (
        site.server_behind(&proxy, Default::default()).await,
        site.server().await,
    );
    let (author, guest) = (someone(), someone());
    let room = room_of(&other, author, 2).await.id;
    other.enter(room, author.into(), 1).await.unwrap();
    let mut changes = cut.changes().unwrap();
    post(&other, says(room, author, "heard", None)).await.unwrap();
    for seq in 1..=2 {
        assert_eq!(next_message(&mut changes).await.seq, seq);
    }
    proxy.set(Way::Cut);
    break_streams(&site.database().await).await;
    other.enter(room, guest.into(), 2).await.unwrap();
    post(&other, says(room, author, "missed", None)).await.unwrap();
    proxy.set(Way::Open);
    next(&mut changes, |change| matches!(change, Change::Missed).then_some(())).await;
    post(&other, says(room, author, "heard again", None)).await.unwrap();
    // The guest, who has the third place, and the missed message came before.
    assert_eq!(next_message(&mut changes).await.seq, 5);
    other.leave(room, guest, 2, Leave::Explicit).await.unwrap();
    let left = next(&mut changes, |change| match change {
        Change::Left(room, visitor) => Some((room.count, *visitor)),
        _ => None,
    });
    assert_eq!(left.await, (1, guest));
}

/// What makes a member of the set wait that does not know a change yet, instead of reading an older state.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn what_is_read_after_a_change_was_heard_is_read_as_of_its_time_or_later() {
    let site = Site::new();
    let [hearer, other] = site.servers().await;
    let author = someone();
    let room = room_of(&other, author, 2).await.id;
    other.enter(room, author.into(), 1).await.unwrap();
    let mut changes = hearer.changes().unwrap();
    let database = site.database().await;
    for text in ["one", "two"] {
        let posted = post(&other, says(room, author, text, None)).await.unwrap();
        let id = posted.message().id.to_string();
        while next_message(&mut changes).await.id.to_string() != id {}
        database.run_command(doc! { "profile": 2 }).await.unwrap();
        let page = hearer.history(room, Window::Newest, 1).await.unwrap();
        assert_eq!(page[0].id.to_string(), id);
        hearer.room(room).await.unwrap().unwrap();
        database.run_command(doc! { "profile": 0 }).await.unwrap();
        let (committed, reads) = (committed_at(&database, &id).await, reads(&database).await);
        let read = reads.iter().filter(|(of, _)| of == "log");
        let times: Vec<_> = read.map(|(_, time)| *time).collect();
        assert!(
            times.len() >= 3 && times.iter().all(|time| *time >= Some(committed)),
            "{times:?}, {committed:?}"
        );
        database.collection::<Document>("system.profile").drop().await.unwrap();
    }
}

/// When a message was committed, by the clock of the set.
async fn committed_at(database: &Database, message: &str) -> Timestamp {
    let oplog = database.client().database("local").collection::<Document>("oplog.rs");
    let ns = format!("{}.log", database.name());
    let entry = oplog.find_one(doc! { "op": "i", "ns": ns, "o.message": message }).await;
    entry.unwrap().unwrap().get_timestamp("ts").unwrap()
}

/// The collections that were read while the database took notes, with the time that each read waited for.
async fn reads(database: &Database) -> Vec<(String, Option<Timestamp>)> {
    use futures_util::TryStreamExt;

    let notes = database.collection::<Document>("system.profile");
    let notes = notes.find(doc! { "command.find": { "$exists": true } }).await.unwrap();
    let notes: Vec<_> = notes.try_collect().await.unwrap();
    let read = |note: &Document| {
        let command = note.get_document("command").unwrap();
        let concern = command.get_document("readConcern").ok();
        let time = concern.and_then(|concern| concern.get_timestamp("afterClusterTime").ok());
        (command.get_str("find").unwrap().to_owned(), time)
    };
    notes.iter().map(read).collect()
}

/// Appends what no stream can deliver: a change says what was inserted, and its id twice more, which is more than 16 MB.
/// Every stream that comes there can't go on.
pub async fn break_streams(database: &Database) {
    let entry = doc! { "_id": "x".repeat(1 << 20), "filling": "x".repeat(13 << 20) };
    let log = database.collection::<Document>("log");
    log.insert_one(entry).await.unwrap();
    log.delete_one(doc! { "filling": { "$exists": true } }).await.unwrap();
}
