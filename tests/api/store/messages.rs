//! Places, nonces and history.

use gifchat::{
    domain::{GifName, Refusal},
    rules::Leave,
    store::Window,
};

use super::{Kind, gif, new_room, nobody_there, post, refusal, seqs, somebody, text, with_member};
use crate::support::{Posted, Verbs};

pub(super) async fn only_a_member_posts_and_places_have_no_gap<K: Kind>() {
    let (_place, store, room, owner) = with_member::<K>().await;
    let other = somebody();
    // The first place is that of the join.
    for n in 2..=6 {
        assert_eq!(
            refusal(store.post(text(room.id, other, "x", None)).await),
            Refusal::NotAMember
        );
        let message = post(&store, text(room.id, owner, &n.to_string(), None)).await;
        assert_eq!((message.seq, message.room, message.author), (n, room.id, owner));
    }
    assert_eq!(
        refusal(store.post(text(nobody_there(), owner, "x", None)).await),
        Refusal::RoomNotFound
    );
    assert_eq!(store.room(room.id).await.unwrap().unwrap().seq, 6);
    // A seat whose connection broke is still a seat.
    store.leave(room.id, owner, 1, Leave::Disconnected).await.unwrap();
    assert_eq!(post(&store, text(room.id, owner, "7", None)).await.seq, 7);
    store.enter(room.id, owner.into(), 2).await.unwrap();
    store.leave(room.id, owner, 2, Leave::Explicit).await.unwrap();
    assert_eq!(
        refusal(store.post(text(room.id, owner, "x", None)).await),
        Refusal::NotAMember
    );
}

pub(super) async fn a_nonce_belongs_to_a_visitor_and_a_room<K: Kind>() {
    let (_place, store, room, owner) = with_member::<K>().await;
    let other = somebody();
    store.enter(room.id, other.into(), 2).await.unwrap();
    let elsewhere = store.create_room(new_room("딴 방", owner)).await.unwrap();
    store.enter(elsewhere.id, owner.into(), 3).await.unwrap();
    let first = match store.post(text(room.id, owner, "하나", Some("n"))).await.unwrap() {
        Posted::New(message) => message,
        Posted::Known(message) => panic!("known before: {message:?}"),
    };
    match store.post(text(room.id, owner, "anders", Some("n"))).await.unwrap() {
        Posted::Known(message) => assert_eq!(message, first),
        Posted::New(message) => panic!("posted twice: {message:?}"),
    }
    assert_eq!(post(&store, text(room.id, other, "둘", Some("n"))).await.seq, 4);
    assert_eq!(post(&store, text(elsewhere.id, owner, "셋", Some("n"))).await.seq, 2);
    assert_eq!(post(&store, text(room.id, owner, "넷", Some("m"))).await.seq, 5);
    // At the same time, too.
    let racing = (0..10).map(|_| store.post(text(room.id, owner, "다섯", Some("race"))));
    let posted = futures_util::future::join_all(racing).await;
    let fresh = posted
        .iter()
        .filter(|posted| matches!(posted, Ok(Posted::New(_))))
        .count();
    assert_eq!((fresh, store.room(room.id).await.unwrap().unwrap().seq), (1, 6));
    // Who has left still gets the message of the nonce: the answer may have been lost.
    store.leave(room.id, owner, 1, Leave::Explicit).await.unwrap();
    assert_eq!(post(&store, text(room.id, owner, "하나", Some("n"))).await, first);
}

pub(super) async fn history_has_windows<K: Kind>() {
    let (_place, store, room, owner) = with_member::<K>().await;
    // The first place is that of the join.
    for n in 2..=20 {
        post(&store, text(room.id, owner, &n.to_string(), None)).await;
    }
    let window = async |window, limit| seqs(&store.history(room.id, window, limit).await.unwrap());
    assert_eq!(window(Window::Newest, 5).await, [16, 17, 18, 19, 20]);
    assert_eq!(window(Window::Newest, 50).await, (1..=20).collect::<Vec<_>>());
    assert_eq!(window(Window::After(0), 3).await, [1, 2, 3]);
    assert_eq!(window(Window::After(17), 50).await, [18, 19, 20]);
    assert_eq!(window(Window::After(20), 5).await, [0; 0]);
    assert_eq!(window(Window::After(u64::MAX), 5).await, [0; 0]);
    assert_eq!(window(Window::Before(4), 2).await, [2, 3]);
    assert_eq!(window(Window::Before(1), 5).await, [0; 0]);
    assert_eq!(window(Window::Before(u64::MAX), 2).await, [19, 20]);
    assert!(
        store
            .history(nobody_there(), Window::Newest, 5)
            .await
            .unwrap()
            .is_empty()
    );
}

pub(super) async fn a_gif_survives_being_stored<K: Kind>() {
    let (_place, store, room, owner) = with_member::<K>().await;
    let name = GifName::random();
    let posted = post(&store, gif(room.id, owner, name)).await;
    assert_eq!(
        store.history(room.id, Window::Newest, 1).await.unwrap(),
        [(*posted).clone()]
    );
    assert_eq!(store.room_of_gif(name).await.unwrap(), Some(room.id));
    assert_eq!(store.room_of_gif(GifName::random()).await.unwrap(), None);
    assert_eq!(store.gif_names().await.unwrap(), [name]);
}

pub(super) async fn many_posts_at_once_are_each_stored_once<K: Kind>() {
    let (_place, store, room, owner) = with_member::<K>().await;
    let posts = (0..500).map(|n| store.post(text(room.id, owner, &n.to_string(), None)));
    let posted = futures_util::future::join_all(posts).await;
    let mut given: Vec<_> = posted.into_iter().map(|posted| posted.unwrap().message().seq).collect();
    given.sort_unstable();
    assert!(given == (2..=501).collect::<Vec<_>>());
    let stored = store.history(room.id, Window::After(1), 1_000).await.unwrap();
    assert!(seqs(&stored) == given);
}
