//! Large deletions: gone for readers by the commit, and from the disk soon, whatever comes between.

use std::{collections::BTreeSet, sync::Arc};

use gifchat::{
    domain::{Body, GifName, Message, Refusal, RoomId, Visitor, VisitorId},
    store::{Store, Window},
};

use super::{
    Kind,
    deletions::{clear, delete},
    gif,
    gifs::{again, send},
    new_room, post, refusal, somebody, text, with_member,
};
use crate::support::Verbs;
use crate::support::eventually;

/// More than any store deletes by the commit of a deletion.
const MANY: usize = 300;

/// The files that a deletion leaves to be deleted: those it returned, and those that the store lists soon.
pub(super) async fn gone(store: &Arc<dyn Store>, returned: Vec<GifName>, expected: &[GifName]) {
    let expected: BTreeSet<_> = expected.iter().copied().collect();
    eventually("the files are left to be deleted", async || {
        let listed = store.unreferenced_gifs(usize::MAX).await.unwrap();
        let all: BTreeSet<_> = returned.iter().copied().chain(listed).collect();
        assert!(all.is_subset(&expected), "{all:?} and not {expected:?}");
        (all == expected).then_some(())
    })
    .await;
    let listed = store.unreferenced_gifs(usize::MAX).await.unwrap();
    store.forget_unreferenced(listed).await.unwrap();
    assert!(store.unreferenced_gifs(1).await.unwrap().is_empty());
}

/// A room where `other` wrote many messages among those of its owner: texts, one of them with a nonce, and GIFs.
async fn flooded(store: &Arc<dyn Store>, room: RoomId, owner: Visitor, other: Visitor) -> Vec<GifName> {
    let mut names = Vec::new();
    post(store, text(room, other, "처음", Some("n"))).await;
    for n in 0..MANY {
        if n % 3 == 0 {
            names.push(GifName::random());
            send(store, room, other, names[n / 3]).await;
        } else {
            post(store, text(room, other, "글", None)).await;
        }
    }
    post(store, again(room, owner, names[1], None, None)).await;
    post(store, text(room, owner, "남는다", None)).await;
    names
}

async fn all(store: &Arc<dyn Store>, room: RoomId) -> Vec<Message> {
    store.history(room, Window::After(0), 10_000).await.unwrap()
}

/// What one visitor wrote and readers see.
async fn seen(store: &Arc<dyn Store>, room: RoomId, author: VisitorId) -> Vec<Body> {
    let written = all(store, room).await.into_iter();
    let written = written.filter(|message| message.author.id == author && !matches!(message.body, Body::Line(_)));
    written
        .map(|message| message.body)
        .filter(|body| *body != Body::Deleted)
        .collect()
}

pub(super) async fn a_large_clear_is_seen_at_once_and_survives_a_restart<K: Kind>() {
    let (place, store, room, owner) = with_member::<K>().await;
    let other = somebody();
    store.enter(room.id, other.into(), 2).await.unwrap();
    let names = flooded(&store, room.id, owner, other).await;
    let before = all(&store, room.id).await;
    let returned = store.moderate(room.id, owner, clear(other.id, false)).await.unwrap();
    assert_eq!(seen(&store, room.id, other.id).await, []);
    let tray = store.lately_sent(room.id, 24).await.unwrap();
    assert_eq!(tray.iter().map(|gif| gif.name).collect::<Vec<_>>(), [names[1]]);
    assert_eq!(store.room_of_gif(names[0]).await.unwrap(), None);
    assert_eq!(store.room_of_gif(names[1]).await.unwrap(), Some(room.id));
    let resent = store.post(again(room.id, owner, names[0], None, None)).await;
    assert_eq!(refusal(resent), Refusal::GifNotFound);
    let known = post(&store, text(room.id, other, "처음", Some("n"))).await;
    assert_eq!(
        known.body,
        Body::Deleted,
        "what was deleted stays so for who sends it again"
    );
    let last = before.iter().rfind(|message| message.author == other).unwrap();
    for action in [clear(other.id, false), delete(last.id, false)] {
        let nothing = store.moderate(room.id, owner, action).await;
        assert!(matches!(refusal(nothing), Refusal::Invalid(_)), "{action:?}");
    }
    let later = post(&store, text(room.id, other, "나중", None)).await;
    store.close().await;
    drop(store);
    let store = place.open().await;
    drop(store.changes());
    assert_eq!(seen(&store, room.id, other.id).await, std::slice::from_ref(&later.body));
    assert_eq!(seen(&store, room.id, owner.id).await.len(), 2);
    let after = all(&store, room.id).await;
    assert_eq!(after.len(), before.len() + 2, "places keep");
    let expected: Vec<_> = names.iter().copied().filter(|name| *name != names[1]).collect();
    gone(&store, returned, &expected).await;
    assert_eq!(store.gif_names().await.unwrap(), [names[1]]);
}

pub(super) async fn what_is_being_cleared_as_abuse_is_refused_at_once<K: Kind>() {
    let (_place, store, room, owner) = with_member::<K>().await;
    let other = somebody();
    store.enter(room.id, other.into(), 2).await.unwrap();
    let names = flooded(&store, room.id, owner, other).await;
    store.moderate(room.id, owner, clear(other.id, true)).await.unwrap();
    for name in [names[0], names[names.len() - 1]] {
        let refused = store.post(gif(room.id, owner, name)).await;
        assert_eq!(refusal(refused), Refusal::ForbiddenGif);
    }
    post(&store, gif(room.id, owner, GifName::random())).await;
}

pub(super) async fn a_large_room_is_gone_at_once_with_all_that_was_in_it<K: Kind>() {
    let (place, store, room, owner) = with_member::<K>().await;
    let other = somebody();
    store.enter(room.id, other.into(), 2).await.unwrap();
    let names = flooded(&store, room.id, owner, other).await;
    let kept = store.create_room(new_room("딴 방", owner)).await.unwrap();
    store.enter(kept.id, owner.into(), 3).await.unwrap();
    let file = GifName::random();
    send(&store, kept.id, owner, file).await;
    let returned = store.remove_room(room.id).await.unwrap();
    assert!(store.room(room.id).await.unwrap().is_none());
    assert!(all(&store, room.id).await.is_empty());
    assert!(store.lately_sent(room.id, 24).await.unwrap().is_empty());
    assert_eq!(store.room_of_gif(names[0]).await.unwrap(), None);
    assert_eq!(refusal(store.remove_room(room.id).await), Refusal::RoomNotFound);
    store.close().await;
    drop(store);
    let store = place.open().await;
    drop(store.changes());
    assert!(store.room(room.id).await.unwrap().is_none());
    gone(&store, returned, &names).await;
    assert_eq!(store.gif_names().await.unwrap(), [file]);
    assert_eq!(all(&store, kept.id).await.len(), 2);
}
