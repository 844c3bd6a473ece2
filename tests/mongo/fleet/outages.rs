//! A database that one of the servers does not reach.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::{Fleet, REFUSED_WITHIN, Server, all_are_there_once, count_becomes, post_until_stored};
use crate::{
    proxy::{Proxy, Way},
    stream::break_streams,
    support::{Visitor, eventually, mongod},
};

/// A fleet of which one server reaches the database by a proxy, and that server.
pub(super) async fn behind_a_proxy(flags: &[&str]) -> (Fleet, Proxy, Server) {
    let (fleet, proxy) = (Fleet::new(), Proxy::before(mongod::port()).await);
    let server = Server::start(&proxy.before_url(&fleet.url), flags).await;
    (fleet, proxy, server)
}

/// Whether the database had no answer to a post.
pub(super) fn is_not_answered(ack: &Value) -> bool {
    ack["ok"] == false && (ack["code"] == "unavailable" || ack["code"] == "unknown")
}

async fn is_refused_and_goes_on(way: Way) {
    let (fleet, proxy, cut) = behind_a_proxy(&[]).await;
    let [other] = fleet.servers(&[]).await;
    let (ann, bob) = (cut.visitor().await, other.visitor().await);
    let room = ann.create_room("방").await;
    let (mut anns, mut bobs) = (ann.join(&room).await, bob.join(&room).await);
    let mut late = cut.visitor().await.connect("/chat").await;
    anns.post("전").await;
    assert_eq!(cut.readiness().await, 200);

    proxy.set(way);
    let begun = Instant::now();
    let during = json!({ "chat": "동안", "nonce": "n" });
    let (posted, joined, readiness, _) = tokio::join!(
        anns.ask("chat", &during),
        late.ask("join", &room),
        cut.readiness(),
        bobs.post("다른 서버에서는"),
    );
    assert!(begun.elapsed() <= REFUSED_WITHIN, "{:?}", begun.elapsed());
    // Nobody knows of the post, unless the queue knows that it had not begun with it.
    assert!(is_not_answered(&posted), "{posted}");
    assert_eq!((&joined["ok"], &joined["code"]), (&json!(false), &json!("unavailable")));
    assert_eq!(readiness, 503);

    // What hung is over, and new connections go through.
    proxy.set(Way::Cut);
    proxy.set(Way::Open);
    eventually("the server is ready", async || {
        (cut.readiness().await == 200).then_some(())
    })
    .await;
    // The same sockets go on, and the message of which nothing was known is there once.
    let again = anns.ask("chat", &during).await;
    assert_eq!(again["ok"], true, "{again}");
    late.join(&room).await;
    anns.post("후").await;
    let written = bob.written(&room).await;
    assert_eq!(written.len(), 4);
    assert_eq!(written.iter().filter(|message| message["chat"] == "동안").count(), 1);
    for socket in [&mut anns, &mut bobs] {
        assert!(socket.messages(4).await == written);
    }
    count_becomes(&bob, &room, 3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn while_the_database_is_silent_posts_and_joins_are_refused_in_three_seconds_and_then_all_goes_on() {
    is_refused_and_goes_on(Way::Stalled).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn while_the_database_is_cut_off_posts_and_joins_are_refused_in_three_seconds_and_then_all_goes_on() {
    is_refused_and_goes_on(Way::Cut).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn a_database_that_answers_late_is_waited_for() {
    let (_fleet, proxy, slow) = behind_a_proxy(&[]).await;
    let visitor = slow.visitor().await;
    let room = visitor.create_room("느린 방").await;
    proxy.set(Way::Slow(Duration::from_millis(80)));
    let mut socket = visitor.join(&room).await;
    for n in 1..=5 {
        // The first place is that of the join.
        assert_eq!(socket.post("천천히").await["seq"], n + 1);
    }
    assert!(socket.messages(5).await == visitor.written(&room).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn a_post_of_which_nobody_knows_is_unknown_and_with_a_nonce_it_is_stored_once() {
    let (_fleet, proxy, server) = behind_a_proxy(&[]).await;
    let (ann, bob) = (server.visitor().await, server.visitor().await);
    let room = ann.create_room("방").await;
    let (mut anns, _bobs) = (ann.join(&room).await, bob.join(&room).await);
    let nonced = json!({ "chat": "한 번만", "nonce": "n" });
    let path = format!("/room/{room}/chat");
    proxy.set(Way::PostsUnanswered);
    let (acked, plain, form) = tokio::join!(
        anns.ask("chat", &nonced),
        bob.post_json(&path, json!({ "chat": "nonce 없이" })),
        bob.post_form(&path, &[("chat", "쪽지")]),
    );
    assert_eq!((&acked["ok"], &acked["code"]), (&json!(false), &json!("unknown")));
    assert!(acked["retryAfter"].as_u64() > Some(0), "{acked}");
    plain.refused(503, "unknown");
    assert!(plain.header("retry-after").is_some());
    assert_ne!(
        acked["message"],
        plain.json()["message"],
        "only with a nonce nothing is stored twice"
    );
    assert_eq!(form.status, 503);
    assert!(form.header("retry-after").is_some());
    proxy.set(Way::Open);
    let again = anns.ask("chat", &nonced).await;
    assert_eq!(again["ok"], true, "{again}");
    let written = ann.written(&room).await;
    assert_eq!(written.iter().filter(|message| message["chat"] == "한 번만").count(), 1);
    // It was stored the first time, before what was said since.
    assert!(anns.messages(written.len()).await == written);
}

/// Longer than the lease of the server, too: it loses its seats, and its sockets get them again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn clients_of_a_server_that_was_cut_off_for_a_minute_miss_nothing() {
    const MINUTE: Duration = Duration::from_secs(60);
    let (fleet, proxy, cut) = behind_a_proxy(&[]).await;
    let others: [Server; 2] = fleet.servers(&[]).await;
    let hearer = cut.visitor().await;
    let room = hearer.create_room("방").await;
    let mut hearing = hearer.join(&room).await;
    let (ann, bob) = (others[0].visitor().await, others[1].visitor().await);
    let _seats = (ann.join(&room).await, bob.join(&room).await);
    let (begun, mut posted) = (Instant::now(), Vec::new());
    proxy.set(Way::Cut);
    while begun.elapsed() < MINUTE {
        for visitor in [&ann, &bob] {
            let nonce = posted.len().to_string();
            posted.push(post_until_stored(std::slice::from_ref(visitor), &room, &nonce).await);
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    hearing.linger(Duration::from_millis(100)).await;
    assert!(
        hearing.try_events().iter().all(|event| event.name != "chat"),
        "it was cut off"
    );
    proxy.set(Way::Open);
    let heard = hearing.messages(posted.len()).await;
    assert!(heard == posted, "{heard:?}");
    count_becomes(&ann, &room, 3).await;
    let last = hearing.post("여기 있어요").await;
    all_are_there_once(&ann.history(&room).await, &[posted, vec![last]].concat());
    assert_eq!(cut.logged(&["can't go on"]), 0, "it went on in the stream");
}

/// Renames a room after a change that no stream can deliver.
pub(super) async fn rename_out_of_history(fleet: &Fleet, owner: &Visitor, room: &str) {
    break_streams(&mongod::behind(&fleet.url).await).await;
    owner.patch(room, json!({ "title": "새 이름" })).await.ok();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn a_server_that_can_not_go_on_in_the_stream_tells_its_clients_all_they_missed() {
    let (fleet, proxy, cut) = behind_a_proxy(&[]).await;
    let [other] = fleet.servers(&[]).await;
    let (hearer, owner) = (cut.visitor().await, other.visitor().await);
    let (room, doomed) = (owner.create_room("방").await, owner.create_room("없어질 방").await);
    let (mut hearing, mut left_behind) = (hearer.join(&room).await, hearer.join(&doomed).await);
    let mut lobby = hearer.connect("/room").await;
    let _seats = (owner.join(&room).await, owner.join(&doomed).await);
    let gif = hearer
        .upload(&doomed, crate::fixtures::animated(8, 8, 2))
        .await
        .ok()
        .json();
    assert_eq!(gif["room"], doomed);
    assert_eq!(cut.files().len(), 2);
    post_until_stored(std::slice::from_ref(&owner), &room, "1").await;
    hearing.messages(1).await;

    proxy.set(Way::Cut);
    rename_out_of_history(&fleet, &owner, &room).await;
    let (newcomer, mut missed) = (other.visitor().await, vec![]);
    let _seat = newcomer.join(&room).await;
    for n in 2..=150 {
        missed.push(post_until_stored(std::slice::from_ref(&owner), &room, &n.to_string()).await);
    }
    owner.delete(&doomed).await.ok();
    proxy.set(Way::Open);

    let heard = hearing.messages(150).await;
    assert_eq!(heard[0]["line"], "renamed");
    assert!(heard[1..] == missed);
    while hearing.wait("updateRoom").await["title"] != "새 이름" {}
    while hearing.wait("join").await["visitor"] != json!(newcomer.id) {}
    assert_eq!(left_behind.wait("removeRoom").await, json!(doomed));
    lobby.wait("missed").await;
    eventually("the copies of the room that went are gone", async || {
        cut.files().is_empty().then_some(())
    })
    .await;
    assert_eq!(cut.logged(&["can't go on"]), 1);
    // From here on all comes by itself again.
    let next = post_until_stored(std::slice::from_ref(&owner), &room, "next").await;
    assert_eq!(hearing.wait("chat").await, next);
}
