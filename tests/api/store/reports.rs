//! What visitors tell the owner about messages.

use gifchat::{
    domain::{Action, MessageId, Reason, Refusal, RoomId, Visitor},
    store::{Change, NewReport, REPORTS_EACH, StoreError},
};

use super::{Kind, clear, delete, new_room, next, nobody_there, post, refusal, somebody, text};
use crate::support::Verbs;

fn report(room: RoomId, by: Visitor, message: MessageId, reason: &str) -> NewReport {
    NewReport {
        room,
        by,
        message,
        reason: Reason::from_store(reason),
    }
}

pub(crate) async fn a_report_is_told_listed_and_dismissed<K: Kind>() {
    let place = K::fresh();
    let store = place.open().await;
    let mut changes = store.changes().unwrap();
    let (owner, ann, bea) = (somebody(), somebody(), somebody());
    let room = store.create_room(new_room("방", owner)).await.unwrap().id;
    for (visitor, socket) in [(owner, 1), (ann, 2), (bea, 3)] {
        store.enter(room, visitor.into(), socket).await.unwrap();
    }
    let bad = post(&store, text(room, ann, "나쁜 말", None)).await;
    let other = post(&store, text(room, ann, "다른 말", None)).await;
    let first = store.report(report(room, bea, bad.id, "욕")).await.unwrap();
    assert_eq!(
        (first.message, first.seq, first.reason.as_str()),
        (bad.id, bad.seq, "욕")
    );
    let again = store.report(report(room, bea, bad.id, "또")).await.unwrap();
    assert_eq!(again, first, "once for each visitor and message");
    let second = store.report(report(room, ann, bad.id, "")).await.unwrap();
    let third = store.report(report(room, bea, other.id, "")).await.unwrap();
    let mut told = Vec::new();
    while told.len() < 3 {
        if let Change::Reported(report) = next(&mut changes).await {
            told.push(report);
        }
    }
    assert_eq!(told, [first.clone(), second.clone(), third.clone()]);
    let listed = store.reports(room).await.unwrap();
    assert_eq!(
        listed.iter().map(|reported| reported.report.id).collect::<Vec<_>>(),
        [first.id, second.id, third.id]
    );
    assert_eq!(listed[0].about, *bad);
    store.dismiss_report(room, second.id).await.unwrap();
    let left = store.reports(room).await.unwrap();
    assert_eq!(left.len(), 1, "all about the same message");
    assert_eq!(left[0].report, third);
    assert_eq!(
        refusal(store.dismiss_report(room, first.id).await),
        Refusal::ReportNotFound
    );
    store.remove_room(room).await.unwrap();
    assert!(store.reports(room).await.unwrap().is_empty());
}

pub(crate) async fn only_members_report_messages_of_the_room_and_not_without_end<K: Kind>() {
    let (_place, store, room, owner) = super::with_member::<K>().await;
    let [ann, bea] = [somebody(), somebody()];
    for (visitor, socket) in [(ann, 2), (bea, 3)] {
        store.enter(room.id, visitor.into(), socket).await.unwrap();
    }
    let elsewhere = store.create_room(new_room("딴 방", owner)).await.unwrap();
    store.enter(elsewhere.id, owner.into(), 9).await.unwrap();
    let foreign = post(&store, text(elsewhere.id, owner, "x", None)).await;
    let bad = post(&store, text(room.id, ann, "x", None)).await;
    let refused = async |new| refusal(store.report(new).await);
    assert_eq!(
        refused(report(room.id, somebody(), bad.id, "")).await,
        Refusal::NotAMember
    );
    assert_eq!(
        refused(report(room.id, bea, foreign.id, "")).await,
        Refusal::MessageNotFound
    );
    assert_eq!(
        refused(report(room.id, bea, MessageId::random(), "")).await,
        Refusal::MessageNotFound
    );
    assert_eq!(
        refused(report(nobody_there(), bea, bad.id, "")).await,
        Refusal::RoomNotFound
    );
    for n in 0..REPORTS_EACH {
        let message = post(&store, text(room.id, ann, &n.to_string(), None)).await;
        store.report(report(room.id, bea, message.id, "")).await.unwrap();
    }
    let flood = refused(report(room.id, bea, bad.id, "")).await;
    assert!(matches!(flood, Refusal::RateLimited { .. }), "{flood:?}");
    store.report(report(room.id, ann, bad.id, "")).await.unwrap();
}

pub(crate) async fn nobody_reports_the_owner_and_the_owner_reports_nobody<K: Kind>() {
    let (_place, store, room, owner) = super::with_member::<K>().await;
    let ann = somebody();
    store.enter(room.id, ann.into(), 2).await.unwrap();
    for (author, by) in [(owner, ann), (ann, owner), (owner, owner)] {
        let message = post(&store, text(room.id, author, "x", None)).await;
        let refused = store.report(report(room.id, by, message.id, "")).await;
        assert_eq!(refusal(refused), Refusal::OwnerReport);
    }
    assert!(store.reports(room.id).await.unwrap().is_empty());
}

