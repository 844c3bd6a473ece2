//! A client that stops reading misses nothing when it reads again, and holds nobody up.

use std::time::Duration;

use futures_util::StreamExt;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::support::{Server, TestApp, TestStore, Visitor, WITH_SLOW_READERS, eventually};

/// Characters of 3 bytes in texts of which 120 are more than the kernel's buffers of one connection hold.
pub const LONG: usize = 19_000;

/// Posts that many texts, some at the same time. Only one visitor posts, and by HTTP: whoever joins must read.
pub async fn flood(visitor: &Visitor, room: &str, total: u64, characters: usize) {
    futures_util::stream::iter(0..total)
        .for_each_concurrent(32, async |n| {
            let text = format!("{n} {}", "가".repeat(characters));
            let posted = visitor.post_chat(room, &text).await;
            assert_eq!(posted.status, 201, "{}", posted.text());
        })
        .await;
}

fn is_every_seq_once(messages: &[Value], from: u64, to: u64) {
    let seqs: Vec<_> = messages
        .iter()
        .map(|message| message["seq"].as_u64().unwrap())
        .collect();
    assert!(seqs == (from..=to).collect::<Vec<_>>(), "{seqs:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_stops_reading_for_two_thousand_messages_gets_each_of_them_once_and_in_order() {
    const TOTAL: u64 = 2_000;
    let app = TestApp::with(WITH_SLOW_READERS).await;
    let (slow, quick) = (app.visitor().await, app.visitor().await);
    let room = slow.create_room("느림보").await;
    let mut watching = quick.join(&room).await;
    let mut sleeping = slow.join_with_small_window(&room).await;
    let posted_at = async {
        flood(&quick, &room, TOTAL, 990).await;
        Instant::now()
    };
    // The first two places are those of the joins.
    let (posted_at, seen) = tokio::join!(posted_at, watching.messages_to(TOTAL + 2));
    is_every_seq_once(&seen, 3, TOTAL + 2);
    let behind = posted_at.elapsed();
    assert!(
        behind < Duration::from_secs(5),
        "the quick one was held up for {behind:?}"
    );

    // Now it reads again, and another message comes while it is catching up.
    let last = quick.join(&room).await.post("마지막").await;
    let got = sleeping.messages_to(TOTAL + 3).await;
    is_every_seq_once(&got, 3, TOTAL + 3);
    assert!(got[..TOTAL as usize] == seen && got[TOTAL as usize] == last);
    let late = sleeping.heard(&room).await;
    assert!(late.iter().all(|event| event.name != "chat"), "told twice");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_not_read_misses_no_join_and_no_exit() {
    let app = TestApp::with(WITH_SLOW_READERS).await;
    let (slow, quick) = (app.visitor().await, app.visitor().await);
    let room = slow.create_room("느림보").await;
    let mut watching = quick.join(&room).await;
    let mut sleeping = slow.join_with_small_window(&room).await;
    tokio::join!(flood(&quick, &room, 120, LONG), watching.messages_to(122));
    // These come while nothing can be told to it.
    let stays = app.visitor().await;
    let _staying = stays.join(&room).await;
    let goes = app.visitor().await;
    goes.join(&room).await.goodbye().await;
    is_every_seq_once(&sleeping.messages_to(122).await, 3, 122);
    for (event, who, seq) in [("join", &stays, 123), ("join", &goes, 124), ("exit", &goes, 125)] {
        let line = sleeping.wait(event).await;
        assert_eq!((&line["visitor"], &line["seq"]), (&json!(who.id), &json!(seq)));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_never_reads_is_given_up_and_the_seat_is_free() {
    let flags = [WITH_SLOW_READERS, &["--seat-grace", "300ms"]].concat();
    let flags: Vec<_> = flags
        .into_iter()
        .map(|flag| if flag == "120s" { "3s" } else { flag })
        .collect();
    let app = TestApp::with(&flags).await;
    let (dead, other) = (app.visitor().await, app.visitor().await);
    let room = dead.create_room("느림보").await;
    let mut watching = other.join(&room).await;
    let sleeping = dead.join_with_small_window(&room).await;
    tokio::join!(flood(&other, &room, 120, LONG), watching.messages_to(122));
    eventually("the seat is free", async || {
        (other.room(&room).await.json()["count"] == 1).then_some(())
    })
    .await;
    watching.post("아직 여기").await;
    drop(sleeping);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_answer_is_lost_in_a_burst_that_fills_the_buffers() {
    let app = TestApp::with(WITH_SLOW_READERS).await;
    let room = app
        .visitor()
        .await
        .create_room_of(json!({ "title": "북적", "max": 40 }))
        .await;
    let mut sockets = Vec::new();
    for _ in 0..40 {
        sockets.push(app.visitor().await.join(&room).await);
    }
    // All of them at the same time: what is committed together is told together.
    for _ in 0..10 {
        for socket in &mut sockets {
            socket.ask_later("chat", json!({ "chat": "다 같이" })).await;
        }
    }
    let hearing = sockets.into_iter().map(|mut socket| {
        tokio::spawn(async move {
            // The first was the join, and so are the first forty places.
            for id in 2..=11 {
                assert_eq!(socket.ack(id).await["ok"], true);
            }
            is_every_seq_once(&socket.messages_to(440).await, 41, 440);
        })
    });
    for heard in futures_util::future::join_all(hearing).await {
        heard.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_was_too_slow_for_whispers_is_told_to_read_them_anew() {
    let app = TestApp::with(WITH_SLOW_READERS).await;
    let (slow, quick) = (app.visitor().await, app.visitor().await);
    let room = slow.create_room("느림보").await;
    let mut watching = quick.join(&room).await;
    let mut sleeping = slow.join_with_small_window(&room).await;
    tokio::join!(flood(&quick, &room, 120, LONG), watching.messages_to(122));
    for n in 0..20 {
        let ack = watching
            .ask("whisper", json!({ "to": slow.id, "chat": n.to_string() }))
            .await;
        assert_eq!(ack["ok"], true, "{ack}");
    }
    is_every_seq_once(&sleeping.messages_to(122).await, 3, 122);
    sleeping.wait("missed").await;
    let heard = sleeping.try_events();
    assert!(
        heard.iter().all(|event| event.name != "whisper"),
        "they came while nothing could be told"
    );
    let page = slow.get_json(&format!("/room/{room}/whispers")).await.ok().json();
    let said: Vec<_> = page["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|whisper| whisper["chat"].clone())
        .collect();
    assert_eq!(said, (0..20).map(|n| json!(n.to_string())).collect::<Vec<_>>());
    watching
        .ask("whisper", json!({ "to": slow.id, "chat": "마지막" }))
        .await;
    assert_eq!(sleeping.wait("whisper").await["chat"], "마지막");
}

/// As after a failover, when a member of the set answers that does not know the latest messages yet.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_catches_up_from_an_older_history_gets_the_rest_as_soon_as_it_is_there() {
    const TOTAL: u64 = 150;
    let store = TestStore::of_a_process();
    // The interval of pings is long there anyway.
    let server = Server::start(&store.url(), &WITH_SLOW_READERS[..WITH_SLOW_READERS.len() - 2]).await;
    let store = store.seen_from(server.folder());
    let (slow, quick) = (server.visitor().await, server.visitor().await);
    let (room, elsewhere) = (slow.create_room("느림보").await, slow.create_room("다른 방").await);
    let mut watching = quick.join(&room).await;
    let mut sleeping = slow.join_with_small_window(&room).await;
    tokio::join!(flood(&quick, &room, TOTAL, LONG), watching.messages_to(TOTAL + 2));
    store.move_messages(&room, &elsewhere, TOTAL).await;
    // Now it reads again, and the history ends before the last messages that were announced.
    let (got, ()) = tokio::join!(sleeping.messages_to(TOTAL + 2), async {
        eventually("the end of the history was read", async || {
            (server.logged(&["announced messages are not in the history yet"]) == 1).then_some(())
        })
        .await;
        store.move_messages(&elsewhere, &room, TOTAL).await;
    });
    is_every_seq_once(&got, 3, TOTAL + 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_sent_out_while_nothing_can_be_told_hears_it_when_reading_again() {
    for (action, code) in [("kick", "kicked"), ("ban", "banned")] {
        let app = TestApp::with(WITH_SLOW_READERS).await;
        let (slow, owner) = (app.visitor().await, app.visitor().await);
        let room = owner.create_room("느림보").await;
        let mut watching = owner.join(&room).await;
        let mut sleeping = slow.join_with_small_window(&room).await;
        tokio::join!(flood(&owner, &room, 120, LONG), watching.messages_to(122));
        let ack = watching
            .ask("moderate", json!({ "action": action, "visitor": slow.id }))
            .await;
        assert_eq!(ack["ok"], true, "{ack}");
        // When this is told, it was tried to tell the other one.
        watching.post("단둘이").await;
        assert_eq!(sleeping.wait("exception").await["code"], code);
        let heard = sleeping.try_events();
        let got: Vec<_> = heard
            .into_iter()
            .filter(|event| event.name == "chat")
            .map(|event| event.data)
            .collect();
        let last = got.len() as u64 + 2;
        assert!((3..122).contains(&last), "the buffer was never full: {last}");
        is_every_seq_once(&got, 3, last);
        // The connection goes on, and the room does not.
        let ack = sleeping.ask("chat", json!({ "chat": "x" })).await;
        assert_eq!(ack["ok"], false, "{ack}");
        assert!(sleeping.try_events().iter().all(|event| event.name != "chat"));
    }
}

/// As a phone after a burst.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_reads_slowly_and_answers_the_heartbeat_in_time_stays_connected() {
    // Some 220 kB, which fit into what a connection may have on its way: how fast the test reads does not matter.
    const BURST: u64 = 280;
    let app = TestApp::with(&["--ping-interval", "500ms", "--ping-timeout", "20s"]).await;
    let (slow, quick) = (app.visitor().await, app.visitor().await);
    let room = slow.create_room("느림보").await;
    let mut watching = quick.join(&room).await;
    let mut reading = slow.join_with_small_window(&room).await;
    // More than a second, and so two heartbeats.
    let read = async {
        for seq in 3..BURST + 3 {
            assert_eq!(reading.wait("chat").await["seq"], seq);
            tokio::time::sleep(Duration::from_millis(4)).await;
        }
    };
    tokio::join!(flood(&quick, &room, BURST, 190), watching.messages_to(BURST + 2), read);
}
