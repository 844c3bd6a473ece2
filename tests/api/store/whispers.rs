//! What one visitor says to one other.

use std::sync::Arc;

use gifchat::{
    domain::{Chat, GifName, Limits, Nonce, Refusal, Room, RoomId, Said, Visitor, VisitorId, Whisper, WhisperId},
    rules::{AgainGif, Leave, NewBody},
    store::{Change, NewWhisper, Store, WHISPERS_PAIR, Whispered, Window},
};

use super::{
    Kind, gif,
    gifs::{keep, send},
    next, nobody_there, refusal, somebody, with_member,
};
use crate::support::Verbs;

pub(super) fn says(room: RoomId, author: Visitor, to: VisitorId, chat: &str, nonce: Option<&str>) -> NewWhisper {
    NewWhisper {
        room,
        author,
        to,
        body: NewBody::Chat(Chat::parse(chat, &Limits::default()).unwrap()),
        nonce: nonce.map(|nonce| Nonce::parse(nonce).unwrap()),
    }
}

fn shows(room: RoomId, author: Visitor, to: VisitorId, name: GifName) -> NewWhisper {
    NewWhisper {
        body: gif(room, author, name).body,
        ..says(room, author, to, "-", None)
    }
}

async fn whisper(store: &Arc<dyn Store>, new: NewWhisper) -> Arc<Whisper> {
    Arc::clone(store.whisper(new).await.unwrap().whisper())
}

async fn heard(store: &Arc<dyn Store>, room: &Room, visitor: Visitor) -> Vec<Whisper> {
    store.whispers(room.id, visitor.id, None, 1_000).await.unwrap()
}

async fn three<K: Kind>() -> (K, Arc<dyn Store>, Room, [Visitor; 3]) {
    let (place, store, room, owner) = with_member::<K>().await;
    let (bea, eve) = (somebody(), somebody());
    store.enter(room.id, bea.into(), 2).await.unwrap();
    store.enter(room.id, eve.into(), 3).await.unwrap();
    (place, store, room, [owner, bea, eve])
}

pub(crate) async fn a_whisper_is_kept_for_the_two_and_has_no_place<K: Kind>() {
    let (place, store, room, [ann, bea, eve]) = three::<K>().await;
    let first = whisper(&store, says(room.id, ann, bea.id, "쉿", Some("n"))).await;
    assert_eq!((first.author, first.to, first.room), (ann, bea, room.id));
    let second = whisper(&store, says(room.id, bea, ann.id, "응", None)).await;
    let third = whisper(&store, says(room.id, eve, ann.id, "나도", None)).await;
    assert_eq!(
        heard(&store, &room, ann).await,
        [(*first).clone(), (*second).clone(), (*third).clone()]
    );
    assert_eq!(heard(&store, &room, bea).await, [(*first).clone(), (*second).clone()]);
    assert_eq!(heard(&store, &room, eve).await, [(*third).clone()]);
    assert!(heard(&store, &room, somebody()).await.is_empty());
    let behind = store.whispers(room.id, ann.id, Some(first.id), 1).await.unwrap();
    assert_eq!(behind, [(*second).clone()]);
    assert!(
        store
            .whispers(room.id, ann.id, Some(third.id), 9)
            .await
            .unwrap()
            .is_empty()
    );
    assert!(
        store
            .history(room.id, Window::Newest, 10)
            .await
            .unwrap()
            .iter()
            .all(|message| !format!("{message:?}").contains("쉿"))
    );
    store.close().await;
    drop(store);
    let store = place.open().await;
    drop(store.changes());
    assert_eq!(heard(&store, &room, bea).await, [(*first).clone(), (*second).clone()]);
}

