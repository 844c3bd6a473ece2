//! Sessions and GIFs in the database, and what crashes leave there.

use futures_util::{TryStreamExt, future::join_all};
use gifchat::{domain::GifName, store::Blob};
use mongodb::bson::{Binary, DateTime, Document, doc, spec::BinarySubtype};
use time::{Duration, OffsetDateTime};
use tokio::time::timeout;
use tower_sessions::{
    SessionStore,
    session::{Id, Record},
};

use super::{sites::*, support::in_time};

fn record(expires_in: Duration) -> Record {
    Record {
        id: Id::default(),
        data: [("visitor".to_owned(), serde_json::json!("00ff"))].into(),
        expiry_date: OffsetDateTime::now_utc() + expires_in,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn a_session_is_the_same_on_all_servers_and_gone_from_all_when_it_is_rotated() {
    let site = Site::new();
    let [a, b] = site.servers().await;
    let (a, b) = (a.sessions().await.unwrap(), b.sessions().await.unwrap());
    let mut session = record(Duration::hours(1));
    a.create(&mut session).await.unwrap();
    assert_eq!(b.load(&session.id).await.unwrap().unwrap().data, session.data);
    let mut other = record(Duration::hours(1));
    other.id = session.id;
    other.data.clear();
    b.create(&mut other).await.unwrap();
    assert_ne!(other.id, session.id, "an id that is taken is not overwritten");
    assert_eq!(a.load(&session.id).await.unwrap().unwrap().data, session.data);
    a.delete(&session.id).await.unwrap();
    assert!(b.load(&session.id).await.unwrap().is_none());
    assert!(a.save(&session).await.is_err(), "what has ended does not come back");
    assert!(b.load(&session.id).await.unwrap().is_none());
    let mut old = record(Duration::seconds(-1));
    a.create(&mut old).await.unwrap();
    assert!(b.load(&old.id).await.unwrap().is_none(), "it has expired");
    let sessions = site.database().await.collection::<mongodb::bson::Document>("sessions");
    let old = doc! { "expires": { "$lt": DateTime::now() } };
    until(async || sessions.count_documents(old.clone()).await.unwrap() == 0).await;
}

/// A session as version 0.1.0 kept it.
fn of_an_older_version(session: &Record) -> Document {
    let expires = DateTime::from_millis(session.expiry_date.unix_timestamp() * 1_000);
    let data = serde_json::to_string(&session.data).unwrap();
    doc! { "_id": session.id.to_string(), "data": data, "expires": expires }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn sessions_that_were_kept_by_their_ids_go_on_and_the_ids_are_gone_although_nobody_comes_back() {
    const ALL: usize = 1_000;
    let site = Site::new();
    let [a, b] = site.servers().await;
    let (a, b) = (a.sessions().await.unwrap(), b.sessions().await.unwrap());
    let sessions = site.database().await.collection::<Document>("sessions");
    let kept: Vec<Record> = (0..ALL).map(|_| record(Duration::hours(1))).collect();
    let mut old: Vec<Document> = kept.iter().map(of_an_older_version).collect();
    // What no cookie can name, and one that another server has begun to take over.
    old.push(doc! { "_id": "no id", "data": "{}", "expires": DateTime::MAX });
    let hash = |session: &Record| Binary {
        subtype: BinarySubtype::Generic,
        bytes: gifchat::store::hash_of(&session.id).to_vec(),
    };
    let mut taken = of_an_older_version(&kept[0]);
    taken.insert("_id", hash(&kept[0]));
    old.push(taken);
    sessions.insert_many(old).await.unwrap();

    // Both servers start, and visitors come, go on and end their sessions on either.
    let (coming, rest) = kept.split_at(300);
    let (ending, staying) = coming.split_at(100);
    let visits = async {
        for (n, session) in coming.iter().enumerate() {
            let server = if n % 2 == 0 { &a } else { &b };
            let found = server.load(&session.id).await.unwrap().expect("it goes on");
            assert_eq!(found.data, session.data);
            if n < ending.len() {
                server.delete(&session.id).await.unwrap();
            } else {
                server.save(session).await.unwrap();
            }
        }
    };
    let (first, second, ()) = tokio::join!(a.purge(), b.purge(), visits);
    first.and(second).unwrap();

    let by_ids = doc! { "_id": { "$not": { "$type": "binData" } } };
    assert_eq!(sessions.count_documents(by_ids).await.unwrap(), 0);
    let left = u64::try_from(ALL - ending.len()).unwrap();
    assert_eq!(sessions.count_documents(doc! {}).await.unwrap(), left);
    for session in ending {
        assert!(
            a.load(&session.id).await.unwrap().is_none(),
            "an ended session came back"
        );
    }
    for session in staying.iter().chain(&rest[..100]) {
        assert_eq!(b.load(&session.id).await.unwrap().unwrap().data, session.data);
    }
    // A hash that was read somewhere opens nothing.
    let stolen = gifchat::store::hash_of(&rest[0].id);
    let stolen = Id(i128::from_le_bytes(stolen[..16].try_into().unwrap()));
    assert!(a.load(&stolen).await.unwrap().is_none());
    a.delete(&rest[0].id).await.unwrap();
    assert!(b.load(&rest[0].id).await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn a_gif_of_one_server_is_found_by_the_other_until_it_is_deleted() {
    let site = Site::new();
    let [a, b] = site.servers().await;
    let (a, b) = (a.blobs().unwrap(), b.blobs().unwrap());
    let name = GifName::random();
    let blob = Blob {
        gif: vec![1; 10 << 20].into(),
        still: vec![2; 10 << 20].into(),
    };
    a.put(name, blob.clone()).await.unwrap();
    a.put(name, blob).await.unwrap();
    let found = b.get(name).await.unwrap().unwrap();
    assert_eq!((found.gif.len(), found.still[0]), (10 << 20, 2));
    assert!(b.get(GifName::random()).await.unwrap().is_none());
    b.delete(&[name]).await.unwrap();
    assert!(a.get(name).await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn what_crashes_left_behind_is_swept_away_and_nothing_else() {
    let site = Site::new();
    let [server] = site.servers().await;
    let blobs = server.blobs().unwrap();
    let blob = Blob {
        gif: vec![1; 100].into(),
        still: vec![2; 100].into(),
    };
    let [named, unnamed, young]: [GifName; 3] = std::array::from_fn(|_| GifName::random());
    for name in [named, unnamed, young] {
        blobs.put(name, blob.clone()).await.unwrap();
    }
    let owner = someone();
    let room = room_of(&server, owner, 2).await.id.to_string();
    let gone = gifchat::domain::RoomId::random().to_string();
    let database = site.database().await;
    let whispered = doc! { "_id": "another entry", "room": &room, "gif": { "name": named.to_string() } };
    database.collection("log").insert_one(whispered).await.unwrap();
    let forbidden = database.collection::<Document>("forbidden");
    let hashes = [&room, &gone].map(|room| doc! { "room": room, "hash": "x" });
    forbidden.insert_many(hashes).await.unwrap();
    let long_ago = DateTime::from_millis(DateTime::now().timestamp_millis() - 2 * 3_600_000);
    let ids: Vec<_> = [named, unnamed]
        .iter()
        .flat_map(|name| [name.to_string(), format!("still-{name}")])
        .collect();
    let gifs = database.collection::<Document>("gifs");
    let older = doc! { "$set": { "at": long_ago } };
    gifs.update_many(doc! { "_id": { "$in": ids } }, older).await.unwrap();

    server.sweep().await.unwrap();
    for (name, kept) in [(named, true), (unnamed, false), (young, true)] {
        assert_eq!(blobs.get(name).await.unwrap().is_some(), kept);
    }
    assert_eq!(forbidden.distinct("room", doc! {}).await.unwrap(), [room.into()]);
    assert_eq!(gifs.count_documents(doc! {}).await.unwrap(), 4, "files and stills");
}

/// How often the database was asked for sessions.
async fn lookups(site: &Site) -> i64 {
    let table = site.database().await.collection::<Document>("sessions");
    let stats = table.aggregate([doc! { "$collStats": { "latencyStats": {} } }]).await;
    let stats: Vec<Document> = stats.unwrap().try_collect().await.unwrap();
    let reads = stats[0]
        .get_document("latencyStats")
        .unwrap()
        .get_document("reads")
        .unwrap();
    reads.get_i64("ops").unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn sessions_asked_for_at_the_same_moment_are_looked_up_together_and_whoever_gives_up_keeps_nobody_waiting() {
    const ALL: usize = 200;
    let site = Site::new();
    let [server] = site.servers().await;
    let sessions = server.sessions().await.unwrap();
    let mut known = Vec::new();
    for n in 0..ALL {
        let mut session = record(Duration::hours(1));
        session.data = [("n".to_owned(), serde_json::json!(n))].into();
        sessions.create(&mut session).await.unwrap();
        known.push(session);
    }
    let before = lookups(&site).await;
    let asked = known.iter().enumerate().map(async |(n, session)| {
        let unknown = Id::default();
        if n % 4 == 0 {
            // Who asks for the others too may go before there is an answer.
            let soon = std::time::Duration::from_micros(20 * n as u64);
            drop(timeout(soon, sessions.load(&session.id)).await);
        }
        let (found, missing) = tokio::join!(sessions.load(&session.id), sessions.load(&unknown));
        assert_eq!(found.unwrap().unwrap().data, session.data);
        assert!(missing.unwrap().is_none());
    });
    in_time("all sessions", join_all(asked)).await;
    let asked = lookups(&site).await - before;
    assert!(asked <= ALL as i64 / 2, "{asked} look-ups of {ALL} sessions");
}
