//! What an owner may do, and who becomes one.

use std::time::{Duration, Instant};

use gifchat::{
    domain::{Action, Body, GifName, Guest, Line, LineKind, Message, Refusal, Source, Visitor},
    rules::{Graces, Leave, RoomChange},
    store::Window,
};

use super::{
    AT_ONCE, FOREVER, Kind, clear, delete, gif, gone, lines, nobody_there, post, refusal, seqs, somebody, text,
    with_member,
};
use crate::support::Verbs;

pub(super) fn from(visitor: Visitor, address: &str) -> Guest {
    Guest {
        visitor,
        source: Source::new(address.parse().unwrap()),
    }
}

pub(super) async fn only_the_owner_moderates_and_each_deed_leaves_a_line<K: Kind>() {
    let (_place, store, room, owner) = with_member::<K>().await;
    let (other, third) = (somebody(), somebody());
    store.enter(room.id, other.into(), 2).await.unwrap();
    store.enter(room.id, third.into(), 3).await.unwrap();
    let said = post(&store, text(room.id, other, "글", None)).await;
    let actions = [
        Action::Kick(third.id),
        Action::Ban(third.id, None),
        Action::Unban(third.id),
        delete(said.id, false),
        clear(other.id, false),
        Action::HandOver(other.id),
    ];
    let stranger = somebody();
    for by in [other, third, stranger] {
        for action in actions {
            let deletes = matches!(action, Action::Delete { .. });
            if deletes && by == other {
                // Its own.
                continue;
            }
            let expected = match deletes && by == stranger {
                true => Refusal::NotAMember,
                false => Refusal::NotTheOwner,
            };
            assert_eq!(
                refusal(store.moderate(room.id, by, action).await),
                expected,
                "{action:?}"
            );
        }
    }
    assert_eq!(
        refusal(store.moderate(nobody_there(), owner, actions[0]).await),
        Refusal::RoomNotFound
    );
    for action in [
        Action::Kick(somebody().id),
        Action::Unban(third.id),
        Action::HandOver(somebody().id),
    ] {
        assert!(
            matches!(
                refusal(store.moderate(room.id, owner, action).await),
                Refusal::Invalid(_)
            ),
            "{action:?}"
        );
    }
    for action in [
        Action::Kick(owner.id),
        Action::Ban(owner.id, None),
        Action::HandOver(owner.id),
    ] {
        assert!(
            matches!(
                refusal(store.moderate(room.id, owner, action).await),
                Refusal::Invalid(_)
            ),
            "{action:?}"
        );
    }
    store.moderate(room.id, owner, Action::Kick(third.id)).await.unwrap();
    assert_eq!(store.members(room.id).await.unwrap(), [owner, other]);
    assert_eq!(
        refusal(store.post(text(room.id, third, "x", None)).await),
        Refusal::NotAMember
    );
    store
        .moderate(room.id, owner, Action::HandOver(other.id))
        .await
        .unwrap();
    assert_eq!(store.room(room.id).await.unwrap().unwrap().room.owner, other);
    assert_eq!(
        refusal(store.moderate(room.id, owner, Action::Kick(other.id)).await),
        Refusal::NotTheOwner
    );
    store
        .moderate(room.id, other, Action::Ban(owner.id, None))
        .await
        .unwrap();
    let told = lines(&store, room.id).await;
    let expected = [
        (third, LineKind::Kicked, 2),
        (other, LineKind::Owner, 2),
        (owner, LineKind::Banned, 1),
    ];
    assert_eq!(told[3..], expected);
    let all = store.history(room.id, Window::Newest, 100).await.unwrap();
    assert_eq!(seqs(&all), (1..=7).collect::<Vec<_>>());
}