pub(crate) async fn a_whisper_is_told_once_and_its_nonce_counts_once<K: Kind>() {
    let place = K::fresh();
    let store = place.open().await;
    let mut changes = store.changes().unwrap();
    let (ann, bea) = (somebody(), somebody());
    let room = store.create_room(super::new_room("방", ann)).await.unwrap();
    store.enter(room.id, ann.into(), 1).await.unwrap();
    store.enter(room.id, bea.into(), 2).await.unwrap();
    let racing = (0..8).map(|_| store.whisper(says(room.id, ann, bea.id, "쉿", Some("n"))));
    let told = futures_util::future::join_all(racing).await;
    let fresh = told
        .iter()
        .filter(|told| matches!(told, Ok(Whispered::New(..))))
        .count();
    assert_eq!(fresh, 1);
    let first = Arc::clone(told[0].as_ref().unwrap().whisper());
    whisper(&store, says(room.id, bea, ann.id, "다른 사람의 n", Some("n"))).await;
    store.leave(room.id, ann, 1, Leave::Explicit).await.unwrap();
    let known = store
        .whisper(says(room.id, ann, bea.id, "쉿", Some("n")))
        .await
        .unwrap();
    assert!(
        matches!(known, Whispered::Known(known) if known == first),
        "the answer may have got lost"
    );
    let mut whispered = Vec::new();
    while whispered.len() < 2 {
        if let Change::Whispered(whisper) = next(&mut changes).await {
            whispered.push(whisper);
        }
    }
    assert_eq!(whispered[0], first);
    assert_eq!(whispered[1].author, bea);
}

pub(crate) async fn one_reads_on_behind_a_whisper_that_is_no_longer_kept<K: Kind>() {
    let (place, mut store, room, [ann, bea, eve]) = three::<K>().await;
    let kept = whisper(&store, says(room.id, eve, bea.id, "남는 말", None)).await;
    let last = whisper(&store, says(room.id, ann, bea.id, "여기까지 읽었어요", None)).await;
    let mut later = Vec::new();
    for n in 0..WHISPERS_PAIR {
        later.push((*whisper(&store, says(room.id, ann, bea.id, &n.to_string(), None)).await).clone());
    }
    for _ in 0..2 {
        let all = heard(&store, &room, bea).await;
        assert_eq!(all[0], *kept);
        assert!(!all.contains(&last), "it had to go");
        assert_eq!(
            store.whispers(room.id, bea.id, Some(last.id), 1_000).await.unwrap(),
            later
        );
        store.close().await;
        drop(store);
        store = place.open().await;
        drop(store.changes());
    }
    let unknown = store.whispers(room.id, bea.id, Some(WhisperId::random()), 1).await;
    assert_eq!(
        unknown.unwrap(),
        [(*kept).clone()],
        "what was never there is before all"
    );
}

pub(crate) async fn one_whispers_only_inside_and_to_somebody_inside<K: Kind>() {
    let (_place, store, room, [ann, bea, _]) = three::<K>().await;
    let outside = somebody();
    let refused = async |new| refusal(store.whisper(new).await);
    assert_eq!(
        refused(says(room.id, ann, outside.id, "x", None)).await,
        Refusal::VisitorNotFound
    );
    assert_eq!(
        refused(says(room.id, outside, ann.id, "x", None)).await,
        Refusal::NotAMember
    );
    assert_eq!(
        refused(says(nobody_there(), ann, bea.id, "x", None)).await,
        Refusal::RoomNotFound
    );
    let again = NewWhisper {
        body: NewBody::Again(AgainGif {
            name: GifName::random(),
            alt: None,
            caption: None,
        }),
        ..says(room.id, ann, bea.id, "x", None)
    };
    assert_eq!(refused(again).await, Refusal::GifNotFound);
    store.leave(room.id, bea, 2, Leave::Explicit).await.unwrap();
    assert_eq!(
        refused(says(room.id, ann, bea.id, "x", None)).await,
        Refusal::VisitorNotFound
    );
    assert!(heard(&store, &room, ann).await.is_empty());
}

