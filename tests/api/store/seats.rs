//! Who has a seat, and the lines of who comes and goes.

use std::sync::Arc;

use gifchat::{
    domain::{Action, Budget, Limits, LineKind, Max, Refusal},
    rules::{Graces, Leave, NewRoom, RoomChange, SOCKETS_EACH},
    store::Window,
};

use super::{
    AT_ONCE, FOREVER, Kind, graces, lines, moderation::from, new_room, nobody_there, post, refusal, seqs, somebody,
    text, with_member,
};
use crate::support::Verbs;

pub(super) async fn seats_never_exceed_max<K: Kind>() {
    let place = K::fresh();
    let store = place.open().await;
    drop(store.changes());
    let room = store.create_room(new_room("방", somebody())).await.unwrap();
    let racing = (0..30).map(|n| {
        let store = Arc::clone(&store);
        tokio::spawn(async move { (store.enter(room.id, somebody().into(), n).await, n) })
    });
    let mut seated = Vec::new();
    for entered in futures_util::future::join_all(racing.collect::<Vec<_>>()).await {
        match entered.unwrap() {
            (Ok(entry), n) => {
                assert!(entry.room.count <= 3 && entry.members.len() == entry.room.count as usize);
                seated.push((*entry.members.last().unwrap(), n));
            }
            (refused, _) => assert_eq!(refusal(refused), Refusal::RoomFull),
        }
    }
    assert_eq!(seated.len(), 3);
    assert_eq!(store.members(room.id).await.unwrap().len(), 3);
    let (leaver, socket) = seated.pop().unwrap();
    store.leave(room.id, leaver, socket, Leave::Explicit).await.unwrap();
    store.enter(room.id, somebody().into(), 100).await.unwrap();
    assert_eq!(
        refusal(store.enter(room.id, leaver.into(), 101).await),
        Refusal::RoomFull
    );
    assert_eq!(
        refusal(store.enter(nobody_there(), leaver.into(), 102).await),
        Refusal::RoomNotFound
    );
}

pub(super) async fn people_of_one_address_have_half_of_the_seats_after_a_restart_too<K: Kind>() {
    let place = K::fresh();
    let store = place.open().await;
    drop(store.changes());
    let class = || from(somebody(), "192.0.2.1");
    let owner = somebody();
    let max = Max::parse(Some(8), &Limits::default()).unwrap();
    let new = NewRoom {
        max,
        ..new_room("교실", owner)
    };
    let room = store.create_room(new).await.unwrap();
    for n in 1..=4 {
        store.enter(room.id, class(), n).await.unwrap();
    }
    let beyond = |refused| {
        matches!(
            refused,
            Refusal::RateLimited {
                budget: Budget::Seats,
                ..
            }
        )
    };
    assert!(beyond(refusal(store.enter(room.id, class(), 5).await)));
    store.enter(room.id, from(somebody(), "192.0.2.2"), 6).await.unwrap();
    store.close().await;
    let store = place.open().await;
    drop(store.changes());
    assert!(
        beyond(refusal(store.enter(room.id, class(), 7).await)),
        "the seats wait"
    );
    let crowd = RoomChange {
        crowd: Some(true),
        ..RoomChange::default()
    };
    assert!(store.update_room(room.id, Some(owner.id), crowd).await.unwrap().crowd);
    store.enter(room.id, class(), 8).await.unwrap();
    store.close().await;
    let store = place.open().await;
    assert!(store.room(room.id).await.unwrap().unwrap().room.crowd);
}

pub(super) async fn sockets_of_one_visitor_share_a_seat<K: Kind>() {
    let (_place, store, room, owner) = with_member::<K>().await;
    let entry = store.enter(room.id, owner.into(), 2).await.unwrap();
    assert_eq!((entry.room.count, entry.members.as_slice()), (1, &[owner][..]));
    let other = somebody();
    assert_eq!(
        store.enter(room.id, other.into(), 3).await.unwrap().members,
        [owner, other]
    );
    store.leave(room.id, owner, 1, Leave::Explicit).await.unwrap();
    // A socket that is not there, or not any more, takes nothing away.
    store.leave(room.id, owner, 1, Leave::Explicit).await.unwrap();
    store.leave(room.id, owner, 3, Leave::Explicit).await.unwrap();
    store.leave(room.id, somebody(), 2, Leave::Explicit).await.unwrap();
    store.leave(nobody_there(), owner, 2, Leave::Explicit).await.unwrap();
    assert_eq!(store.members(room.id).await.unwrap(), [owner, other]);
    store.leave(room.id, owner, 2, Leave::Explicit).await.unwrap();
    assert_eq!(store.members(room.id).await.unwrap(), [other]);
    assert!(!store.access(room.id, owner.into()).await.unwrap().unwrap().member);
}

