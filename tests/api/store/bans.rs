//! Who may read a room: the rule is the one of entering it.

use gifchat::{
    domain::{Action, Guest, Moment, Refusal, RoomId},
    rules::{Leave, RoomChange},
    store::Store,
};

use super::{Kind, grant, moderation::from, new_room, somebody, with_member};
use crate::support::Verbs;

/// Why a guest may not read a room.
async fn why(store: &dyn Store, room: RoomId, guest: Guest) -> Option<Refusal> {
    store.access(room, guest).await.unwrap().unwrap().refusal()
}

async fn has_bans(store: &dyn Store, room: RoomId) -> bool {
    !store.room(room).await.unwrap().unwrap().bans.is_empty()
}

pub(super) async fn a_ban_keeps_from_reading_whom_it_keeps_from_entering<K: Kind>() {
    let (place, store, room, owner) = with_member::<K>().await;
    let (bad, neighbour, fresh) = (somebody(), somebody(), somebody());
    let (home, away) = ("203.0.113.7", "198.51.100.9");
    store.enter(room.id, from(bad, home), 2).await.unwrap();
    store.enter(room.id, from(neighbour, home), 3).await.unwrap();
    assert!(!has_bans(&*store, room.id).await);
    assert_eq!(why(&*store, room.id, from(fresh, home)).await, None);
    let until = Some(Moment::from_millis(Moment::now().millis() + 3_600_000));
    store
        .moderate(room.id, owner, Action::Ban(bad.id, until))
        .await
        .unwrap();
    store.close().await;
    drop(store);
    let store = place.open().await;
    drop(store.changes());
    assert!(has_bans(&*store, room.id).await, "also after a restart");
    let banned = Some(Refusal::Banned { until });
    assert_eq!(why(&*store, room.id, from(bad, away)).await, banned);
    assert_eq!(why(&*store, room.id, bad.into()).await, banned);
    assert_eq!(why(&*store, room.id, from(fresh, home)).await, banned);
    assert_eq!(why(&*store, room.id, from(fresh, away)).await, None);
    assert_eq!(why(&*store, room.id, fresh.into()).await, None, "who came from nowhere");
    assert_eq!(why(&*store, room.id, from(owner, home)).await, None);
    // Who sits there is judged by who they are, until the seat is free.
    store.enter(room.id, from(neighbour, home), 4).await.unwrap();
    assert_eq!(why(&*store, room.id, from(neighbour, home)).await, None);
    store.leave(room.id, neighbour, 4, Leave::Explicit).await.unwrap();
    assert_eq!(why(&*store, room.id, from(neighbour, home)).await, banned);
    // Of two bans the longer one counts.
    store.enter(room.id, from(neighbour, away), 5).await.unwrap();
    store
        .moderate(room.id, owner, Action::Ban(neighbour.id, None))
        .await
        .unwrap();
    let for_good = Some(Refusal::Banned { until: None });
    assert_eq!(why(&*store, room.id, from(bad, away)).await, for_good);
    for visitor in [bad, neighbour] {
        store.moderate(room.id, owner, Action::Unban(visitor.id)).await.unwrap();
    }
    assert_eq!(why(&*store, room.id, from(fresh, home)).await, None);
    assert!(!has_bans(&*store, room.id).await);
}

pub(super) async fn a_closed_room_says_so_before_it_asks_for_a_password<K: Kind>() {
    let (_place, store, _, owner) = with_member::<K>().await;
    let mut locked = new_room("잠긴 방", owner);
    locked.password_hash = Some("hash".into());
    let room = store.create_room(locked).await.unwrap();
    let (granted, stranger) = (somebody(), somebody());
    grant(&store, room.id, granted).await.unwrap();
    store.enter(room.id, granted.into(), 2).await.unwrap();
    let wrong = Some(Refusal::WrongPassword);
    assert_eq!(why(&*store, room.id, stranger.into()).await, wrong);
    let closed = |closed| RoomChange {
        closed: Some(closed),
        ..RoomChange::default()
    };
    store.update_room(room.id, None, closed(true)).await.unwrap();
    assert_eq!(why(&*store, room.id, stranger.into()).await, Some(Refusal::RoomClosed));
    for visitor in [owner, granted] {
        assert_eq!(why(&*store, room.id, visitor.into()).await, None);
    }
    store.update_room(room.id, None, closed(false)).await.unwrap();
    assert_eq!(why(&*store, room.id, stranger.into()).await, wrong);
}
