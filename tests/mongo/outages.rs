//! A database that does not respond.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use gifchat::{
    domain::Body,
    rules::{Command, Leave},
    store::{
        StoreError, Window,
        mongo::{MongoStore, Timing},
    },
};

use super::{
    proxy::{Proxy, Way},
    sites::*,
};

async fn outage(way: Way) {
    let (site, proxy) = (Site::new(), Proxy::before(super::support::mongod::port()).await);
    let server = site.server_behind(&proxy, Default::default()).await;
    let (author, other) = (someone(), someone());
    let room = room_of(&server, author, 3).await.id;
    server.enter(room, author.into(), 1).await.unwrap();
    post(&server, says(room, author, "before", None)).await.unwrap();
    proxy.set(way);
    let began = Instant::now();
    let (ready, posted, entered) = tokio::join!(
        server.ready(),
        post(&server, says(room, author, "during", Some("n1"))),
        server.enter(room, other.into(), 2)
    );
    assert!(began.elapsed() <= Duration::from_secs(3), "{:?}", began.elapsed());
    for outcome in [ready.err(), posted.err(), entered.err()] {
        assert!(
            matches!(
                outcome,
                Some(StoreError::Failed(_) | StoreError::Away | StoreError::Unknown(_))
            ),
            "{outcome:?}"
        );
    }
    proxy.set(Way::Cut);
    proxy.set(Way::Open);
    until(async || server.ready().await.is_ok()).await;
    let again = post(&server, says(room, author, "during", Some("n1"))).await.unwrap();
    assert_eq!(again.message().seq, 3);
    assert!(matches!(
        post(&server, says(room, author, "after", None)).await.unwrap(),
        Posted::New(_)
    ));
    let history = server.history(room, Window::Newest, 10).await.unwrap();
    // Nobody knows whether the other has entered; the places have no gap either way.
    let seqs: Vec<_> = history.iter().map(|message| message.seq).collect();
    assert_eq!(seqs, (1..=history.len() as u64).collect::<Vec<_>>());
    let said = history.iter().filter_map(|message| match &message.body {
        Body::Chat(chat) => Some(chat.as_str()),
        _ => None,
    });
    assert_eq!(said.collect::<Vec<_>>(), ["before", "during", "after"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn while_the_database_is_silent_calls_fail_within_three_seconds_and_then_go_on() {
    outage(Way::Stalled).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn while_the_database_is_cut_off_calls_fail_within_three_seconds_and_then_go_on() {
    outage(Way::Cut).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn a_seat_left_while_the_database_is_silent_is_free_when_it_answers_again() {
    let (site, proxy) = (Site::new(), Proxy::before(super::support::mongod::port()).await);
    let patient = Timing {
        renew: Duration::from_millis(300),
        ..Timing::default()
    };
    let server = site.server_behind(&proxy, patient).await;
    let (stays, goes) = (someone(), someone());
    let room = room_of(&server, stays, 3).await.id;
    server.enter(room, stays.into(), 1).await.unwrap();
    server.enter(room, goes.into(), 2).await.unwrap();
    proxy.set(Way::Stalled);
    until(async || matches!(server.ready().await, Err(StoreError::Away))).await;
    assert!(server.leave(room, goes, 2, Leave::Explicit).await.is_err());
    proxy.set(Way::Cut);
    proxy.set(Way::Open);
    until(async || {
        server.expire(no_graces()).await.is_ok() && server.members(room).await.is_ok_and(|members| members == [stays])
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn a_slow_database_is_waited_for() {
    let (site, proxy) = (Site::new(), Proxy::before(super::support::mongod::port()).await);
    let server = site.server_behind(&proxy, Default::default()).await;
    let author = someone();
    let room = room_of(&server, author, 3).await.id;
    proxy.set(Way::Slow(Duration::from_millis(50)));
    server.enter(room, author.into(), 1).await.unwrap();
    for seq in 2..=4 {
        assert_eq!(
            post(&server, says(room, author, "x", None))
                .await
                .unwrap()
                .message()
                .seq,
            seq
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn rooms_that_are_read_while_they_end_leave_nothing_behind() {
    const ROOMS: usize = 60;
    let site = Site::new();
    let url = site.url();
    let open = || async { Arc::new(MongoStore::open(&url, 5, Timing::default()).await.unwrap()) };
    let (making, reading) = tokio::join!(open(), open());
    let owner = someone();
    for _ in 0..ROOMS {
        let room = room_of(&making, owner, 3).await.id;
        let (over, mut is_over) = tokio::sync::watch::channel(false);
        let readers: Vec<_> = [&making, &reading, &reading]
            .map(|store| {
                let (store, is_over) = (Arc::clone(store), is_over.clone());
                tokio::spawn(async move {
                    while !*is_over.borrow() {
                        store.history(room, Window::Newest, 10).await.unwrap();
                    }
                })
            })
            .into();
        making.submit(room, Command::Remove(owner.id), None).await.unwrap();
        until(async || reading.last_known_rooms(None, 10).is_some_and(|page| page.total == 0)).await;
        let _ = over.send(true);
        let _ = is_over.changed().await;
        for reader in readers {
            reader.await.unwrap();
        }
    }
    // Not one of those is counted.
    for store in [&making, &reading] {
        for _ in 0..5 / 2 {
            room_of(store, owner, 3).await;
        }
    }
}