pub(crate) async fn a_whispered_gif_belongs_to_the_two<K: Kind>() {
    let (_place, store, room, [ann, bea, eve]) = three::<K>().await;
    let (secret, public) = (GifName::random(), GifName::random());
    keep(&store, secret).await;
    whisper(&store, shows(room.id, ann, bea.id, secret)).await;
    assert_eq!(store.room_of_gif(secret).await.unwrap(), None);
    for (visitor, room) in [(ann, Some(room.id)), (bea, Some(room.id)), (eve, None)] {
        assert_eq!(store.room_of_whispered(secret, visitor.id).await.unwrap(), room);
    }
    assert!(
        store.lately_sent(room.id, 9).await.unwrap().is_empty(),
        "it is not in the tray"
    );
    assert_eq!(store.gif_names().await.unwrap(), [secret]);
    assert!(store.unnamed(vec![secret]).await.unwrap().is_empty());
    for visitor in [ann, eve] {
        let mut again = super::text(room.id, visitor, "x", None);
        again.body = NewBody::Again(AgainGif {
            name: secret,
            alt: None,
            caption: None,
        });
        assert_eq!(
            refusal(store.post(again).await),
            Refusal::GifNotFound,
            "nobody makes it public"
        );
    }
    // A GIF of the room is whispered by its name, and lives as long as the whisper.
    let shown = send(&store, room.id, eve, public).await;
    let again = NewWhisper {
        body: NewBody::Again(AgainGif {
            name: public,
            alt: None,
            caption: None,
        }),
        ..says(room.id, ann, bea.id, "x", None)
    };
    let whispered = whisper(&store, again).await;
    assert!(matches!(&whispered.said, Said::Gif(gif) if gif.name == public && gif.hash.is_some()));
    store
        .moderate(room.id, ann, super::delete(shown.id, true))
        .await
        .unwrap();
    let forbidden = store.whisper(shows(room.id, ann, bea.id, public)).await;
    assert_eq!(refusal(forbidden), Refusal::ForbiddenGif);
    store.forget_gifs(vec![secret]).await.unwrap();
    assert_eq!(heard(&store, &room, bea).await.len(), 1);
    let returned = store.remove_room(room.id).await.unwrap();
    super::gone(&store, returned, &[public]).await;
    assert!(heard(&store, &room, bea).await.is_empty());
}

pub(crate) async fn a_room_keeps_the_newest_whispers_of_each_pair<K: Kind>() {
    let (_place, store, room, [ann, bea, eve]) = three::<K>().await;
    let (lost, kept) = (GifName::random(), GifName::random());
    keep(&store, lost).await;
    send(&store, room.id, ann, kept).await;
    whisper(&store, shows(room.id, ann, bea.id, lost)).await;
    let again = NewWhisper {
        body: NewBody::Again(AgainGif {
            name: kept,
            alt: None,
            caption: None,
        }),
        ..says(room.id, ann, bea.id, "x", None)
    };
    whisper(&store, again).await;
    let others = [
        whisper(&store, says(room.id, eve, bea.id, "남은 말", None)).await,
        whisper(&store, says(room.id, bea, ann.id, "대답", None)).await,
        whisper(&store, says(room.id, ann, eve.id, "다른 사람에게", None)).await,
    ];
    let mut gone = Vec::new();
    for n in 0..WHISPERS_PAIR {
        if let Whispered::New(_, files) = store
            .whisper(says(room.id, ann, bea.id, &n.to_string(), None))
            .await
            .unwrap()
        {
            gone.extend(files);
        }
    }
    assert_eq!(gone, [lost], "the other file is still named by a message");
    let left = heard(&store, &room, bea).await;
    assert_eq!(left.len(), WHISPERS_PAIR + 2);
    assert_eq!(
        left[..2],
        [(*others[0]).clone(), (*others[1]).clone()],
        "others lose none"
    );
    assert_eq!(
        heard(&store, &room, eve).await,
        [(*others[0]).clone(), (*others[2]).clone()]
    );
}