pub(super) async fn what_was_deleted_is_blank_and_its_files_are_named_by_nobody<K: Kind>() {
    let (place, store, room, owner) = with_member::<K>().await;
    let other = somebody();
    store.enter(room.id, other.into(), 2).await.unwrap();
    let (first, twice, kept) = (GifName::random(), GifName::random(), GifName::random());
    let one = post(&store, gif(room.id, other, first)).await;
    post(&store, gif(room.id, other, twice)).await;
    post(&store, gif(room.id, owner, twice)).await;
    post(&store, gif(room.id, owner, kept)).await;
    let said = post(&store, text(room.id, other, "글", Some("n"))).await;
    let returned = store.moderate(room.id, owner, delete(one.id, false)).await.unwrap();
    gone(&store, returned, &[first]).await;
    let again = store.moderate(room.id, owner, delete(one.id, false)).await;
    assert!(matches!(refusal(again), Refusal::Invalid(_)));
    // The file that another message names stays.
    let returned = store.moderate(room.id, owner, clear(other.id, false)).await.unwrap();
    gone(&store, returned, &[]).await;
    let nothing_left = store.moderate(room.id, owner, clear(other.id, false)).await;
    assert!(matches!(refusal(nothing_left), Refusal::Invalid(_)));
    let bodies = |messages: Vec<Message>| -> Vec<Body> { messages.into_iter().map(|message| message.body).collect() };
    let history = store.history(room.id, Window::After(2), 100).await.unwrap();
    assert_eq!(seqs(&history), (3..=9).collect::<Vec<_>>());
    let blank = history
        .iter()
        .filter(|message| message.body == Body::Deleted)
        .map(|message| message.seq);
    assert_eq!(blank.collect::<Vec<_>>(), [3, 4, 7]);
    assert_eq!(history[0].id, one.id);
    let line = |kind| Body::Line(Line { kind, count: 2 });
    assert_eq!(
        bodies(history.clone())[5..],
        [line(LineKind::Deleted(one.id)), line(LineKind::Cleared)]
    );
    assert_eq!((history[5].author, history[6].author), (other, other));
    let mut names = store.gif_names().await.unwrap();
    names.sort();
    let mut expected = vec![twice, kept];
    expected.sort();
    assert_eq!(names, expected);
    assert_eq!(store.room_of_gif(first).await.unwrap(), None);
    // Sent again with its nonce it stays deleted.
    let again = post(&store, text(room.id, other, "글", Some("n"))).await;
    assert_eq!((again.id, &again.body), (said.id, &Body::Deleted));
    store.close().await;
    drop(store);
    let store = place.open().await;
    drop(store.changes());
    assert_eq!(store.history(room.id, Window::After(2), 100).await.unwrap(), history);
}

pub(super) async fn a_ban_keeps_out_by_visitor_and_by_address<K: Kind>() {
    let (place, store, room, owner) = with_member::<K>().await;
    let (bad, neighbour, fresh) = (somebody(), somebody(), somebody());
    let (home, other) = ("203.0.113.7", "198.51.100.9");
    store.enter(room.id, from(bad, home), 2).await.unwrap();
    store.enter(room.id, from(neighbour, home), 3).await.unwrap();
    store.moderate(room.id, owner, Action::Ban(bad.id, None)).await.unwrap();
    let banned = Refusal::Banned { until: None };
    assert_eq!(refusal(store.enter(room.id, from(bad, other), 4).await), banned);
    assert_eq!(refusal(store.enter(room.id, from(fresh, home), 5).await), banned);
    // Who sits keeps the seat, and so does the owner's right.
    store.enter(room.id, from(neighbour, home), 6).await.unwrap();
    store.leave(room.id, owner, 1, Leave::Explicit).await.unwrap();
    store.enter(room.id, from(owner, home), 7).await.unwrap();
    assert!(
        store
            .access(room.id, bad.into())
            .await
            .unwrap()
            .unwrap()
            .refusal()
            .is_some()
    );
    let bans = store.bans(room.id).await.unwrap();
    assert_eq!((bans.len(), bans[0].visitor, bans[0].addresses.len()), (1, bad, 1));
    store.close().await;
    drop(store);
    let store = place.open().await;
    drop(store.changes());
    assert_eq!(store.bans(room.id).await.unwrap(), bans);
    assert_eq!(refusal(store.enter(room.id, from(fresh, home), 5).await), banned);
    store.moderate(room.id, owner, Action::Unban(bad.id)).await.unwrap();
    store
        .moderate(room.id, owner, Action::Kick(neighbour.id))
        .await
        .unwrap();
    store.enter(room.id, from(fresh, home), 5).await.unwrap();
    // One that is over keeps nobody out, and one who is not there can be banned.
    let over = Some(gifchat::domain::Moment::from_millis(1));
    store.moderate(room.id, owner, Action::Ban(bad.id, over)).await.unwrap();
    store.enter(room.id, from(bad, home), 8).await.unwrap();
}

pub(super) async fn a_closed_room_takes_only_who_is_in_it<K: Kind>() {
    let (_place, store, room, owner) = with_member::<K>().await;
    let (inside, outside) = (somebody(), somebody());
    store.enter(room.id, inside.into(), 2).await.unwrap();
    let closed = |closed| RoomChange {
        closed: Some(closed),
        ..RoomChange::default()
    };
    assert!(store.update_room(room.id, None, closed(true)).await.unwrap().closed);
    assert_eq!(
        refusal(store.enter(room.id, outside.into(), 3).await),
        Refusal::RoomClosed
    );
    store.leave(room.id, inside, 2, Leave::Disconnected).await.unwrap();
    store.enter(room.id, inside.into(), 4).await.unwrap();
    store.leave(room.id, owner, 1, Leave::Explicit).await.unwrap();
    store.enter(room.id, owner.into(), 5).await.unwrap();
    store.leave(room.id, inside, 4, Leave::Explicit).await.unwrap();
    assert_eq!(
        refusal(store.enter(room.id, inside.into(), 6).await),
        Refusal::RoomClosed
    );
    assert!(!store.update_room(room.id, None, closed(false)).await.unwrap().closed);
    store.enter(room.id, outside.into(), 3).await.unwrap();
}

