//! Links that let into a locked room.

use std::sync::Arc;

use gifchat::{
    domain::{Action, InviteToken, Refusal, Room, Visitor},
    rules::{INVITES, NewRoom, RoomChange},
    store::Store,
};

use super::{Kind, grant, moderation::from, new_room, nobody_there, post, refusal, somebody, text};
use crate::support::Verbs;

async fn locked<K: Kind>() -> (K, Arc<dyn Store>, Room, Visitor) {
    let place = K::fresh();
    let store = place.open().await;
    drop(store.changes());
    let owner = somebody();
    let new = NewRoom {
        password_hash: Some("hash".into()),
        ..new_room("방", owner)
    };
    let room = store.create_room(new).await.unwrap();
    (place, store, room, owner)
}

async fn granted(store: &Arc<dyn Store>, room: &Room, visitor: Visitor) -> bool {
    store.access(room.id, visitor.into()).await.unwrap().unwrap().granted
}

pub(super) async fn an_invite_lets_in_until_it_is_withdrawn<K: Kind>() {
    let (_place, store, room, _) = locked::<K>().await;
    let (token, other) = (InviteToken::random().hash(), InviteToken::random().hash());
    let (early, seated, late) = (somebody(), somebody(), somebody());
    assert_eq!(
        refusal(store.redeem(token, early.into()).await),
        Refusal::InviteNotFound
    );
    assert_eq!(store.room(room.id).await.unwrap().unwrap().invites(), 0);
    store.add_invite(room.id, token).await.unwrap();
    store.add_invite(room.id, other).await.unwrap();
    assert_eq!(store.room(room.id).await.unwrap().unwrap().invites(), 2);
    for visitor in [early, early, seated] {
        assert_eq!(store.redeem(token, visitor.into()).await.unwrap(), room.id);
    }
    assert!(granted(&store, &room, early).await && !granted(&store, &room, late).await);
    store.enter(room.id, seated.into(), 1).await.unwrap();
    store.withdraw_invites(room.id).await.unwrap();
    assert_eq!(store.room(room.id).await.unwrap().unwrap().invites(), 0);
    for token in [token, other] {
        assert_eq!(refusal(store.redeem(token, late.into()).await), Refusal::InviteNotFound);
    }
    assert!(!granted(&store, &room, early).await, "the grant came of the invite");
    assert_eq!(
        refusal(store.enter(room.id, early.into(), 2).await),
        Refusal::WrongPassword
    );
    assert_eq!(store.members(room.id).await.unwrap(), [seated], "who sits there stays");
    store.add_invite(room.id, token).await.unwrap();
    store.redeem(token, early.into()).await.unwrap();
    store.enter(room.id, early.into(), 2).await.unwrap();
    assert_eq!(
        refusal(store.add_invite(nobody_there(), token).await),
        Refusal::RoomNotFound
    );
    assert_eq!(
        refusal(store.withdraw_invites(nobody_there()).await),
        Refusal::RoomNotFound
    );
}

pub(super) async fn who_knows_the_password_needs_no_invite<K: Kind>() {
    let (_place, store, room, _) = locked::<K>().await;
    let token = InviteToken::random().hash();
    let (before, after) = (somebody(), somebody());
    store.add_invite(room.id, token).await.unwrap();
    grant(&store, room.id, before).await.unwrap();
    store.redeem(token, before.into()).await.unwrap();
    store.redeem(token, after.into()).await.unwrap();
    grant(&store, room.id, after).await.unwrap();
    store.withdraw_invites(room.id).await.unwrap();
    assert!(granted(&store, &room, before).await && granted(&store, &room, after).await);
}

