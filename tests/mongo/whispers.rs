//! Whispers and reports across servers.

use gifchat::{
    domain::{Chat, Limits, Nonce, Reason, RoomId, Visitor, VisitorId},
    rules::NewBody,
    store::{Change, NewReport, NewWhisper, Whispered},
};

use super::sites::*;

fn whisper(room: RoomId, author: Visitor, to: VisitorId, chat: &str, nonce: Option<&str>) -> NewWhisper {
    NewWhisper {
        room,
        author,
        to,
        body: NewBody::Chat(Chat::parse(chat, &Limits::default()).unwrap()),
        nonce: nonce.map(|nonce| Nonce::parse(nonce).unwrap()),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn a_whisper_of_one_server_is_heard_and_read_on_the_other_in_one_order() {
    let site = Site::new();
    let [a, b] = site.servers().await;
    let (ann, bea) = (someone(), someone());
    let room = room_of(&a, ann, 2).await.id;
    a.enter(room, ann.into(), 1).await.unwrap();
    b.enter(room, bea.into(), 1).await.unwrap();
    let mut changes = b.changes().unwrap();
    let (from_a, from_b) = (
        (0..20).map(|n| a.whisper(whisper(room, ann, bea.id, &n.to_string(), None))),
        (0..20).map(|n| b.whisper(whisper(room, bea, ann.id, &n.to_string(), None))),
    );
    let (at_a, at_b) = tokio::join!(
        futures_util::future::join_all(from_a),
        futures_util::future::join_all(from_b)
    );
    assert!(at_a.iter().chain(&at_b).all(Result::is_ok));
    let mut heard = Vec::new();
    while heard.len() < 40 {
        let told = next(&mut changes, |change| match change {
            Change::Whispered(whisper) => Some((**whisper).clone()),
            _ => None,
        });
        heard.push(told.await);
    }
    for server in [&a, &b] {
        assert_eq!(
            server.whispers(room, ann.id, None, 100).await.unwrap(),
            heard,
            "as it was heard"
        );
    }
    let behind = a.whispers(room, bea.id, Some(heard[29].id), 100).await.unwrap();
    assert_eq!(behind, heard[30..]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn a_nonce_whispers_once_whichever_server_it_comes_to() {
    let site = Site::new();
    let [a, b] = site.servers().await;
    let (ann, bea) = (someone(), someone());
    let room = room_of(&a, ann, 2).await.id;
    a.enter(room, ann.into(), 1).await.unwrap();
    a.enter(room, bea.into(), 2).await.unwrap();
    for round in 0..10 {
        let nonce = round.to_string();
        let new = || whisper(room, ann, bea.id, "x", Some(&nonce));
        let (here, there, again) = tokio::join!(a.whisper(new()), b.whisper(new()), b.whisper(new()));
        let told = [here.unwrap(), there.unwrap(), again.unwrap()];
        let fresh = told.iter().filter(|told| matches!(told, Whispered::New(..))).count();
        assert_eq!(fresh, 1, "round {round}");
        assert!(told.iter().all(|one| one.whisper() == told[0].whisper()));
    }
    assert_eq!(b.whispers(room, bea.id, None, 100).await.unwrap().len(), 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn a_report_of_one_server_is_told_and_dismissed_on_the_other() {
    let site = Site::new();
    let [a, b] = site.servers().await;
    let (owner, guest) = (someone(), someone());
    let room = room_of(&a, owner, 2).await.id;
    a.enter(room, owner.into(), 1).await.unwrap();
    b.enter(room, guest.into(), 1).await.unwrap();
    let mut changes = a.changes().unwrap();
    let bad = post(&b, says(room, guest, "x", None)).await.unwrap();
    let new = || NewReport {
        room,
        by: guest,
        message: bad.message().id,
        reason: Reason::default(),
    };
    let (one, other) = tokio::join!(a.report(new()), b.report(new()));
    assert_eq!(one.unwrap(), other.unwrap());
    let told = next(&mut changes, |change| match change {
        Change::Reported(report) => Some(report.clone()),
        _ => None,
    });
    let told = told.await;
    assert_eq!(a.reports(room).await.unwrap()[0].report, told);
    a.dismiss_report(room, told.id).await.unwrap();
    assert!(b.reports(room).await.unwrap().is_empty());
}
