//! Rooms and their passwords, and the order in which changes are told.

use gifchat::{
    domain::{Body, Budget, Guest, Limits, LineKind, Maker, Max, Refusal, Title, Visitor},
    rules::{Leave, NewRoom, OpenRooms, RoomChange},
    store::{Change, RoomCursor, Window},
};

use super::{
    Kind, grant, moderation::from, new_room, next, nobody_there, post, refusal, somebody, text, told, with_member,
};
use crate::support::Verbs;
use crate::support::in_time;

pub(super) async fn changes_come_in_commit_order<K: Kind>() {
    let place = K::fresh();
    let store = place.open().await;
    let mut changes = store.changes().unwrap();
    let (owner, other) = (somebody(), somebody());
    let made = store.create_room(new_room("방", owner)).await.unwrap();
    let id = made.id;
    store.enter(id, owner.into(), 1).await.unwrap();
    store.enter(id, other.into(), 2).await.unwrap();
    store.enter(id, other.into(), 3).await.unwrap();
    let first = post(&store, text(id, owner, "하나", Some("n"))).await;
    store.post(text(id, owner, "하나", Some("n"))).await.unwrap();
    let title = Title::parse("새 이름", &Limits::default()).unwrap();
    store
        .update_room(
            id,
            None,
            RoomChange {
                title: Some(title),
                ..RoomChange::default()
            },
        )
        .await
        .unwrap();
    store.leave(id, other, 2, Leave::Explicit).await.unwrap();
    store.leave(id, other, 3, Leave::Explicit).await.unwrap();
    store.remove_room(id).await.unwrap();

    assert!(matches!(next(&mut changes).await, Change::RoomCreated(room) if room == made));
    assert!(matches!(next(&mut changes).await, Change::Entered(room, who) if who == owner && room.count == 1));
    told(&mut changes, 1, owner, LineKind::Joined, 1).await;
    // The second socket of a visitor and the repeated post are no changes.
    assert!(matches!(next(&mut changes).await, Change::Entered(room, who) if who == other && room.count == 2));
    told(&mut changes, 2, other, LineKind::Joined, 2).await;
    assert!(matches!(next(&mut changes).await, Change::Posted(message) if message == first));
    assert!(matches!(next(&mut changes).await, Change::RoomUpdated(room) if room.title.as_str() == "새 이름"));
    told(&mut changes, 4, owner, LineKind::Renamed, 2).await;
    assert!(matches!(next(&mut changes).await, Change::Left(room, who) if who == other && room.count == 1));
    told(&mut changes, 5, other, LineKind::Left, 1).await;
    assert!(matches!(next(&mut changes).await, Change::RoomRemoved(gone) if gone == id));
    store.close().await;
    assert!(in_time("the end of the changes", changes.recv()).await.is_none());
}

pub(super) async fn changes_go_to_one_follower<K: Kind>() {
    let place = K::fresh();
    let store = place.open().await;
    let first = store.changes();
    assert!(first.is_some() && store.changes().is_none());
}

pub(super) async fn a_room_is_found_as_it_was_made<K: Kind>() {
    let place = K::fresh();
    let store = place.open().await;
    drop(store.changes());
    store.ready().await.unwrap();
    let owner = somebody();
    let made = store.create_room(new_room("움짤 🏆", owner)).await.unwrap();
    assert_eq!(
        (made.title.as_str(), made.max.get(), made.count, made.locked),
        ("움짤 🏆", 3, 0, false)
    );
    let record = store.room(made.id).await.unwrap().unwrap();
    assert_eq!((record.room, record.password_hash, record.seq), (made.clone(), None, 0));
    assert!(store.room(nobody_there()).await.unwrap().is_none());
    let access = store.access(made.id, owner.into()).await.unwrap().unwrap();
    assert!(access.owner && access.granted && !access.member);
    let access = store.access(made.id, somebody().into()).await.unwrap().unwrap();
    assert!(!access.owner && access.granted && !access.member);
    assert!(store.access(nobody_there(), owner.into()).await.unwrap().is_none());
    assert!(store.members(nobody_there()).await.unwrap().is_empty());
}