pub(super) async fn a_new_password_takes_invites_back<K: Kind>() {
    let (_place, store, room, _) = locked::<K>().await;
    let (token, guest) = (InviteToken::random().hash(), somebody());
    store.add_invite(room.id, token).await.unwrap();
    store.redeem(token, guest.into()).await.unwrap();
    let change = RoomChange {
        password_hash: Some(Some("other".into())),
        ..RoomChange::default()
    };
    store.update_room(room.id, None, RoomChange::default()).await.unwrap();
    assert!(
        granted(&store, &room, guest).await,
        "an edit of something else keeps it"
    );
    store.update_room(room.id, None, change).await.unwrap();
    assert!(!granted(&store, &room, guest).await);
    assert_eq!(
        refusal(store.redeem(token, guest.into()).await),
        Refusal::InviteNotFound
    );
    assert_eq!(store.room(room.id).await.unwrap().unwrap().invites(), 0);
}

pub(super) async fn invites_survive_a_restart_and_are_bounded<K: Kind>() {
    let (place, store, room, _) = locked::<K>().await;
    let tokens: Vec<_> = (0..=INVITES).map(|_| InviteToken::random().hash()).collect();
    for token in &tokens {
        store.add_invite(room.id, *token).await.unwrap();
    }
    let (guest, late) = (somebody(), somebody());
    store.redeem(tokens[1], guest.into()).await.unwrap();
    store.close().await;
    drop(store);
    let store = place.open().await;
    drop(store.changes());
    assert_eq!(store.room(room.id).await.unwrap().unwrap().invites(), INVITES);
    assert!(granted(&store, &room, guest).await);
    assert_eq!(
        refusal(store.redeem(tokens[0], late.into()).await),
        Refusal::InviteNotFound,
        "the oldest"
    );
    assert_eq!(store.redeem(tokens[INVITES], late.into()).await.unwrap(), room.id);
    store.withdraw_invites(room.id).await.unwrap();
    assert!(!granted(&store, &room, guest).await);
}

pub(super) async fn an_invite_of_a_room_that_is_being_removed_is_good_no_more<K: Kind>() {
    let (_place, store, room, owner) = locked::<K>().await;
    let (token, late) = (InviteToken::random().hash(), somebody());
    store.add_invite(room.id, token).await.unwrap();
    store.redeem(token, owner.into()).await.unwrap();
    store.enter(room.id, owner.into(), 1).await.unwrap();
    // More rows than one commit deletes: those of the room's invites go last.
    for _ in 0..300 {
        post(&store, text(room.id, owner, "글", None)).await;
    }
    store.remove_room(room.id).await.unwrap();
    for guest in [late, owner] {
        assert_eq!(
            refusal(store.redeem(token, guest.into()).await),
            Refusal::InviteNotFound
        );
    }
}

pub(super) async fn an_invite_is_nothing_to_somebody_banned<K: Kind>() {
    let (_place, store, room, owner) = locked::<K>().await;
    let token = InviteToken::random().hash();
    store.add_invite(room.id, token).await.unwrap();
    let (bad, fresh, seated) = (somebody(), somebody(), somebody());
    let (home, away) = ("203.0.113.7", "198.51.100.9");
    for (visitor, socket) in [(bad, 1), (seated, 2)] {
        store.redeem(token, from(visitor, home)).await.unwrap();
        store.enter(room.id, from(visitor, home), socket).await.unwrap();
    }
    store.withdraw_invites(room.id).await.unwrap();
    store.add_invite(room.id, token).await.unwrap();
    store.moderate(room.id, owner, Action::Ban(bad.id, None)).await.unwrap();
    let banned = Refusal::Banned { until: None };
    for guest in [bad.into(), from(bad, away), from(fresh, home)] {
        assert_eq!(refusal(store.redeem(token, guest).await), banned);
    }
    store.redeem(token, from(seated, home)).await.unwrap();
    store.redeem(token, from(owner, home)).await.unwrap();
    store.moderate(room.id, owner, Action::Unban(bad.id)).await.unwrap();
    assert!(
        !granted(&store, &room, bad).await && !granted(&store, &room, fresh).await,
        "what was refused is no grant either"
    );
    store.redeem(token, from(bad, home)).await.unwrap();
    assert!(granted(&store, &room, bad).await && granted(&store, &room, seated).await);
}
