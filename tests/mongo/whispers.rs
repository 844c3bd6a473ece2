//! Whispers and reports across servers.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use gifchat::{
    domain::{Action, Chat, Limits, Message, Nonce, Reason, RoomId, Visitor, VisitorId},
    rules::NewBody,
    store::{Change, Changes, NewReport, NewWhisper, REPORTS_EACH, Whispered},
};
use mongodb::bson::{Document, doc};

use super::{
    proxy::{Proxy, Way},
    sites::*,
    support::mongod,
};

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

fn report(room: RoomId, by: Visitor, about: &Message) -> NewReport {
    NewReport {
        room,
        by,
        message: about.id,
        reason: Reason::default(),
    }
}

/// What is told up to a message: whether a line about a visitor came, and how many whispers came before and behind it.
async fn around_the_line(changes: &mut Changes, about: Visitor, end: &Message) -> (bool, [usize; 2]) {
    let (mut is_told, mut whispers) = (false, [0, 0]);
    loop {
        match changes.recv().await.unwrap() {
            Change::Posted(message) if message.id == end.id => return (is_told, whispers),
            Change::Posted(message) => is_told |= message.is_line() && message.author == about,
            Change::Whispered(_) => whispers[usize::from(is_told)] += 1,
            _ => (),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn nothing_is_whispered_behind_a_ban_by_another_server() {
    let site = Site::new();
    let [a, b] = site.servers().await;
    let (owner, ann) = (someone(), someone());
    let mut changes = a.changes().unwrap();
    let room = room_of(&a, owner, 2).await.id;
    a.enter(room, owner.into(), 1).await.unwrap();
    b.enter(room, ann.into(), 1).await.unwrap();
    let begun = post(&a, says(room, owner, "시작", None)).await.unwrap();
    around_the_line(&mut changes, owner, begun.message()).await;
    let whispers = join_all((0..300).map(|n| b.whisper(whisper(room, ann, owner.id, &n.to_string(), None))));
    let banning = async {
        // The others are on their way then.
        let is_first = |change: &Change| matches!(change, Change::Whispered(_)).then_some(());
        next(&mut changes, is_first).await;
        a.moderate(room, owner, Action::Ban(ann.id, None)).await.unwrap();
        let end = post(&a, says(room, owner, "끝", None)).await.unwrap();
        around_the_line(&mut changes, ann, end.message()).await
    };
    let (told, (is_banned, [before, behind])) = tokio::join!(whispers, banning);
    assert!(is_banned);
    assert_eq!(behind, 0);
    assert_eq!(before + 1, told.iter().filter(|told| told.is_ok()).count());
    assert_eq!(
        a.whispers(room, owner.id, None, 1_000).await.unwrap().len(),
        (before + 1).min(200)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn no_more_reports_of_a_member_wait_than_may_however_many_servers_take_them() {
    let site = Site::new();
    let servers: [_; 3] = site.servers().await;
    let (owner, bad, hasty) = (someone(), someone(), someone());
    let room = room_of(&servers[0], owner, 2).await.id;
    servers[0].enter(room, bad.into(), 1).await.unwrap();
    servers[1].enter(room, hasty.into(), 1).await.unwrap();
    let mut about = Vec::new();
    for n in 0..60 {
        let posted = post(&servers[0], says(room, bad, &n.to_string(), None)).await.unwrap();
        about.push(std::sync::Arc::clone(posted.message()));
    }
    let all = about.iter().zip(servers.iter().cycle());
    let told = join_all(all.map(|(message, server)| server.report(report(room, hasty, message)))).await;
    assert_eq!(told.iter().filter(|told| told.is_ok()).count(), REPORTS_EACH);
    assert_eq!(servers[2].reports(room).await.unwrap().len(), REPORTS_EACH);
}

/// Each of them needs the database, which is far away; they do not wait for each other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn many_whispers_of_one_member_keep_nobody_waiting_for_long() {
    let (site, proxy) = (Site::new(), Proxy::before(mongod::port()).await);
    let far = site.server_behind(&proxy, Default::default()).await;
    drop(far.changes());
    let (busy, other) = (someone(), someone());
    let [room, elsewhere] = [room_of(&far, busy, 3).await.id, room_of(&far, other, 3).await.id];
    for (room, author) in [(room, busy), (room, other), (elsewhere, busy), (elsewhere, other)] {
        far.enter(room, author.into(), 1).await.unwrap();
    }
    proxy.set(Way::Slow(Duration::from_millis(20)));
    let many = join_all((0..200).map(|n| far.whisper(whisper(room, busy, other.id, &n.to_string(), None))));
    let few = async {
        let mut longest = Duration::ZERO;
        for (room, to) in [(room, busy), (elsewhere, busy), (elsewhere, busy)] {
            let begun = Instant::now();
            far.whisper(whisper(room, other, to.id, "x", None)).await.unwrap();
            longest = longest.max(begun.elapsed());
        }
        longest
    };
    let (many, longest) = tokio::join!(many, few);
    assert!(
        many.iter().all(Result::is_ok),
        "{:?}",
        many.iter().find(|told| told.is_err())
    );
    println!("the longest of a few whispers beside 200: {longest:?}");
    assert!(longest < Duration::from_millis(2_000), "{longest:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn whispers_and_reports_of_the_version_before_are_in_the_log_once_however_many_servers_start() {
    let site = Site::new();
    let (ann, bea) = (someone(), someone());
    let before = site.server().await;
    let room = room_of(&before, ann, 2).await.id;
    before.enter(room, ann.into(), 1).await.unwrap();
    before.enter(room, bea.into(), 2).await.unwrap();
    let bad = post(&before, says(room, ann, "x", None)).await.unwrap();
    let database = site.database().await;
    let old = |n: i64| {
        doc! { "_id": format!("{n:024x}"), "room": room.to_string(), "turn": n, "visitor": ann.id.to_string(),
        "color": ann.color.to_string(), "to": bea.id.to_string(), "to_color": bea.color.to_string(), "at": n,
        "nonce": n.to_string(), "chat": n.to_string() }
    };
    let gone = doc! { "_id": "f".repeat(24), "room": RoomId::random().to_string(), "turn": 1_i64,
    "visitor": ann.id.to_string(), "color": ann.color.to_string(), "to": bea.id.to_string(),
    "to_color": bea.color.to_string(), "at": 1_i64, "chat": "x" };
    let whispers = database.collection::<Document>("whispers");
    whispers.insert_many((1..=1_500).map(old).chain([gone])).await.unwrap();
    let report = doc! { "_id": "e".repeat(24), "room": room.to_string(), "message": bad.message().id.to_string(),
    "seq": 3_i64, "by": bea.id.to_string(), "reason": "욕", "at": 7_i64 };
    let reports = database.collection::<Document>("reports");
    reports.insert_one(report).await.unwrap();
    let servers = join_all((0..3).map(|_| site.server())).await;
    for server in &servers {
        let read = server.whispers(room, bea.id, None, 2_000).await.unwrap();
        let said: Vec<_> = read.iter().map(|whisper| whisper.created_at.millis()).collect();
        assert_eq!(said, (1..=1_500).collect::<Vec<_>>());
        let behind = server.whispers(room, bea.id, Some(format!("{:024x}", 1_400).parse().unwrap()), 2_000);
        assert_eq!(behind.await.unwrap(), read[1_400..]);
        let open = server.reports(room).await.unwrap();
        assert_eq!((open.len(), open[0].report.reason.as_str()), (1, "욕"));
    }
    let known = servers[0]
        .whisper(whisper(room, ann, bea.id, "다시", Some("1500")))
        .await
        .unwrap();
    assert!(matches!(known, Whispered::Known(known) if known.created_at.millis() == 1_500));
    for left in [whispers, reports] {
        assert_eq!(left.count_documents(doc! {}).await.unwrap(), 0);
    }
    servers[1]
        .dismiss_report(room, servers[2].reports(room).await.unwrap()[0].report.id)
        .await
        .unwrap();
    let said = doc! { "reason": { "$exists": true } };
    assert_eq!(
        database
            .collection::<Document>("log")
            .count_documents(said)
            .await
            .unwrap(),
        0,
        "it is deleted"
    );
}
