//! How rooms end, and what a store has after it was closed.

use gifchat::{
    domain::{GifName, Limits, Refusal, Room, Title},
    rules::{Leave, RoomChange},
    store::{Change, StoreError, Window},
};

use super::{Kind, gif, gone, graces, grant, new_room, next, post, refusal, seqs, somebody, text, with_member};
use crate::support::Verbs;

pub(super) async fn a_removed_room_is_gone_with_all_of_it<K: Kind>() {
    let (_place, store, room, owner) = with_member::<K>().await;
    let other = store.create_room(new_room("딴 방", owner)).await.unwrap();
    store.enter(other.id, owner.into(), 9).await.unwrap();
    let (names, kept) = ([GifName::random(), GifName::random()], GifName::random());
    post(&store, gif(room.id, owner, names[0])).await;
    post(&store, gif(room.id, owner, names[1])).await;
    post(&store, gif(other.id, owner, kept)).await;
    let returned = store.remove_room(room.id).await.unwrap();
    gone(&store, returned, &names).await;
    assert!(store.room(room.id).await.unwrap().is_none());
    assert!(store.access(room.id, owner.into()).await.unwrap().is_none());
    assert!(store.members(room.id).await.unwrap().is_empty());
    assert!(store.history(room.id, Window::Newest, 10).await.unwrap().is_empty());
    assert_eq!(store.gif_names().await.unwrap(), [kept]);
    assert_eq!(
        refusal(store.post(text(room.id, owner, "x", None)).await),
        Refusal::RoomNotFound
    );
    assert_eq!(refusal(store.remove_room(room.id).await), Refusal::RoomNotFound);
    assert_eq!(store.rooms(None, 10).await.unwrap().total, 1);
}

pub(super) async fn forgotten_files_leave_their_places_empty<K: Kind>() {
    let (place, store, room, owner) = with_member::<K>().await;
    let (missing, kept) = (GifName::random(), GifName::random());
    post(&store, gif(room.id, owner, kept)).await;
    post(&store, text(room.id, owner, "둘", None)).await;
    post(&store, gif(room.id, owner, missing)).await;
    store.forget_gifs(vec![missing, GifName::random()]).await.unwrap();
    store.forget_gifs(Vec::new()).await.unwrap();
    assert_eq!(store.gif_names().await.unwrap(), [kept]);
    assert_eq!(
        seqs(&store.history(room.id, Window::Newest, 10).await.unwrap()),
        [1, 2, 3]
    );
    assert_eq!(post(&store, text(room.id, owner, "다섯", None)).await.seq, 5);
    let last = GifName::random();
    post(&store, gif(room.id, owner, last)).await;
    store.forget_gifs(vec![last]).await.unwrap();
    store.close().await;
    drop(store);
    // Also after a restart no place is given out twice.
    let store = place.open().await;
    drop(store.changes());
    store.enter(room.id, owner.into(), 1).await.unwrap();
    assert_eq!(post(&store, text(room.id, owner, "일곱", None)).await.seq, 7);
}

pub(super) async fn an_empty_room_goes_after_its_grace<K: Kind>() {
    let (_place, store, room, owner) = with_member::<K>().await;
    let name = GifName::random();
    post(&store, gif(room.id, owner, name)).await;
    let over = graces(0, 0, 3_600_000);
    assert!(store.expire(over).await.unwrap().rooms.is_empty(), "somebody is there");
    store.leave(room.id, owner, 1, Leave::Disconnected).await.unwrap();
    let room_waits = graces(0, 0, 3_600_000);
    assert!(
        store.expire(room_waits).await.unwrap().rooms.is_empty(),
        "the seat is free, the room waits"
    );
    // Who comes back in time saves it.
    store.enter(room.id, owner.into(), 2).await.unwrap();
    assert!(store.expire(over).await.unwrap().rooms.is_empty());
    store.leave(room.id, owner, 2, Leave::Explicit).await.unwrap();
    let mut removed = store.expire(over).await.unwrap().rooms;
    let (ended, returned) = removed.pop().unwrap();
    assert_eq!((ended, removed), (room.id, Vec::new()));
    gone(&store, returned, &[name]).await;
    assert!(store.room(room.id).await.unwrap().is_none());
    assert!(store.expire(over).await.unwrap().rooms.is_empty());
}

