//! What rooms do not keep: entries that nobody needs any more are deleted, and every server still knows the room.

use futures_util::future::join_all;
use gifchat::{
    rules::{Graces, Retention},
    store::Window,
};
use mongodb::bson::{Document, doc};

use super::{
    proxy::{Proxy, Way},
    sites::*,
};

/// More entries than stay behind a snapshot.
const MANY: usize = 2_400;

/// Entries of a room that stay at least before its last snapshot.
const BEHIND: u64 = 1_000;

fn keeping(messages: u64) -> Graces {
    Graces {
        room: SOON,
        retention: Retention { messages, age: None },
        ..no_graces()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn a_room_that_forgets_is_small_and_known_to_servers_that_start_and_that_were_cut_off() {
    let (site, proxy) = (Site::new(), Proxy::before(super::support::mongod::port()).await);
    let at_work = site.server().await;
    let cut_off = site.server_behind(&proxy, Default::default()).await;
    drop((at_work.changes(), cut_off.changes()));
    let (owner, member) = (someone(), someone());
    let room = room_of(&at_work, owner, 3).await.id;
    at_work.enter(room, owner.into(), 1).await.unwrap();
    at_work.enter(room, member.into(), 2).await.unwrap();
    until(async || matches!(cut_off.room(room).await, Ok(Some(room)) if room.seq == 2)).await;
    proxy.set(Way::Cut);
    for some in (0..MANY).collect::<Vec<_>>().chunks(200) {
        let posts = some
            .iter()
            .map(|n| post(&at_work, says(room, member, &n.to_string(), None)));
        for posted in join_all(posts).await {
            posted.unwrap();
        }
    }
    at_work.expire(keeping(10)).await.unwrap();
    let log = site.database().await.collection::<Document>("log");
    let of_room = doc! { "room": room.to_string() };
    until(async || {
        // What a snapshot does not hold yet goes with what is forgotten next.
        let _ = at_work.sweep().await;
        log.count_documents(of_room.clone()).await.unwrap() <= BEHIND + 250
    })
    .await;
    let with_text = doc! { "room": room.to_string(), "chat": { "$exists": true } };
    assert_eq!(
        log.count_documents(with_text).await.unwrap(),
        10,
        "nothing of the rest is left"
    );

    let last = MANY as u64 + 2;
    let kept: Vec<u64> = (last - 9..=last).collect();
    let starts = site.server().await;
    drop(starts.changes());
    proxy.set(Way::Open);
    until(async || cut_off.ready().await.is_ok()).await;
    for server in [&at_work, &starts, &cut_off] {
        let seqs = async || {
            let page = server.history(room, Window::Newest, 100).await.ok()?;
            Some(page.iter().map(|message| message.seq).collect::<Vec<_>>())
        };
        until(async || seqs().await.as_ref() == Some(&kept)).await;
        assert_eq!(server.members(room).await.unwrap(), [owner, member]);
    }
    for (n, server) in (1..).zip([&cut_off, &starts, &at_work]) {
        let posted = post(server, says(room, member, "weiter", None)).await.unwrap();
        assert_eq!(posted.message().seq, last + n);
    }
}
