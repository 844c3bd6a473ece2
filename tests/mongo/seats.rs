//! Seats, leases and the end of rooms across servers.

use std::{sync::Arc, time::Duration};

use gifchat::{
    domain::{Refusal, RoomId, VisitorId},
    rules::Leave,
    store::{Change, StoreError, mongo::MongoStore},
};
use mongodb::bson::{DateTime, Document, doc};
use tokio::task::JoinSet;

use super::{
    proxy::{Proxy, Way},
    sites::*,
};

/// Whose seats no socket holds.
async fn away(store: &MongoStore, room: RoomId) -> Vec<VisitorId> {
    store.room(room).await.unwrap().unwrap().away()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn fifty_visitors_race_for_ten_seats_through_three_servers() {
    let site = Site::new();
    let servers: [_; 3] = site.servers().await;
    let room = room_of(&servers[0], someone(), 10).await.id;
    let mut changes = servers[1].changes().unwrap();
    let mut racers = JoinSet::new();
    for at in 0..50 {
        let server = Arc::clone(&servers[at % 3]);
        racers.spawn(async move { server.enter(room, someone().into(), at as u64).await });
    }
    let entries = racers.join_all().await;
    let (seated, refused): (Vec<_>, Vec<_>) = entries.into_iter().partition(Result::is_ok);
    assert_eq!((seated.len(), refused.len()), (10, 40));
    for refusal in refused {
        assert!(
            matches!(refusal, Err(StoreError::Refused(Refusal::RoomFull))),
            "{refusal:?}"
        );
    }
    for count in 1..=10 {
        let told = next(&mut changes, |change| match change {
            Change::Entered(room, _) => Some(room.count),
            _ => None,
        });
        assert_eq!(told.await, count);
    }
    assert_eq!(servers[2].members(room).await.unwrap().len(), 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn sixty_four_who_join_as_many_rooms_at_once_do_not_wait_for_each_other_in_vain() {
    let server = Site::new().server().await;
    let mut rooms = Vec::new();
    for _ in 0..64 {
        rooms.push(room_of(&server, someone(), 2).await.id);
    }
    let mut joins = JoinSet::new();
    for (room, socket) in rooms.into_iter().zip(1..) {
        let server = Arc::clone(&server);
        joins.spawn(async move {
            let visitor = someone();
            let entry = server.enter(room, visitor.into(), socket).await;
            (
                entry.map(|entry| entry.seq),
                server.leave(room, visitor, socket, Leave::Explicit).await,
            )
        });
    }
    for (entered, left) in joins.join_all().await {
        assert!(matches!(entered, Ok(1)) && left.is_ok(), "{entered:?} {left:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn tabs_on_several_servers_share_a_seat_that_is_free_when_the_last_one_leaves() {
    let site = Site::new();
    let [a, b] = site.servers().await;
    let visitor = someone();
    let room = room_of(&a, visitor, 2).await.id;
    let mut changes = a.changes().unwrap();
    assert_eq!(a.enter(room, visitor.into(), 1).await.unwrap().room.count, 1);
    assert_eq!(b.enter(room, visitor.into(), 1).await.unwrap().room.count, 1);
    a.leave(room, visitor, 1, Leave::Explicit).await.unwrap();
    assert_eq!(a.members(room).await.unwrap(), [visitor]);
    b.leave(room, visitor, 1, Leave::Disconnected).await.unwrap();
    assert_eq!(a.members(room).await.unwrap(), [visitor], "the grace of the seat");
    let mut told = Vec::new();
    b.expire(gifchat::rules::Graces {
        room: SOON,
        ..no_graces()
    })
    .await
    .unwrap();
    assert!(a.members(room).await.unwrap().is_empty());
    next(&mut changes, |change| {
        told.push(format!("{change:?}").split('(').next().unwrap_or_default().to_owned());
        matches!(change, Change::Left(..)).then_some(())
    })
    .await;
    assert_eq!(told, ["RoomCreated", "Entered", "Posted", "Away", "Left"]);
    assert!(next_message(&mut changes).await.is_line());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn who_was_on_a_server_that_died_is_away_when_its_lease_is_over() {
    let site = Site::new();
    let (dying, living) = (site.server_with(FAST).await, site.server_with(FAST).await);
    let (lost, kept) = (someone(), someone());
    let room = room_of(&dying, lost, 2).await.id;
    dying.enter(room, lost.into(), 1).await.unwrap();
    living.enter(room, kept.into(), 1).await.unwrap();
    drop(dying);
    assert_eq!(living.members(room).await.unwrap().len(), 2);
    until(async || away(&living, room).await == [lost.id]).await;
    living.expire(no_graces()).await.unwrap();
    assert_eq!(living.members(room).await.unwrap(), [kept]);
    living.leave(room, kept, 1, Leave::Explicit).await.unwrap();
    assert_eq!(living.expire(no_graces()).await.unwrap().rooms.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn a_server_that_slept_longer_than_its_lease_does_not_believe_in_its_seats() {
    let (site, proxy) = (Site::new(), Proxy::before(super::support::mongod::port()).await);
    let (sleeper, waking) = (site.server_behind(&proxy, FAST).await, site.server_with(FAST).await);
    let visitor = someone();
    let room = room_of(&waking, visitor, 2).await.id;
    let mut changes = sleeper.changes().unwrap();
    sleeper.enter(room, visitor.into(), 1).await.unwrap();
    proxy.set(Way::Cut);
    until(async || away(&waking, room).await == [visitor.id]).await;
    waking.expire(no_graces()).await.unwrap();
    assert!(waking.members(room).await.unwrap().is_empty());
    proxy.set(Way::Open);
    next(&mut changes, |change| matches!(change, Change::SeatsLost).then_some(())).await;
    until(async || sleeper.ready().await.is_ok()).await;
    let refused = post(&sleeper, says(room, visitor, "x", None)).await;
    assert!(
        matches!(refused, Err(StoreError::Refused(Refusal::NotAMember))),
        "{refused:?}"
    );
    sleeper.enter(room, visitor.into(), 1).await.unwrap();
    tokio::time::sleep(FAST.lease * 2).await;
    assert_eq!(waking.members(room).await.unwrap(), [visitor], "under the new lease");
    assert!(matches!(
        post(&sleeper, says(room, visitor, "x", None)).await,
        Ok(Posted::New(_))
    ));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn an_empty_room_is_removed_by_exactly_one_server() {
    let site = Site::new();
    let servers: [_; 3] = site.servers().await;
    let visitor = someone();
    let mut changes = servers[2].changes().unwrap();
    for _ in 0..10 {
        let room = room_of(&servers[0], visitor, 2).await.id;
        servers[0].enter(room, visitor.into(), 1).await.unwrap();
        post(&servers[0], says(room, visitor, "x", None)).await.unwrap();
        servers[0].leave(room, visitor, 1, Leave::Explicit).await.unwrap();
        let (a, b, c) = tokio::join!(
            servers[0].expire(no_graces()),
            servers[1].expire(no_graces()),
            servers[2].expire(no_graces())
        );
        let removed = [a, b, c].map(|tended| tended.unwrap().rooms.len());
        assert_eq!(removed.iter().sum::<usize>(), 1, "{removed:?}");
        assert!(servers[1].room(room).await.unwrap().is_none());
        let gone = next(&mut changes, |change| match change {
            Change::RoomRemoved(id) => Some(*id),
            _ => None,
        });
        assert_eq!(gone.await, room);
    }
    let left = site.database().await.collection::<Document>("log");
    assert_eq!(
        left.count_documents(doc! { "emptied": { "$exists": false } })
            .await
            .unwrap(),
        0
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn a_seat_whose_leaving_got_lost_is_found_and_freed() {
    let (site, proxy) = (Site::new(), Proxy::before(super::support::mongod::port()).await);
    let timing = gifchat::store::mongo::Timing {
        lease: Duration::from_secs(15),
        ..FAST
    };
    let server = site.server_behind(&proxy, timing).await;
    let visitor = someone();
    let room = room_of(&server, visitor, 2).await.id;
    server.enter(room, visitor.into(), 1).await.unwrap();
    proxy.set(Way::Stalled);
    assert!(server.leave(room, visitor, 1, Leave::Disconnected).await.is_err());
    proxy.set(Way::Cut);
    proxy.set(Way::Open);
    let other = site.server().await;
    until(async || {
        other
            .expire(gifchat::rules::Graces {
                room: SOON,
                ..no_graces()
            })
            .await
            .unwrap();
        other.members(room).await.unwrap().is_empty()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn a_seat_that_was_taken_too_late_for_its_answer_is_found_and_freed() {
    let (site, proxy) = (Site::new(), Proxy::before(super::support::mongod::port()).await);
    let timing = gifchat::store::mongo::Timing {
        lease: Duration::from_secs(60),
        ..FAST
    };
    let (server, other) = (site.server_behind(&proxy, timing).await, site.server().await);
    let visitor = someone();
    let room = room_of(&server, visitor, 2).await.id;
    // Enough connections are open: to make one takes longer than an answer may.
    futures_util::future::join_all((0..8).map(|_| server.members(room))).await;
    // The seat is taken by one round trip, whose answer does not come in time.
    proxy.set(Way::Slow(Duration::from_millis(1_600)));
    let refused = server.enter(room, visitor.into(), 1).await;
    assert!(
        matches!(refused, Err(StoreError::Failed(_) | StoreError::Away)),
        "{refused:?}"
    );
    proxy.set(Way::Open);
    until(async || other.members(room).await.unwrap() == [visitor]).await;
    until(async || {
        let graces = gifchat::rules::Graces {
            room: SOON,
            ..no_graces()
        };
        other.expire(graces).await.unwrap();
        other.members(room).await.unwrap().is_empty()
    })
    .await;
    server.enter(room, visitor.into(), 2).await.unwrap();
    assert_eq!(other.members(room).await.unwrap(), [visitor]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn after_an_outage_for_all_nobody_is_taken_for_dead() {
    // Long enough for a busy machine to bring both back within one lease, after which the other one would rightly be dead.
    let patient = gifchat::store::mongo::Timing {
        lease: FAST.lease * 3,
        ..FAST
    };
    let (site, port) = (Site::new(), super::support::mongod::port());
    let (first, last) = (Proxy::before(port).await, Proxy::before(port).await);
    let (early, late) = (
        site.server_behind(&first, patient).await,
        site.server_behind(&last, patient).await,
    );
    let visitor = someone();
    let room = room_of(&late, visitor, 2).await.id;
    late.enter(room, visitor.into(), 1).await.unwrap();
    let mut changes = late.changes().unwrap();
    first.set(Way::Cut);
    last.set(Way::Cut);
    tokio::time::sleep(patient.lease * 2).await;
    // One of them finds the way back earlier, and all other leases have run out.
    first.set(Way::Open);
    until(async || early.ready().await.is_ok()).await;
    tokio::time::sleep(patient.renew * 3).await;
    assert_eq!(early.members(room).await.unwrap(), [visitor]);
    last.set(Way::Open);
    until(async || late.ready().await.is_ok()).await;
    tokio::time::sleep(patient.lease * 2).await;
    assert_eq!(early.members(room).await.unwrap(), [visitor]);
    while let Ok(change) = changes.try_recv() {
        assert!(!matches!(change, Change::SeatsLost | Change::Left(..)), "{change:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn a_server_that_started_at_the_same_time_is_not_taken_for_a_living_predecessor() {
    let site = Site::new();
    let database = site.database().await;
    // The lease of a server that was killed a moment ago.
    let until_then = DateTime::from_millis(DateTime::now().timestamp_millis() + 6_000);
    let killed = doc! { "_id": "killed", "until": until_then };
    let servers = database.collection::<Document>("servers");
    servers.insert_one(killed).await.unwrap();
    let (first, second) = (site.server_with(FAST).await, site.server_with(FAST).await);
    let room = room_of(&second, someone(), 2).await.id.to_string();
    let log = database.collection::<Document>("log");
    // The second one sees that the first renews its lease.
    tokio::time::sleep(FAST.lease * 2).await;
    drop(first);
    let fresh = doc! { "room": &room, "kind": "restarted" };
    until(async || log.count_documents(fresh.clone()).await.unwrap() == 1).await;
}
