//! The change stream that breaks.

use gifchat::{
    domain::GifName,
    store::{Blob, Change, Posted, Store},
};

use super::{
    proxy::{Proxy, Way},
    sites::*,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn a_stream_that_was_cut_goes_on_where_it_was() {
    let (site, proxy) = (Site::new(), Proxy::before(super::mongod::port()).await);
    let (cut, other) = (site.server_behind(&proxy, Default::default()).await, site.server().await);
    let author = someone();
    let room = room_of(&other, author, 2).await.id;
    other.enter(room, author, 1).await.unwrap();
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
async fn a_server_whose_place_in_the_stream_is_gone_says_so_and_follows_anew() {
    let (site, proxy) = (Site::new(), Proxy::before(super::mongod::port()).await);
    let (cut, other) = (site.server_behind(&proxy, Default::default()).await, site.server().await);
    let author = someone();
    let room = room_of(&other, author, 2).await.id;
    other.enter(room, author, 1).await.unwrap();
    let mut changes = cut.changes().unwrap();
    post(&other, says(room, author, "heard", None)).await.unwrap();
    assert_eq!(next_message(&mut changes).await.seq, 1);
    proxy.set(Way::Cut);
    post(&other, says(room, author, "missed", None)).await.unwrap();
    // Far more than the 16 MB of history that the mongod of the tests keeps.
    let (blobs, bytes) = (other.blobs().unwrap(), vec![7; 10 << 20]);
    for _ in 0..12 {
        let name = GifName::random();
        let blob = Blob { gif: bytes.clone().into(), still: bytes.clone().into() };
        blobs.put(name, blob).await.unwrap();
        blobs.delete(&[name]).await.unwrap();
    }
    history_is_gone(&site).await;
    proxy.set(Way::Open);
    next(&mut changes, |change| matches!(change, Change::Missed).then_some(())).await;
    post(&other, says(room, author, "heard again", None)).await.unwrap();
    assert_eq!(next_message(&mut changes).await.seq, 3);
}

/// Waits until the history begins behind the message that was missed: the server truncates it in the background.
async fn history_is_gone(site: &Site) {
    let log = site.database().await.client().database("local").collection::<mongodb::bson::Document>("oplog.rs");
    let size = || async { log.estimated_document_count().await.unwrap() };
    let began = size().await;
    until(async || {
        let first = log.find_one(mongodb::bson::doc! {}).await.unwrap().unwrap();
        let first = first.get_datetime("wall").unwrap().timestamp_millis();
        let now = mongodb::bson::DateTime::now().timestamp_millis();
        size().await < began || now - first < 2_000
    })
    .await;
}