pub(super) async fn a_visitor_is_in_a_room_by_so_many_sockets_and_no_more<K: Kind>() {
    let (_place, store, room, owner) = with_member::<K>().await;
    let elsewhere = store.create_room(new_room("딴 방", owner)).await.unwrap();
    let wanted = SOCKETS_EACH as u64 + 8;
    let racing = (2..=wanted).map(|socket| {
        let store = &store;
        async move { (socket, store.enter(room.id, owner.into(), socket).await) }
    });
    let answers = futures_util::future::join_all(racing).await;
    let (taken, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|(_, entry)| entry.is_ok());
    assert_eq!(taken.len(), SOCKETS_EACH - 1, "and the one it was in with");
    let too_many = Refusal::TooManySockets { limit: SOCKETS_EACH };
    for (_, entry) in refused {
        assert_eq!(refusal(entry), too_many);
    }
    // Neither one that is in already, nor others, nor other rooms are concerned.
    store.enter(room.id, owner.into(), taken[0].0).await.unwrap();
    store.enter(room.id, somebody().into(), wanted + 1).await.unwrap();
    store.enter(elsewhere.id, owner.into(), wanted + 2).await.unwrap();
    let more = wanted + 3;
    assert_eq!(refusal(store.enter(room.id, owner.into(), more).await), too_many);
    store.leave(room.id, owner, 1, Leave::Disconnected).await.unwrap();
    store.enter(room.id, owner.into(), more).await.unwrap();
    for (socket, _) in taken {
        store.leave(room.id, owner, socket, Leave::Explicit).await.unwrap();
    }
    assert!(store.members(room.id).await.unwrap().contains(&owner));
    store.leave(room.id, owner, more, Leave::Explicit).await.unwrap();
    assert!(!store.members(room.id).await.unwrap().contains(&owner));
}

pub(super) async fn a_dropped_seat_waits_for_its_grace<K: Kind>() {
    let (_place, store, room, owner) = with_member::<K>().await;
    let other = somebody();
    store.enter(room.id, other.into(), 2).await.unwrap();
    store.leave(room.id, owner, 1, Leave::Disconnected).await.unwrap();
    store.expire(FOREVER).await.unwrap();
    assert_eq!(store.members(room.id).await.unwrap(), [owner, other]);
    assert!(store.access(room.id, owner.into()).await.unwrap().unwrap().member);
    // Back in time, the seat is safe.
    store.enter(room.id, owner.into(), 3).await.unwrap();
    store
        .expire(Graces {
            seat: AT_ONCE,
            ..FOREVER
        })
        .await
        .unwrap();
    assert_eq!(store.members(room.id).await.unwrap(), [owner, other]);
    store.leave(room.id, owner, 3, Leave::Disconnected).await.unwrap();
    store
        .expire(Graces {
            seat: AT_ONCE,
            ..FOREVER
        })
        .await
        .unwrap();
    assert_eq!(store.members(room.id).await.unwrap(), [other]);
    assert_eq!(store.room(room.id).await.unwrap().unwrap().room.count, 1);
}