pub(crate) async fn reports_by_and_about_who_becomes_the_owner_are_forgotten<K: Kind>() {
    let (place, mut store, room, owner) = super::with_member::<K>().await;
    let [heir, bad] = [somebody(), somebody()];
    for (visitor, socket) in [(heir, 2), (bad, 3)] {
        store.enter(room.id, visitor.into(), socket).await.unwrap();
    }
    let heirs = post(&store, text(room.id, heir, "x", None)).await;
    let bads = post(&store, text(room.id, bad, "y", None)).await;
    for (by, about) in [(bad, heirs.id), (heir, bads.id)] {
        store.report(report(room.id, by, about, "")).await.unwrap();
    }
    let kept = store.report(report(room.id, bad, bads.id, "")).await.unwrap();
    store.moderate(room.id, owner, Action::HandOver(heir.id)).await.unwrap();
    let again = store.report(report(room.id, bad, heirs.id, "")).await;
    assert_eq!(refusal(again), Refusal::OwnerReport);
    for _ in 0..2 {
        let left = store.reports(room.id).await.unwrap();
        let left: Vec<_> = left.into_iter().map(|left| left.report).collect();
        assert_eq!(left, std::slice::from_ref(&kept));
        store.close().await;
        drop(store);
        store = place.open().await;
        drop(store.changes());
    }
}

pub(crate) async fn a_member_has_so_many_reports_waiting_and_no_more_however_fast_they_come<K: Kind>() {
    let (_place, store, room, _) = super::with_member::<K>().await;
    let [hasty, bad] = [somebody(), somebody()];
    for (visitor, socket) in [(hasty, 2), (bad, 3)] {
        store.enter(room.id, visitor.into(), socket).await.unwrap();
    }
    let mut about = Vec::new();
    for n in 0..4 * REPORTS_EACH {
        about.push(post(&store, text(room.id, bad, &n.to_string(), None)).await.id);
    }
    let all = about
        .iter()
        .map(|message| store.report(report(room.id, hasty, *message, "")));
    let told = futures_util::future::join_all(all).await;
    let taken = told.iter().filter(|told| told.is_ok()).count();
    let refused = |told: &&Result<_, StoreError>| matches!(told, Err(StoreError::Refused(Refusal::RateLimited { .. })));
    assert_eq!(
        (taken, told.iter().filter(refused).count()),
        (REPORTS_EACH, 3 * REPORTS_EACH)
    );
    assert_eq!(store.reports(room.id).await.unwrap().len(), REPORTS_EACH);
}

pub(crate) async fn reports_that_wait_are_counted_over_a_restart<K: Kind>() {
    let (place, mut store, room, _) = super::with_member::<K>().await;
    let ann = somebody();
    store.enter(room.id, ann.into(), 2).await.unwrap();
    let mut about = Vec::new();
    for n in 0..=REPORTS_EACH {
        about.push(post(&store, text(room.id, ann, &n.to_string(), None)).await.id);
    }
    let first = store.report(report(room.id, ann, about[0], "욕")).await.unwrap();
    for message in &about[1..REPORTS_EACH] {
        store.report(report(room.id, ann, *message, "")).await.unwrap();
    }
    store.close().await;
    drop(store);
    store = place.open().await;
    drop(store.changes());
    // Closing took the seat of its server with it on one kind of store.
    store.enter(room.id, ann.into(), 3).await.unwrap();
    assert_eq!(store.report(report(room.id, ann, about[0], "")).await.unwrap(), first);
    let beyond = report(room.id, ann, about[REPORTS_EACH], "");
    let refused = refusal(store.report(beyond.clone()).await);
    assert!(matches!(refused, Refusal::RateLimited { .. }), "{refused:?}");
    store.dismiss_report(room.id, first.id).await.unwrap();
    store.report(beyond).await.unwrap();
    assert_eq!(store.reports(room.id).await.unwrap().len(), REPORTS_EACH);
}

pub(crate) async fn reports_go_with_what_they_are_about<K: Kind>() {
    let (_place, store, room, owner) = super::with_member::<K>().await;
    let (bad, watchful) = (somebody(), somebody());
    for (visitor, socket) in [(bad, 2), (watchful, 3)] {
        store.enter(room.id, visitor.into(), socket).await.unwrap();
    }
    let kept = post(&store, text(room.id, watchful, "x", None)).await;
    let kept = store.report(report(room.id, watchful, kept.id, "")).await.unwrap();
    for round in 0..2 {
        // As many as may wait with that one, and half of them deleted one by one.
        for n in 1..REPORTS_EACH {
            let message = post(&store, text(room.id, bad, "x", None)).await;
            let reported = store.report(report(room.id, watchful, message.id, "")).await;
            assert!(reported.is_ok(), "{round} {n} {reported:?}");
            if n % 2 == 0 {
                store.moderate(room.id, owner, delete(message.id, false)).await.unwrap();
            }
        }
        store.moderate(room.id, owner, clear(bad.id, false)).await.unwrap();
    }
    let left = store.reports(room.id).await.unwrap();
    assert_eq!(left.into_iter().map(|left| left.report).collect::<Vec<_>>(), [kept]);
}
