//! Where operators find what was said, wherever it is.

use gifchat::{
    domain::{GifName, Message, RoomId},
    store::Trace,
};

use super::{
    Kind,
    gifs::{again, send},
    hash_of, new_room, post, somebody, text, with_member,
};

/// Checks that these messages were found, the latest first.
fn are(found: &[Trace], messages: &[(RoomId, &Message)]) {
    assert!(found.is_sorted_by_key(|trace| std::cmp::Reverse(trace.at)), "{found:?}");
    let trace = |(room, message): &(RoomId, &Message)| Trace {
        room: *room,
        message: message.id,
        seq: message.seq,
        at: message.created_at,
    };
    let all: Vec<_> = messages.iter().map(trace).collect();
    let is_same = found.len() == all.len() && all.iter().all(|trace| found.contains(trace));
    assert!(is_same, "{found:?} instead of {all:?}");
}

pub(super) async fn what_holds_bytes_and_what_somebody_wrote_is_found_in_every_room<K: Kind>() {
    let (_place, store, room, owner) = with_member::<K>().await;
    let (other, elsewhere) = (somebody(), store.create_room(new_room("둘", owner)).await.unwrap().id);
    store.enter(elsewhere, owner.into(), 2).await.unwrap();
    store.enter(room.id, other.into(), 3).await.unwrap();
    let name = GifName::random();
    let first = send(&store, room.id, owner, name).await;
    post(&store, text(room.id, other, "안녕", None)).await;
    let second = post(&store, again(room.id, other, name, None, None)).await;
    let third = post(&store, text(elsewhere, owner, "여기도", None)).await;

    assert_eq!(store.hash_of_gif(name).await.unwrap(), Some(hash_of(name)));
    assert_eq!(store.hash_of_gif(GifName::random()).await.unwrap(), None);
    let found = store
        .messages_with(vec![hash_of(name), hash_of(GifName::random())])
        .await
        .unwrap();
    are(&Trace::latest(found, 9), &[(room.id, &second), (room.id, &first)]);

    let rooms = vec![room.id, elsewhere];
    let found = store.messages_by(owner.id, rooms.clone(), 9).await.unwrap();
    are(&found, &[(elsewhere, &third), (room.id, &first)]);
    let found = store.messages_by(owner.id, rooms, 1).await.unwrap();
    assert_eq!((found.len(), found[0].at), (1, third.created_at));
    let found = store.messages_by(owner.id, vec![room.id], 9).await.unwrap();
    are(&found, &[(room.id, &first)]);
    assert!(
        store
            .messages_by(somebody().id, vec![room.id], 9)
            .await
            .unwrap()
            .is_empty()
    );
}