pub(super) async fn slow_mode_makes_all_but_the_owner_wait<K: Kind>() {
    let (_place, store, room, owner) = with_member::<K>().await;
    let (other, third) = (somebody(), somebody());
    store.enter(room.id, other.into(), 2).await.unwrap();
    store.enter(room.id, third.into(), 3).await.unwrap();
    let slow = |seconds| RoomChange {
        slow: Some(seconds),
        ..RoomChange::default()
    };
    assert_eq!(store.update_room(room.id, None, slow(60)).await.unwrap().slow, 60);
    let first = post(&store, text(room.id, other, "하나", Some("n"))).await;
    for _ in 0..2 {
        let refused = refusal(store.post(text(room.id, other, "둘", None)).await);
        let Refusal::SlowMode { retry_after } = refused else {
            panic!("{refused:?}")
        };
        assert!((50..=60).contains(&retry_after.as_secs()), "{retry_after:?}");
        assert_eq!(post(&store, text(room.id, other, "하나", Some("n"))).await, first);
    }
    // What is refused costs no pause.
    let bad = GifName::random();
    let forbidden = post(&store, gif(room.id, owner, bad)).await.id;
    store.moderate(room.id, owner, delete(forbidden, true)).await.unwrap();
    for _ in 0..2 {
        assert_eq!(
            refusal(store.post(gif(room.id, third, bad)).await),
            Refusal::ForbiddenGif
        );
    }
    post(&store, text(room.id, third, "셋", None)).await;
    for n in 0..3 {
        post(&store, text(room.id, owner, &n.to_string(), None)).await;
    }
    store.update_room(room.id, None, slow(0)).await.unwrap();
    post(&store, text(room.id, other, "둘", None)).await;
}

pub(super) async fn an_absent_owner_is_followed_by_who_is_there_longest<K: Kind>() {
    let (_place, store, room, owner) = with_member::<K>().await;
    let (second, third) = (somebody(), somebody());
    store.enter(room.id, second.into(), 2).await.unwrap();
    store.enter(room.id, third.into(), 3).await.unwrap();
    let over = Graces {
        owner: AT_ONCE,
        ..FOREVER
    };
    store.expire(over).await.unwrap();
    assert_eq!(
        store.room(room.id).await.unwrap().unwrap().room.owner,
        owner,
        "the owner is there"
    );
    store.leave(room.id, owner, 1, Leave::Disconnected).await.unwrap();
    store.expire(FOREVER).await.unwrap();
    assert_eq!(
        store.room(room.id).await.unwrap().unwrap().room.owner,
        owner,
        "the grace is not over"
    );
    // Who has lost the connection is not there.
    store.leave(room.id, second, 2, Leave::Disconnected).await.unwrap();
    store.expire(over).await.unwrap();
    assert_eq!(store.room(room.id).await.unwrap().unwrap().room.owner, third);
    store.enter(room.id, owner.into(), 4).await.unwrap();
    store.expire(over).await.unwrap();
    store.expire(over).await.unwrap();
    assert_eq!(store.room(room.id).await.unwrap().unwrap().room.owner, third);
    assert_eq!(lines(&store, room.id).await.last(), Some(&(third, LineKind::Owner, 3)));
    // A room in which nobody is has nobody to go to.
    for (visitor, socket) in [(owner, 4), (third, 3)] {
        store
            .leave(room.id, visitor, socket, Leave::Disconnected)
            .await
            .unwrap();
    }
    store.expire(over).await.unwrap();
    assert_eq!(store.room(room.id).await.unwrap().unwrap().room.owner, third);
}

pub(super) async fn an_owner_absent_over_a_restart_gets_a_fresh_grace<K: Kind>() {
    /// How much longer the server is down than the grace lasts once it is up again.
    const DOWN: Duration = Duration::from_secs(2);
    let (place, store, room, owner) = with_member::<K>().await;
    let member = somebody();
    store.enter(room.id, member.into(), 2).await.unwrap();
    store.close().await;
    drop(store);
    // An absence that is as long as the grace can't be had in less time.
    tokio::time::sleep(DOWN).await;
    let up = Instant::now();
    let store = place.open().await;
    drop(store.changes());
    store.enter(room.id, member.into(), 1).await.unwrap();
    // Over only when it is counted from the stop on.
    let counted_from_the_start = Graces {
        owner: up.elapsed() + DOWN / 2,
        ..FOREVER
    };
    store.expire(counted_from_the_start).await.unwrap();
    assert_eq!(store.room(room.id).await.unwrap().unwrap().room.owner, owner);
    let over = Graces {
        owner: AT_ONCE,
        ..FOREVER
    };
    store.expire(over).await.unwrap();
    assert_eq!(store.room(room.id).await.unwrap().unwrap().room.owner, member);
}
