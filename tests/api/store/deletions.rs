//! GIFs that an owner deletes as abuse: their room refuses their bytes by the commit that deletes them.

use gifchat::{
    domain::{Action, GifName, MessageId, Refusal, VisitorId},
    store::FORBIDDEN,
};

use super::{
    Kind, gif,
    gifs::{again, send},
    new_room, nobody_there, post, refusal,
    slices::gone,
    somebody, text, with_member,
};
use crate::support::Verbs;
use crate::support::eventually;

pub(super) const fn delete(message: MessageId, forbid: bool) -> Action {
    Action::Delete { message, forbid }
}

pub(super) const fn clear(visitor: VisitorId, forbid: bool) -> Action {
    Action::Clear { visitor, forbid }
}

pub(super) async fn gifs_deleted_as_abuse_are_refused_in_their_room_alone<K: Kind>() {
    let (place, store, room, owner) = with_member::<K>().await;
    let elsewhere = store.create_room(new_room("딴 방", owner)).await.unwrap();
    let other = somebody();
    store.enter(room.id, other.into(), 2).await.unwrap();
    store.enter(elsewhere.id, owner.into(), 3).await.unwrap();
    let [one, two, three, kept] = [(); 4].map(|()| GifName::random());
    // The owner's message names the first file, too: it can't be sent again from there either.
    let first = send(&store, room.id, other, one).await;
    post(&store, again(room.id, owner, one, None, None)).await;
    for name in [two, three] {
        send(&store, room.id, other, name).await;
    }
    let blameless = send(&store, room.id, owner, kept).await;
    // Another message names the first.
    let returned = store.moderate(room.id, owner, delete(first.id, true)).await.unwrap();
    gone(&store, returned, &[]).await;
    let returned = store.moderate(room.id, owner, clear(other.id, true)).await.unwrap();
    gone(&store, returned, &[two, three]).await;
    let from_tray = store.post(again(room.id, owner, one, None, None)).await;
    assert_eq!(refusal(from_tray), Refusal::ForbiddenGif);
    // What is deleted without that is taken again.
    store
        .moderate(room.id, owner, delete(blameless.id, false))
        .await
        .unwrap();
    drop(store.changes());
    store.close().await;
    let store = place.open().await;
    drop(store.changes());
    store.enter(room.id, owner.into(), 4).await.unwrap();
    store.enter(elsewhere.id, owner.into(), 5).await.unwrap();
    for name in [one, two, three] {
        let uploaded = store.post(gif(room.id, owner, name)).await;
        assert_eq!(refusal(uploaded), Refusal::ForbiddenGif, "after a restart, too");
        send(&store, elsewhere.id, owner, name).await;
    }
    send(&store, room.id, owner, kept).await;
}

pub(super) async fn a_room_forgets_the_oldest_of_the_gifs_it_refuses<K: Kind>() {
    let (_place, store, room, owner) = with_member::<K>().await;
    let flooder = somebody();
    store.enter(room.id, flooder.into(), 2).await.unwrap();
    let oldest = GifName::random();
    let first = post(&store, gif(room.id, owner, oldest)).await;
    let returned = store.moderate(room.id, owner, delete(first.id, true)).await.unwrap();
    gone(&store, returned, &[oldest]).await;
    let flood: Vec<_> = (0..=FORBIDDEN).map(|_| GifName::random()).collect();
    for name in &flood {
        post(&store, gif(room.id, flooder, *name)).await;
    }
    let returned = store.moderate(room.id, owner, clear(flooder.id, true)).await.unwrap();
    gone(&store, returned, &flood).await;
    for name in [oldest, flood[0]] {
        // While a clear is being done, the room still knows all of it.
        eventually("it is taken", async || store.post(gif(room.id, owner, name)).await.ok()).await;
    }
    for name in [flood[1], flood[FORBIDDEN]] {
        let refused = store.post(gif(room.id, owner, name)).await;
        assert_eq!(refusal(refused), Refusal::ForbiddenGif);
    }
}

pub(super) async fn nothing_is_forbidden_by_a_deed_that_is_refused<K: Kind>() {
    let (_place, store, room, owner) = with_member::<K>().await;
    let (other, name) = (somebody(), GifName::random());
    store.enter(room.id, other.into(), 2).await.unwrap();
    let shown = send(&store, room.id, owner, name).await;
    let foreign = store.create_room(new_room("딴 방", other)).await.unwrap();
    for action in [delete(shown.id, true), clear(owner.id, true)] {
        let refused = store.moderate(room.id, other, action).await;
        assert_eq!(refusal(refused), Refusal::NotTheOwner);
        let elsewhere = store.moderate(foreign.id, other, action).await;
        assert!(matches!(refusal(elsewhere), Refusal::Invalid(_)), "{action:?}");
        let nowhere = store.moderate(nobody_there(), other, action).await;
        assert_eq!(refusal(nowhere), Refusal::RoomNotFound);
    }
    post(&store, again(room.id, owner, name, None, None)).await;
    // A text has no bytes to refuse.
    let said = post(&store, text(room.id, other, "글", None)).await;
    store.moderate(room.id, owner, delete(said.id, true)).await.unwrap();
    post(&store, again(room.id, owner, name, None, None)).await;
}
