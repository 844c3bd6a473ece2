//! What a room does not keep any more: the oldest messages, and those that are too old.

use std::{sync::Arc, time::Duration};

use gifchat::{
    domain::{Action, Chat, Field, GifName, Invalid, Limits, Problem, Reason, Refusal, RoomId, Visitor},
    rules::{Command, Edit, Graces, Leave, NewBody, NewMessage, Retention},
    store::{NewReport, Store, Window},
};

use super::{
    FOREVER, Kind,
    gifs::{again, send},
    moderation::from,
    post, refusal, seqs, somebody, text, with_member,
};
use crate::support::{Verbs, eventually};

/// Rooms that keep so many messages.
const fn keeping(messages: u64) -> Graces {
    Graces {
        retention: Retention { messages, age: None },
        ..FOREVER
    }
}

/// Rooms that keep messages for so long.
const fn for_millis(age: u64) -> Graces {
    Graces {
        retention: Retention {
            messages: u64::MAX,
            age: Some(Duration::from_millis(age)),
        },
        ..FOREVER
    }
}

async fn shown(store: &Arc<dyn Store>, room: RoomId) -> Vec<u64> {
    seqs(&store.history(room, Window::After(0), 1_000).await.unwrap())
}

/// Waits until a file is gone, or listed to be deleted.
async fn gone(store: &Arc<dyn Store>, name: GifName) {
    eventually("the file goes", async || {
        let kept = match store.blobs() {
            Some(blobs) => blobs.get(name).await.unwrap().is_some(),
            None => !store.unreferenced_gifs(usize::MAX).await.unwrap().contains(&name),
        };
        (!kept).then_some(())
    })
    .await;
}

pub(super) async fn of_one_message_too_many_the_oldest_go_with_their_files<K: Kind>() {
    let (place, store, room, owner) = with_member::<K>().await;
    let [old, both, new] = [(); 3].map(|()| GifName::random());
    for name in [old, both, new] {
        send(&store, room.id, owner, name).await;
    }
    // The line of the join has the first place.
    for n in 5..=8 {
        post(&store, text(room.id, owner, &n.to_string(), None)).await;
    }
    post(&store, again(room.id, owner, both, None, None)).await;
    store.expire(keeping(9)).await.unwrap();
    assert_eq!(
        shown(&store, room.id).await,
        (1..=9).collect::<Vec<_>>(),
        "as many as there may be"
    );

    store.expire(keeping(6)).await.unwrap();
    assert_eq!(shown(&store, room.id).await, (4..=9).collect::<Vec<_>>());
    let older = store.history(room.id, Window::Before(4), 10).await.unwrap();
    assert!(older.is_empty(), "nothing lies before it");
    gone(&store, old).await;
    assert_eq!(store.room_of_gif(old).await.unwrap(), None);
    for name in [both, new] {
        assert_eq!(
            store.room_of_gif(name).await.unwrap(),
            Some(room.id),
            "a message that is kept names it"
        );
        assert!(!store.unreferenced_gifs(usize::MAX).await.unwrap().contains(&name));
    }
    let tray: Vec<_> = store.lately_sent(room.id, 10).await.unwrap();
    assert_eq!(tray.iter().map(|gif| gif.name).collect::<Vec<_>>(), [both, new]);

    store.close().await;
    drop(store);
    let store = place.open().await;
    drop(store.changes());
    assert_eq!(shown(&store, room.id).await, (4..=9).collect::<Vec<_>>());
    assert_eq!(store.room(room.id).await.unwrap().unwrap().forgotten, 3);
}