pub(super) async fn a_new_room_goes_when_nobody_joins<K: Kind>() {
    let place = K::fresh();
    let store = place.open().await;
    let mut changes = store.changes().unwrap();
    let room = store.create_room(new_room("방", somebody())).await.unwrap();
    assert!(store.expire(graces(0, 0, 3_600_000)).await.unwrap().rooms.is_empty());
    assert_eq!(
        store.expire(graces(0, 3_600_000, 0)).await.unwrap().rooms,
        [(room.id, Vec::new())]
    );
    assert!(matches!(next(&mut changes).await, Change::RoomCreated(_)));
    assert!(matches!(next(&mut changes).await, Change::RoomRemoved(id) if id == room.id));
}

pub(super) async fn what_was_committed_survives_a_restart<K: Kind>() {
    let (place, store, room, owner) = with_member::<K>().await;
    let granted = somebody();
    let title = Title::parse("새 이름", &Limits::default()).unwrap();
    let change = RoomChange {
        title: Some(title),
        password_hash: Some(Some("hash".into())),
        ..RoomChange::default()
    };
    store.update_room(room.id, None, change).await.unwrap();
    grant(&store, room.id, granted).await.unwrap();
    for n in 1..=3 {
        post(&store, text(room.id, owner, &n.to_string(), Some(&n.to_string()))).await;
    }
    post(&store, gif(room.id, owner, GifName::random())).await;
    let before = store.history(room.id, Window::Newest, 10).await.unwrap();
    let record = store.room(room.id).await.unwrap().unwrap();
    store.close().await;
    drop(store);

    let store = place.open().await;
    drop(store.changes());
    assert_eq!(store.history(room.id, Window::Newest, 10).await.unwrap(), before);
    let after = store.room(room.id).await.unwrap().unwrap();
    // Sockets end with their server; their seats wait, as after any other break of a connection.
    let asleep = Room {
        asleep: true,
        away: 1,
        ..record.room
    };
    assert_eq!(after.room, asleep);
    assert_eq!(store.members(room.id).await.unwrap(), [owner]);
    assert_eq!((after.password_hash, after.seq), (record.password_hash, 6));
    assert!(
        store
            .expire(graces(3_600_000, 0, 3_600_000))
            .await
            .unwrap()
            .rooms
            .is_empty(),
        "the grace is fresh"
    );
    assert_eq!(store.enter(room.id, granted.into(), 1).await.unwrap().seq, 7);
    assert_eq!(
        refusal(store.enter(room.id, somebody().into(), 2).await),
        Refusal::WrongPassword
    );
    // Who is back in time makes no line.
    assert_eq!(store.enter(room.id, owner.into(), 2).await.unwrap().seq, 7);
    assert_eq!(*post(&store, text(room.id, owner, "2", Some("2"))).await, before[3]);
    assert_eq!(post(&store, text(room.id, owner, "7", None)).await.seq, 8);
}

pub(super) async fn a_closed_store_says_so<K: Kind>() {
    let (_place, store, room, owner) = with_member::<K>().await;
    store.close().await;
    assert!(matches!(
        store.post(text(room.id, owner, "x", None)).await,
        Err(StoreError::Stopped)
    ));
    assert!(matches!(
        store.create_room(new_room("방", owner)).await,
        Err(StoreError::Stopped)
    ));
    assert!(matches!(store.ready().await, Err(StoreError::Stopped)));
    // Closing twice is no error.
    store.close().await;
}
