//! Whispers and reports that are on their way while the owner sends somebody out, deletes, or removes the room.

use gifchat::{
    domain::{Action, GifName, Reason, Refusal},
    rules::{AgainGif, NewBody},
    store::{Change, NewReport, NewWhisper},
};

use super::{Kind, gifs::send, next, refusal, somebody, whispers::says};
use crate::support::Verbs;

/// What is on its way when its author is sent out is before the line that says so, or nowhere.
pub(crate) async fn nothing_is_whispered_or_reported_behind_the_line_that_sent_its_author_out<K: Kind>() {
    let place = K::fresh();
    let store = place.open().await;
    let mut changes = store.changes().unwrap();
    let (owner, ann, bea) = (somebody(), somebody(), somebody());
    let room = store.create_room(super::new_room("방", owner)).await.unwrap();
    store.enter(room.id, owner.into(), 1).await.unwrap();
    for (round, action) in [Action::Ban(ann.id, None), Action::Kick(ann.id)]
        .into_iter()
        .enumerate()
        .rev()
    {
        for (visitor, socket) in [(ann, 2), (bea, 3)] {
            store.enter(room.id, visitor.into(), socket).await.unwrap();
        }
        let mut about = Vec::new();
        for n in 0..10 {
            about.push(
                super::post(&store, super::text(room.id, bea, &n.to_string(), None))
                    .await
                    .id,
            );
        }
        let whispers = (0..90).map(|n| says(room.id, ann, owner.id, &format!("{round} {n}"), None));
        let whispers = futures_util::future::join_all(whispers.map(|new| store.whisper(new)));
        let reports = about.iter().map(|message| NewReport {
            room: room.id,
            by: ann,
            message: *message,
            reason: Reason::default(),
        });
        let reports = futures_util::future::join_all(reports.map(|new| store.report(new)));
        let sending = store.moderate(room.id, owner, action);
        let (whispers, sent, reports) = tokio::join!(whispers, sending, reports);
        sent.unwrap();
        let stored = whispers.iter().filter(|told| told.is_ok()).count();
        let reported = reports.iter().filter(|told| told.is_ok()).count();
        let end = super::post(&store, super::text(room.id, owner, "끝", None)).await;
        let (mut before, mut is_out) = ((0, 0), false);
        loop {
            match next(&mut changes).await {
                Change::Posted(message) if message.id == end.id => break,
                Change::Posted(message) if message.author == ann && message.is_line() => {
                    is_out = message.seq + 1 == end.seq
                }
                Change::Whispered(whisper) => {
                    assert!(!is_out, "{whisper:?}");
                    before.0 += 1;
                }
                Change::Reported(report) => {
                    assert!(!is_out, "{report:?}");
                    before.1 += 1;
                }
                _ => (),
            }
        }
        assert!(is_out);
        assert_eq!(before, (stored, reported), "each that was acknowledged was told");
    }
}

pub(crate) async fn nothing_is_whispered_into_a_room_that_is_removed<K: Kind>() {
    let place = K::fresh();
    let store = place.open().await;
    let mut changes = store.changes().unwrap();
    let (owner, ann) = (somebody(), somebody());
    let room = store.create_room(super::new_room("방", owner)).await.unwrap();
    for (visitor, socket) in [(owner, 1), (ann, 2)] {
        store.enter(room.id, visitor.into(), socket).await.unwrap();
    }
    let whispers = (0..100).map(|n| store.whisper(says(room.id, ann, owner.id, &n.to_string(), None)));
    let (told, removed) = tokio::join!(futures_util::future::join_all(whispers), store.remove_room(room.id));
    removed.unwrap();
    let other = store.create_room(super::new_room("다음 방", owner)).await.unwrap();
    let (mut heard, mut is_gone) = (0, false);
    loop {
        match next(&mut changes).await {
            Change::RoomCreated(room) if room.id == other.id => break,
            Change::RoomRemoved(_) => is_gone = true,
            Change::Whispered(whisper) => {
                assert!(!is_gone, "{whisper:?}");
                heard += 1;
            }
            _ => (),
        }
    }
    assert_eq!(heard, told.iter().filter(|told| told.is_ok()).count());
}

pub(crate) async fn a_gif_is_not_whispered_behind_the_deletion_that_forbids_it<K: Kind>() {
    let place = K::fresh();
    let store = place.open().await;
    let mut changes = store.changes().unwrap();
    let (owner, ann) = (somebody(), somebody());
    let room = store.create_room(super::new_room("방", owner)).await.unwrap();
    for (visitor, socket) in [(owner, 1), (ann, 2)] {
        store.enter(room.id, visitor.into(), socket).await.unwrap();
    }
    let name = GifName::random();
    let bad = send(&store, room.id, owner, name).await;
    let again = || NewWhisper {
        body: NewBody::Again(AgainGif {
            name,
            alt: None,
            caption: None,
        }),
        ..says(room.id, ann, owner.id, "x", None)
    };
    let whispers = futures_util::future::join_all((0..50).map(|_| store.whisper(again())));
    let deleting = async {
        // When the first is stored, the others are on their way.
        while !matches!(next(&mut changes).await, Change::Whispered(_)) {}
        store
            .moderate(room.id, owner, super::delete(bad.id, true))
            .await
            .unwrap();
        let end = super::post(&store, super::text(room.id, owner, "끝", None)).await;
        let mut is_deleted = false;
        loop {
            match next(&mut changes).await {
                Change::Posted(message) if message.id == end.id => break,
                Change::Posted(message) => is_deleted |= message.is_line(),
                Change::Whispered(whisper) => assert!(!is_deleted, "{whisper:?}"),
                _ => (),
            }
        }
        assert!(is_deleted);
    };
    let (told, ()) = tokio::join!(whispers, deleting);
    for told in told.into_iter().filter(Result::is_err) {
        let refused = refusal(told);
        assert!(
            matches!(refused, Refusal::GifNotFound | Refusal::ForbiddenGif),
            "{refused:?}"
        );
    }
}