pub(super) async fn rooms_are_paged_newest_first<K: Kind>() {
    let place = K::fresh();
    let store = place.open().await;
    drop(store.changes());
    let owner = somebody();
    let mut made = Vec::new();
    for n in 0..75 {
        made.push(store.create_room(new_room(&format!("방 {n}"), owner)).await.unwrap());
    }
    // Rooms of one millisecond are told apart by their ids.
    made.sort_by_key(|room| std::cmp::Reverse(RoomCursor::of(room)));
    for limit in [1, 10, 74, 75, 100] {
        let (mut listed, mut after) = (Vec::new(), None);
        loop {
            let page = store.rooms(after, limit).await.unwrap();
            assert!(page.rooms.len() <= limit && page.total == 75);
            listed.extend(page.rooms);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert!(listed == made, "pages of {limit}");
    }
    // A cursor stays good without its room, also in words.
    let cursor: RoomCursor = RoomCursor::of(&made[9]).to_string().parse().unwrap();
    store.remove_room(made[9].id).await.unwrap();
    let page = store.rooms(Some(cursor), 5).await.unwrap();
    assert!(page.rooms == made[10..15] && page.total == 74);
}

pub(super) async fn the_rooms_of_a_visitor_are_those_with_a_seat_of_theirs<K: Kind>() {
    let (_place, store, first, visitor) = with_member::<K>().await;
    let mut made = vec![first];
    for n in 0..3 {
        made.push(
            store
                .create_room(new_room(&format!("방 {n}"), somebody()))
                .await
                .unwrap(),
        );
    }
    // A room that the visitor owns and is not in is none of them.
    store.create_room(new_room("빈 방", visitor)).await.unwrap();
    for (room, socket) in made[1..].iter().zip(2..) {
        store.enter(room.id, somebody().into(), 10 + socket).await.unwrap();
        store.enter(room.id, visitor.into(), socket).await.unwrap();
    }
    store.leave(made[2].id, visitor, 3, Leave::Explicit).await.unwrap();
    store.leave(made[3].id, visitor, 4, Leave::Disconnected).await.unwrap();
    made.remove(2);
    made.sort_by_key(|room| std::cmp::Reverse(RoomCursor::of(room)));
    let ids = async |limit| {
        let rooms = store.rooms_of(visitor.id, limit).await.unwrap();
        rooms.iter().map(|room| room.id).collect::<Vec<_>>()
    };
    let expected: Vec<_> = made.iter().map(|room| room.id).collect();
    assert_eq!(ids(10).await, expected, "newest first, and one keeps a seat while away");
    assert_eq!(ids(2).await, expected[..2]);
    store.remove_room(expected[0]).await.unwrap();
    assert_eq!(ids(10).await, expected[1..]);
    assert!(store.rooms_of(somebody().id, 10).await.unwrap().is_empty());
}

pub(super) async fn a_room_is_changed_in_part<K: Kind>() {
    let (_place, store, room, _) = with_member::<K>().await;
    let unchanged = store.update_room(room.id, None, RoomChange::default()).await.unwrap();
    assert_eq!(
        (unchanged.title, unchanged.max, unchanged.count),
        (room.title.clone(), room.max, 1)
    );
    let max = Max::parse(Some(2), &Limits::default()).unwrap();
    let changed = store
        .update_room(
            room.id,
            None,
            RoomChange {
                max: Some(max),
                ..RoomChange::default()
            },
        )
        .await
        .unwrap();
    assert_eq!(
        (changed.title, changed.max.get(), changed.locked),
        (room.title, 2, false)
    );
    let gone = store.update_room(nobody_there(), None, RoomChange::default()).await;
    assert_eq!(refusal(gone), Refusal::RoomNotFound);
}

pub(super) async fn a_locked_room_asks_for_a_grant<K: Kind>() {
    let place = K::fresh();
    let store = place.open().await;
    drop(store.changes());
    let (owner, granted, other) = (somebody(), somebody(), somebody());
    let new = NewRoom {
        password_hash: Some("$argon2id$x".into()),
        ..new_room("방", owner)
    };
    let room = store.create_room(new).await.unwrap();
    assert!(room.locked);
    assert_eq!(
        store.room(room.id).await.unwrap().unwrap().password_hash.as_deref(),
        Some("$argon2id$x")
    );
    store.enter(room.id, owner.into(), 1).await.unwrap();
    assert_eq!(
        refusal(store.enter(room.id, granted.into(), 2).await),
        Refusal::WrongPassword
    );
    grant(&store, room.id, granted).await.unwrap();
    grant(&store, room.id, granted).await.unwrap();
    store.enter(room.id, granted.into(), 2).await.unwrap();
    assert!(store.access(room.id, granted.into()).await.unwrap().unwrap().granted);
    assert!(!store.access(room.id, other.into()).await.unwrap().unwrap().granted);
    assert_eq!(
        refusal(grant(&store, nobody_there(), granted).await),
        Refusal::RoomNotFound
    );
}

pub(super) async fn a_new_password_takes_grants_back<K: Kind>() {
    let (_place, store, room, owner) = with_member::<K>().await;
    let other = somebody();
    let lock = |hash: Option<&str>| RoomChange {
        password_hash: Some(hash.map(Into::into)),
        ..RoomChange::default()
    };
    assert!(
        store
            .update_room(room.id, None, lock(Some("one")))
            .await
            .unwrap()
            .locked
    );
    grant(&store, room.id, other).await.unwrap();
    store.update_room(room.id, None, RoomChange::default()).await.unwrap();
    assert!(
        store.access(room.id, other.into()).await.unwrap().unwrap().granted,
        "an edit of something else keeps it"
    );
    store.update_room(room.id, None, lock(Some("two"))).await.unwrap();
    assert!(!store.access(room.id, other.into()).await.unwrap().unwrap().granted);
    assert!(store.access(room.id, owner.into()).await.unwrap().unwrap().granted);
    assert!(!store.update_room(room.id, None, lock(None)).await.unwrap().locked);
    assert!(store.access(room.id, other.into()).await.unwrap().unwrap().granted);
    store.update_room(room.id, None, lock(Some("three"))).await.unwrap();
    assert!(!store.access(room.id, other.into()).await.unwrap().unwrap().granted);
}

pub(super) async fn a_grant_is_for_the_password_that_was_checked<K: Kind>() {
    let (_place, store, room, _) = with_member::<K>().await;
    let lock = async |hash: Option<&str>| {
        let change = RoomChange {
            password_hash: Some(hash.map(Into::into)),
            ..RoomChange::default()
        };
        store.update_room(room.id, None, change).await.unwrap();
        store.room(room.id).await.unwrap().unwrap().password_version
    };
    let granted = async |visitor: Visitor| store.access(room.id, visitor.into()).await.unwrap().unwrap().granted;
    let (other, early) = (somebody(), somebody());
    let old = lock(Some("old")).await;
    let new = lock(Some("new")).await;
    assert_ne!(old, new);
    let refused = store.grant(room.id, other, old).await;
    assert_eq!(refusal(refused), Refusal::WrongPassword);
    assert!(!granted(other).await);
    // A late grant for the old password takes the one for the new password from nobody.
    store.grant(room.id, early, new).await.unwrap();
    assert_eq!(refusal(store.grant(room.id, early, old).await), Refusal::WrongPassword);
    assert!(granted(early).await);
    // The same password set again is another one, and so is none.
    for hash in [Some("new"), None, Some("new")] {
        let before = store.room(room.id).await.unwrap().unwrap().password_version;
        assert_ne!(lock(hash).await, before);
        assert_eq!(
            refusal(store.grant(room.id, other, before).await),
            Refusal::WrongPassword
        );
    }
    assert!(!granted(other).await && !granted(early).await);
}

pub(super) async fn who_is_there_is_told_what_the_owner_changed_and_nothing_of_what_was_so_before<K: Kind>() {
    let (place, mut store, room, owner) = super::with_member::<K>().await;
    let plain = RoomChange::default;
    let renamed = RoomChange {
        title: Some(Title::from_store("새 방")),
        ..plain()
    };
    let slowed = RoomChange {
        slow: Some(5),
        ..renamed.clone()
    };
    let locked = RoomChange {
        password_hash: Some(Some("$hash".into())),
        ..plain()
    };
    let several = RoomChange {
        slow: Some(0),
        closed: Some(true),
        password_hash: Some(None),
        ..plain()
    };
    for change in [plain(), renamed.clone(), renamed, slowed, locked, several] {
        store.update_room(room.id, Some(owner.id), change).await.unwrap();
    }
    let told = [
        (1, LineKind::Joined),
        (2, LineKind::Renamed),
        (3, LineKind::Slowed),
        (4, LineKind::Locked),
        (5, LineKind::Changed),
    ];
    for _ in 0..2 {
        let history = store.history(room.id, Window::Newest, 10).await.unwrap();
        let lines = history.iter().map(|message| match &message.body {
            Body::Line(line) => (message.seq, message.author, line.kind),
            other => panic!("{other:?}"),
        });
        let expected = told.map(|(seq, kind)| (seq, owner, kind));
        assert_eq!(lines.collect::<Vec<_>>(), expected);
        // And after a restart.
        store.close().await;
        drop(store);
        store = place.open().await;
        drop(store.changes());
    }
}

pub(super) async fn a_room_is_changed_by_its_owner_of_that_moment<K: Kind>() {
    let (_place, store, room, owner) = super::with_member::<K>().await;
    let other = super::somebody();
    store.enter(room.id, other.into(), 2).await.unwrap();
    let closed = RoomChange {
        closed: Some(true),
        ..RoomChange::default()
    };
    let change = async |who: gifchat::domain::Visitor| store.update_room(room.id, Some(who.id), closed.clone()).await;
    assert_eq!(super::refusal(change(other).await), Refusal::NotTheOwner);
    assert!(!store.room(room.id).await.unwrap().unwrap().room.closed);
    let give = gifchat::domain::Action::HandOver(other.id);
    store.moderate(room.id, owner, give).await.unwrap();
    assert_eq!(super::refusal(change(owner).await), Refusal::NotTheOwner);
    assert!(change(other).await.unwrap().closed);
    let nowhere = store
        .update_room(super::nobody_there(), Some(other.id), closed.clone())
        .await;
    assert_eq!(super::refusal(nowhere), Refusal::RoomNotFound);
}

pub(super) async fn a_visitor_and_an_address_may_have_so_many_rooms_open_after_a_restart_too<K: Kind>() {
    let place = K::fresh();
    let mut store = place.open().await;
    let key = store.site_key();
    let most = OpenRooms { address: 4, visitor: 3 };
    let (ann, bea) = (from(somebody(), "192.0.2.1"), from(somebody(), "192.0.2.1"));
    let of = |guest: &Guest| NewRoom {
        maker: Maker::of(guest, key),
        most,
        ..new_room("방", guest.visitor)
    };
    let is_limit = |refused| {
        matches!(
            refused,
            Refusal::RateLimited {
                budget: Budget::OpenRooms,
                ..
            }
        )
    };
    drop(store.changes());
    let mut rooms = Vec::new();
    // Some at the same moment, as by one commit.
    for made in futures_util::future::join_all((0..6).map(|_| store.create_room(of(&ann)))).await {
        match made {
            Ok(room) => rooms.push(room),
            refused => assert!(is_limit(refusal(refused))),
        }
    }
    assert_eq!(rooms.len(), 3);
    store.close().await;
    store = place.open().await;
    drop(store.changes());
    assert!(store.site_key() == key, "the marks of before still count");
    store.create_room(of(&bea)).await.unwrap();
    for guest in [&ann, &bea] {
        assert!(is_limit(refusal(store.create_room(of(guest)).await)));
    }
    store.create_room(of(&from(bea.visitor, "192.0.2.2"))).await.unwrap();
    store.create_room(new_room("방", ann.visitor)).await.unwrap();
    store.remove_room(rooms[0].id).await.unwrap();
    store.create_room(of(&bea)).await.unwrap();
}
