//! Files that several messages name, and bytes that a room refuses.

use std::sync::Arc;

use gifchat::{
    domain::{Alt, Body, GifBody, GifName, Limits, Message, Nonce, Refusal, RoomId, Visitor},
    rules::{AgainGif, NewBody},
    store::{Blob, Store, Window},
};

use super::{Kind, gif, new_room, nobody_there, post, refusal, slices::gone, somebody, with_member};
use crate::support::{NewMessage, Posted, Verbs};

pub(super) fn again(
    room: RoomId,
    author: Visitor,
    name: GifName,
    alt: Option<&str>,
    nonce: Option<&str>,
) -> NewMessage {
    let alt = alt.map(|alt| Alt::parse(alt, &Limits::default()).unwrap());
    NewMessage {
        room,
        author,
        body: NewBody::Again(AgainGif {
            name,
            alt,
            caption: None,
        }),
        nonce: nonce.map(|nonce| Nonce::parse(nonce).unwrap()),
    }
}

/// Stores a file, where the store keeps files.
pub(super) async fn keep(store: &Arc<dyn Store>, name: GifName) {
    if let Some(blobs) = store.blobs() {
        let (gif, still) = (b"gif".as_slice().into(), b"still".as_slice().into());
        blobs.put(name, Blob { gif, still }).await.unwrap();
    }
}

/// Stores a file, and posts the message that names it.
pub(super) async fn send(store: &Arc<dyn Store>, room: RoomId, author: Visitor, name: GifName) -> Arc<Message> {
    keep(store, name).await;
    post(store, gif(room, author, name)).await
}

fn shown(body: &Body) -> &GifBody {
    match body {
        Body::Gif(gif) => gif,
        other => panic!("no GIF: {other:?}"),
    }
}

pub(super) async fn a_gif_is_sent_again_by_name<K: Kind>() {
    let (_place, store, room, owner) = with_member::<K>().await;
    let (name, other) = (GifName::random(), somebody());
    let first = send(&store, room.id, owner, name).await;
    store.enter(room.id, other.into(), 2).await.unwrap();
    let second = post(&store, again(room.id, other, name, None, Some("n"))).await;
    // The joins have places, too.
    assert_eq!((second.seq, second.author), (4, other));
    let silent = GifBody {
        caption: None,
        ..shown(&first.body).clone()
    };
    assert_eq!(shown(&second.body), &silent, "the same file, facts, words and hash");
    let third = post(&store, again(room.id, owner, name, Some("다른 말"), None)).await;
    let (first, third) = (shown(&first.body), shown(&third.body));
    assert_eq!(
        (third.alt.as_str(), third.name, third.hash),
        ("다른 말", name, first.hash)
    );
    let known = store.post(again(room.id, other, name, None, Some("n"))).await.unwrap();
    assert!(matches!(known, Posted::Known(message) if message == second));
    assert_eq!(store.history(room.id, Window::Newest, 10).await.unwrap().len(), 5);
    let returned = store.remove_room(room.id).await.unwrap();
    gone(&store, returned, &[name]).await;
}

pub(super) async fn only_a_gif_of_the_room_is_sent_again<K: Kind>() {
    let (_place, store, room, owner) = with_member::<K>().await;
    let elsewhere = store.create_room(new_room("딴 방", owner)).await.unwrap();
    store.enter(elsewhere.id, owner.into(), 3).await.unwrap();
    let (name, stranger) = (GifName::random(), somebody());
    send(&store, elsewhere.id, owner, name).await;
    for name in [name, GifName::random()] {
        let refused = store.post(again(room.id, owner, name, None, None)).await;
        assert_eq!(refusal(refused), Refusal::GifNotFound);
    }
    let refused = store.post(again(elsewhere.id, stranger, name, None, None)).await;
    assert_eq!(refusal(refused), Refusal::NotAMember);
    assert_eq!(store.history(room.id, Window::Newest, 10).await.unwrap().len(), 1);
}

pub(super) async fn the_tray_has_each_gif_once_newest_first<K: Kind>() {
    let (_place, store, room, owner) = with_member::<K>().await;
    let names: Vec<_> = (0..5).map(|_| GifName::random()).collect();
    for name in &names {
        send(&store, room.id, owner, *name).await;
    }
    post(&store, again(room.id, owner, names[1], Some("마지막 말"), None)).await;
    let tray = store.lately_sent(room.id, 4).await.unwrap();
    let listed: Vec<_> = tray.iter().map(|gif| gif.name).collect();
    assert_eq!(listed, [names[1], names[4], names[3], names[2]]);
    assert_eq!(tray[0].alt.as_str(), "마지막 말");
    assert!(store.lately_sent(nobody_there(), 4).await.unwrap().is_empty());
}

pub(super) async fn a_file_is_named_until_its_last_message_goes<K: Kind>() {
    let (_place, store, room, owner) = with_member::<K>().await;
    let (twice, never) = (GifName::random(), GifName::random());
    send(&store, room.id, owner, twice).await;
    post(&store, again(room.id, owner, twice, None, None)).await;
    assert_eq!(store.gif_names().await.unwrap(), [twice]);
    assert_eq!(store.unnamed(vec![twice, never, never]).await.unwrap(), [never]);
    assert!(store.unnamed(Vec::new()).await.unwrap().is_empty());
    store.forget_gifs(vec![twice]).await.unwrap();
    assert!(
        store.history(room.id, Window::Newest, 10).await.unwrap().len() == 1,
        "both messages"
    );
    assert_eq!(store.unnamed(vec![twice]).await.unwrap(), [twice]);
    assert_eq!(store.room_of_gif(twice).await.unwrap(), None);
    assert_eq!(
        send(&store, room.id, owner, never).await.seq,
        4,
        "no place is given out twice"
    );
}