pub(super) async fn what_is_too_old_goes_and_nothing_can_be_done_about_it<K: Kind>() {
    let (place, store, room, owner) = with_member::<K>().await;
    let other = somebody();
    store.enter(room.id, other.into(), 2).await.unwrap();
    let name = GifName::random();
    let gif = send(&store, room.id, other, name).await;
    let said = post(&store, text(room.id, other, "곧 잊힌다", None)).await;
    let report = NewReport {
        room: room.id,
        by: owner,
        message: said.id,
        reason: Reason::default(),
    };
    // The owner reports nobody, so that the other way round is reported.
    assert_eq!(refusal(store.report(report).await), Refusal::OwnerReport);
    let third = somebody();
    store.enter(room.id, third.into(), 3).await.unwrap();
    let report = |message| NewReport {
        room: room.id,
        by: third,
        message,
        reason: Reason::default(),
    };
    store.report(report(said.id)).await.unwrap();
    store.expire(for_millis(3_600_000)).await.unwrap();
    assert_eq!(shown(&store, room.id).await.len(), 5, "nothing is so old");

    eventually("all is old", async || {
        store.expire(for_millis(1)).await.unwrap();
        shown(&store, room.id).await.is_empty().then_some(())
    })
    .await;
    gone(&store, name).await;
    assert!(store.reports(room.id).await.unwrap().is_empty());
    let state = store.room(room.id).await.unwrap().unwrap();
    assert_eq!((state.forgotten, state.reports.len(), state.seats.len()), (5, 0, 3));
    let edit = Command::Edit(Edit {
        by: other,
        message: said.id,
        chat: Some(Chat::parse("다르게", &Limits::default()).unwrap()),
    });
    assert_eq!(refusal(store.act(room.id, edit).await), Refusal::MessageNotFound);
    let delete = Action::Delete {
        message: gif.id,
        forbid: true,
    };
    let refused = refusal(store.moderate(room.id, owner, delete).await);
    assert_eq!(refused, Invalid::new(Field::Message, Problem::NotThere).into());
    assert_eq!(refusal(store.report(report(said.id)).await), Refusal::MessageNotFound);
    assert_eq!(
        refusal(store.post(again(room.id, owner, name, None, None)).await),
        Refusal::GifNotFound
    );
    let reply = Command::Post(
        owner,
        NewMessage {
            body: NewBody::Chat(Chat::parse("그래?", &Limits::default()).unwrap()),
            reply: Some(said.id),
        },
    );
    assert_eq!(refusal(store.act(room.id, reply).await), Refusal::MessageNotFound);

    // No place is given out twice, also after a restart.
    store.close().await;
    drop(store);
    let store = place.open().await;
    drop(store.changes());
    store.enter(room.id, owner.into(), 1).await.unwrap();
    assert_eq!(post(&store, text(room.id, owner, "새로", None)).await.seq, 6);
    assert_eq!(shown(&store, room.id).await, [6]);
}

pub(super) async fn who_holds_a_seat_is_known_after_a_restart_though_the_line_is_gone<K: Kind>() {
    let (place, store, room, owner) = with_member::<K>().await;
    let (stays, leaves) = (somebody(), somebody());
    store.enter(room.id, stays.into(), 2).await.unwrap();
    store.enter(room.id, leaves.into(), 3).await.unwrap();
    store.leave(room.id, leaves, 3, Leave::Explicit).await.unwrap();
    let last = GifName::random();
    for n in 0..20 {
        if n == 16 {
            send(&store, room.id, owner, last).await;
        } else {
            post(&store, text(room.id, owner, &n.to_string(), None)).await;
        }
        store.expire(keeping(3)).await.unwrap();
    }
    // Rows go in the order of their places.
    gone(&store, last).await;
    assert_eq!(shown(&store, room.id).await, [22, 23, 24]);
    store.close().await;
    drop(store);
    let store = place.open().await;
    drop(store.changes());
    assert_eq!(store.members(room.id).await.unwrap(), [owner, stays]);
    let state = store.room(room.id).await.unwrap().unwrap();
    assert!(state.visited, "somebody else has come");
    assert_eq!(shown(&store, room.id).await, [22, 23, 24], "no line is seen for it");
}

pub(super) async fn a_ban_holds_no_address_that_the_room_has_forgotten<K: Kind>() {
    let (_place, store, room, owner) = with_member::<K>().await;
    let [left, stays, later] = [(); 3].map(|()| somebody());
    // More than is deleted from the disk in one go, so that the line of who left lies there for a while.
    for n in 0..100 {
        post(&store, text(room.id, owner, &format!("before {n}"), None)).await;
    }
    for (socket, visitor, address) in [(2, left, "203.0.113.7"), (3, stays, "203.0.113.8")] {
        store.enter(room.id, from(visitor, address), socket).await.unwrap();
    }
    store.leave(room.id, left, 2, Leave::Explicit).await.unwrap();
    for n in 0..8 {
        post(&store, text(room.id, owner, &n.to_string(), None)).await;
    }
    let ban = async |visitor: Visitor| {
        store
            .moderate(room.id, owner, Action::Ban(visitor.id, None))
            .await
            .unwrap();
    };
    store.expire(keeping(4)).await.unwrap();
    // At once: the line may still lie on the disk.
    ban(left).await;
    store.enter(room.id, from(later, "203.0.113.9"), 4).await.unwrap();
    store.leave(room.id, later, 4, Leave::Explicit).await.unwrap();
    ban(stays).await;
    ban(later).await;
    let bans = store.bans(room.id).await.unwrap();
    let known = |visitor: Visitor| bans.iter().find(|ban| ban.visitor == visitor).unwrap().addresses.len();
    assert_eq!(known(left), 0, "the line of it is forgotten");
    assert_eq!(known(stays), 1, "who holds a seat is still known");
    assert_eq!(known(later), 1, "the line of it is kept");
}
