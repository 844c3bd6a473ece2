//! The change stream that breaks.

use gifchat::store::{Change, Departure, Posted, Store};
use mongodb::bson::doc;

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
    // What the room was after this update is not kept, as if it were too long ago.
    keep_history(&site, false).await;
    other.enter(room, guest.into(), 2).await.unwrap();
    keep_history(&site, true).await;
    post(&other, says(room, author, "missed", None)).await.unwrap();
    proxy.set(Way::Open);
    next(&mut changes, |change| matches!(change, Change::Missed).then_some(())).await;
    post(&other, says(room, author, "heard again", None)).await.unwrap();
    // The guest, who has the third place, and the missed message came before.
    assert_eq!(next_message(&mut changes).await.seq, 5);
    other.leave(room, guest, 2, Departure::Left).await.unwrap();
    let left = next(&mut changes, |change| match change {
        Change::Left(room, visitor) => Some((room.count, *visitor)),
        _ => None,
    });
    assert_eq!(left.await, (1, guest));
}

async fn keep_history(site: &Site, enabled: bool) {
    let images = doc! { "collMod": "rooms", "changeStreamPreAndPostImages": { "enabled": enabled } };
    site.database().await.run_command(images).await.unwrap();
}