pub(super) async fn who_comes_and_goes_leaves_a_line_in_its_place<K: Kind>() {
    let (_place, store, room, owner) = with_member::<K>().await;
    let (other, third) = (somebody(), somebody());
    post(&store, text(room.id, owner, "둘", None)).await;
    let entry = store.enter(room.id, other.into(), 2).await.unwrap();
    assert_eq!((entry.seq, entry.members), (3, vec![owner, other]));
    // A second socket makes no line, and neither does a seat that is come back to.
    assert_eq!(store.enter(room.id, other.into(), 3).await.unwrap().seq, 3);
    store.leave(room.id, other, 3, Leave::Explicit).await.unwrap();
    store.leave(room.id, other, 2, Leave::Disconnected).await.unwrap();
    assert_eq!(store.enter(room.id, other.into(), 4).await.unwrap().seq, 3);
    // A refused one makes none.
    store.enter(room.id, third.into(), 5).await.unwrap();
    assert_eq!(
        refusal(store.enter(room.id, somebody().into(), 6).await),
        Refusal::RoomFull
    );
    store.leave(room.id, third, 5, Leave::Explicit).await.unwrap();
    store.leave(room.id, other, 4, Leave::Disconnected).await.unwrap();
    store.expire(FOREVER).await.unwrap();
    assert_eq!(store.room(room.id).await.unwrap().unwrap().seq, 5);
    store.expire(graces(0, 3_600_000, 3_600_000)).await.unwrap();
    store.expire(graces(0, 3_600_000, 3_600_000)).await.unwrap();
    let expected = [
        (owner, LineKind::Joined, 1),
        (other, LineKind::Joined, 2),
        (third, LineKind::Joined, 3),
        (third, LineKind::Left, 2),
        (other, LineKind::Left, 1),
    ];
    assert_eq!(lines(&store, room.id).await, expected);
    let all = store.history(room.id, Window::Newest, 10).await.unwrap();
    assert_eq!(seqs(&all), [1, 2, 3, 4, 5, 6]);
    assert_eq!(store.room(room.id).await.unwrap().unwrap().seq, 6);
}

pub(super) async fn a_seat_not_come_back_to_after_a_restart_leaves_a_line<K: Kind>() {
    let (place, store, room, owner) = with_member::<K>().await;
    let (other, left) = (somebody(), somebody());
    store.enter(room.id, left.into(), 2).await.unwrap();
    store.enter(room.id, other.into(), 3).await.unwrap();
    store.leave(room.id, left, 2, Leave::Explicit).await.unwrap();
    store.close().await;
    drop(store);
    let store = place.open().await;
    drop(store.changes());
    assert_eq!(store.members(room.id).await.unwrap(), [owner, other]);
    store.enter(room.id, owner.into(), 1).await.unwrap();
    store.expire(graces(0, 3_600_000, 3_600_000)).await.unwrap();
    assert_eq!(store.members(room.id).await.unwrap(), [owner]);
    let last = lines(&store, room.id).await;
    assert_eq!((last.len(), last.last()), (5, Some(&(other, LineKind::Left, 1))));
}

pub(super) async fn a_room_that_people_came_to_sleeps_over_a_restart<K: Kind>() {
    let (place, store, left, owner) = with_member::<K>().await;
    store.leave(left.id, owner, 1, Leave::Explicit).await.unwrap();
    let new = store.create_room(new_room("새 방", owner)).await.unwrap();
    // Who is banned has not come.
    let ban = Action::Ban(somebody().id, None);
    store.moderate(new.id, owner, ban).await.unwrap();
    store.close().await;
    drop(store);
    let store = place.open().await;
    for (room, asleep) in [(left.id, true), (new.id, false)] {
        assert_eq!(store.room(room).await.unwrap().unwrap().room.asleep, asleep);
    }
}

pub(super) async fn joins_and_exits_in_a_rush_leave_one_line_each<K: Kind>() {
    let (_place, store, room, owner) = with_member::<K>().await;
    let rush = (0..60).map(|n| {
        let (store, id) = (Arc::clone(&store), room.id);
        tokio::spawn(async move {
            let visitor = somebody();
            let entered = store.enter(id, visitor.into(), 100 + n).await;
            store.leave(id, visitor, 100 + n, Leave::Explicit).await.unwrap();
            entered.is_ok().then_some(visitor)
        })
    });
    let came = futures_util::future::join_all(rush.collect::<Vec<_>>()).await;
    let came: Vec<_> = came.into_iter().filter_map(|who| who.unwrap()).collect();
    assert!(!came.is_empty());
    assert_eq!(store.members(room.id).await.unwrap(), [owner]);
    let lines = lines(&store, room.id).await;
    assert_eq!(lines.len(), 1 + 2 * came.len());
    for visitor in came {
        let kinds: Vec<_> = lines
            .iter()
            .filter(|(who, ..)| *who == visitor)
            .map(|(_, kind, _)| *kind)
            .collect();
        assert_eq!(kinds, [LineKind::Joined, LineKind::Left]);
    }
    // Each count follows from the one before.
    let mut count = 0;
    for (_, kind, told) in lines {
        count = if kind == LineKind::Joined { count + 1 } else { count - 1 };
        assert_eq!(told, count);
    }
}
