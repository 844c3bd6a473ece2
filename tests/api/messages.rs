//! Messages: stored before anyone sees them, numbered without a gap, told to each once and in order.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{TestApp, Visitor};

pub(crate) fn seqs(messages: &[Value]) -> Vec<u64> {
    messages
        .iter()
        .map(|message| message["seq"].as_u64().unwrap())
        .collect()
}

pub(crate) fn texts(messages: &[Value]) -> Vec<String> {
    messages
        .iter()
        .map(|message| message["chat"].as_str().unwrap().to_owned())
        .collect()
}

pub(crate) fn keys(object: &Value) -> BTreeSet<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

/// The fields of a line that nobody wrote. Those that the textbook has are among them.
pub(crate) const LINE: [&str; 12] = [
    "_id",
    "room",
    "seq",
    "user",
    "line",
    "visitor",
    "color",
    "hue",
    "name",
    "count",
    "chat",
    "createdAt",
];

pub(crate) fn numbered(range: impl Iterator<Item = u64>) -> Vec<String> {
    range.map(|n| n.to_string()).collect()
}

async fn post_by_http(visitor: &Visitor, room: &str, chat: &str, nonce: &str) -> Value {
    let path = format!("/room/{room}/chat");
    let answer = visitor.post_json(&path, json!({ "chat": chat, "nonce": nonce })).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()
}

#[tokio::test]
async fn a_message_is_stored_before_it_is_acknowledged() {
    let app = TestApp::start().await;
    let visitor = app.visitor().await;
    let room = visitor.create_room("방").await;
    let mut socket = visitor.join(&room).await;
    for n in 1..=20 {
        let acked = socket.post(&n.to_string()).await;
        let stored = visitor.history(&room).await;
        assert_eq!(stored.last(), Some(&acked));
        assert_eq!(seqs(&stored), (1..=n + 1).collect::<Vec<_>>());
    }
    // Also for somebody else who looks into the store.
    assert_eq!(app.rows("messages").await, 21, "twenty texts and the line of the join");
}

#[tokio::test]
async fn a_message_has_the_fields_of_the_interface_and_no_other() {
    let app = TestApp::start().await;
    let visitor = app.visitor().await;
    let room = visitor.create_room("방").await;
    let mut socket = visitor.join(&room).await;
    let message = socket.post("  안녕 <b>👋</b>\n둘째 줄 ").await;
    let fixed = [
        "_id",
        "room",
        "seq",
        "user",
        "hue",
        "visitor",
        "name",
        "createdAt",
        "chat",
    ];
    assert_eq!(keys(&message), BTreeSet::from(fixed));
    assert_eq!(message["chat"], "안녕 <b>👋</b>\n둘째 줄");
    assert_eq!(
        (&message["user"], &message["visitor"]),
        (&json!(visitor.color), &json!(visitor.id))
    );
    assert_eq!((&message["room"], &message["seq"]), (&json!(room), &json!(2)));
    let at: jiff::Timestamp = message["createdAt"].as_str().unwrap().parse().unwrap();
    assert!(message["createdAt"].as_str().unwrap().ends_with('Z'));
    assert!(jiff::Timestamp::now().duration_since(at).as_secs() < 60);
    assert_eq!(socket.wait("chat").await, message);
    let marked = post_by_http(&visitor, &room, "x", "n1").await;
    assert_eq!(marked["nonce"], "n1");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_who_post_at_once_leave_no_gap_and_everybody_hears_the_same() {
    const EACH: u64 = 25;
    let app = TestApp::start().await;
    let owner = app.visitor().await;
    let room = owner.create_room("북적").await;
    let mut reader = owner.join(&room).await;
    let mut posters = Vec::new();
    for poster in 0..8 {
        let visitor = app.visitor().await;
        posters.push((poster, visitor.join(&room).await, visitor));
    }
    let mut posting = Vec::new();
    for (poster, mut socket, visitor) in posters {
        let room = room.clone();
        posting.push(tokio::spawn(async move {
            let mut posted = Vec::new();
            for n in 0..EACH {
                let text = format!("{poster}-{n}");
                posted.push(if poster % 2 == 0 {
                    socket.post(&text).await
                } else {
                    visitor.post_chat(&room, &text).await.json()
                });
            }
            (socket, posted)
        }));
    }
    let last = 9 + 8 * EACH;
    let heard = reader.messages_to(last).await;
    // The first nine places are those of the joins.
    assert_eq!(seqs(&heard), (10..=last).collect::<Vec<_>>());
    for poster in posting {
        let (mut socket, posted) = poster.await.unwrap();
        // One client's messages stand in the order in which it sent them.
        assert!(seqs(&posted).is_sorted());
        assert!(posted.iter().all(|message| heard.contains(message)));
        assert!(
            socket.messages_to(last).await == heard,
            "one heard something else than another"
        );
    }
    assert!(
        owner.written(&room).await == heard,
        "what was told is not what is stored"
    );
    let late = reader.heard(&room).await;
    assert!(late.iter().all(|event| event.name != "chat"), "told twice: {late:?}");
}

#[tokio::test]
async fn the_same_nonce_posts_once_over_http_and_sockets_alike() {
    let app = TestApp::start().await;
    let (visitor, other) = (app.visitor().await, app.visitor().await);
    let room = visitor.create_room("방").await;
    let (mut socket, mut hearing) = (visitor.join(&room).await, other.join(&room).await);
    let first = post_by_http(&visitor, &room, "하나", "n-1").await;
    let again = socket.ask("chat", json!({ "chat": "다른 글", "nonce": "n-1" })).await;
    assert_eq!(again["message"], first);
    assert_eq!(post_by_http(&visitor, &room, "하나", "n-1").await, first);
    let second = socket.ask("chat", json!({ "chat": "둘", "nonce": "n-2" })).await["message"].clone();
    assert_eq!(post_by_http(&visitor, &room, "둘", "n-2").await, second);
    // Somebody else's nonce, and the same one in another room, are other messages.
    let others = post_by_http(&other, &room, "셋", "n-1").await;
    assert_eq!(others["seq"], 5);
    let elsewhere = visitor.create_room("딴 방").await;
    let mut there = visitor.join(&elsewhere).await;
    assert_eq!(
        there.ask("chat", json!({ "chat": "넷", "nonce": "n-1" })).await["message"]["seq"],
        2
    );
    let heard: Vec<_> = hearing
        .heard(&room)
        .await
        .into_iter()
        .filter(|event| event.name == "chat")
        .collect();
    assert_eq!(
        heard.into_iter().map(|event| event.data).collect::<Vec<_>>(),
        [first, second, others]
    );
}

#[tokio::test]
async fn ten_tries_with_one_nonce_at_the_same_time_post_once() {
    let app = TestApp::start().await;
    let visitor = app.visitor().await;
    let room = visitor.create_room("방").await;
    let _socket = visitor.join(&room).await;
    let tries = (0..10).map(|_| post_by_http(&visitor, &room, "한 번", "same"));
    let answers = futures_util::future::join_all(tries).await;
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!(visitor.written(&room).await.len(), 1);
}

#[tokio::test]
async fn a_room_goes_on_counting_after_a_restart_and_remembers_nonces() {
    let mut app = TestApp::start().await;
    let visitor = app.visitor().await;
    let (room, other) = (visitor.create_room("방").await, visitor.create_room("딴 방").await);
    let mut socket = visitor.join(&room).await;
    for n in 2..=4 {
        assert_eq!(socket.post("전").await["seq"], n);
    }
    let marked = post_by_http(&visitor, &room, "표시", "n").await;
    visitor.join(&other).await.post("하나").await;
    let before = visitor.history(&room).await;
    app.restart().await;
    assert_eq!(visitor.history(&room).await, before);
    let mut socket = visitor.connect("/chat").await;
    // Who is back at once makes no line.
    assert_eq!(socket.join(&room).await["seq"], 5);
    assert_eq!(post_by_http(&visitor, &room, "표시", "n").await, marked);
    assert_eq!(socket.post("후").await["seq"], 6);
    assert_eq!(seqs(&visitor.history(&room).await), [1, 2, 3, 4, 5, 6]);
    assert_eq!(visitor.join(&other).await.post("둘").await["seq"], 3);
}

#[tokio::test]
async fn history_is_paged_both_ways() {
    let app = TestApp::start().await;
    let visitor = app.visitor().await;
    let room = visitor.create_room("방").await;
    let mut socket = visitor.join(&room).await;
    // The first place is that of the join.
    for n in 2..=120_u64 {
        socket.emit("chat", n.to_string()).await;
    }
    socket.messages_to(120).await;
    let page = async |query: &str| {
        visitor
            .get_json(&format!("/room/{room}/messages{query}"))
            .await
            .ok()
            .json()
    };
    let seqs_of = |page: &Value| seqs(page["data"].as_array().unwrap());

    let newest = page("").await;
    assert_eq!(
        keys(&newest),
        BTreeSet::from(["data", "cursor", "count", "epoch", "first", "next"])
    );
    assert_eq!(seqs_of(&newest), (71..=120).collect::<Vec<_>>());
    assert_eq!(
        (&newest["count"], &newest["cursor"]),
        (&json!(50), &json!({"before": 71, "after": 120}))
    );
    // Back to the beginning by `next`, then by the cursor.
    let path = newest["next"].as_str().unwrap();
    let older = visitor.get_json(path).await.ok().json();
    assert_eq!(seqs_of(&older), (21..=70).collect::<Vec<_>>());
    let oldest = page(&format!("?before={}&limit=100", older["cursor"]["before"])).await;
    assert_eq!((seqs_of(&oldest), &oldest["next"]), ((1..=20).collect(), &Value::Null));
    // Forth from the beginning.
    let mut path = Some(format!("/room/{room}/messages?after=0&limit=50"));
    let mut forth = Vec::new();
    while let Some(next) = path {
        let page = visitor.get_json(&next).await.ok().json();
        forth.push(seqs_of(&page));
        path = page["next"].as_str().map(String::from);
    }
    assert_eq!(
        forth,
        [
            (1..=50).collect::<Vec<_>>(),
            (51..=100).collect(),
            (101..=120).collect()
        ]
    );
    assert_eq!(seqs_of(&page("?after=119").await), [120]);
    assert_eq!(seqs_of(&page("?before=3&limit=1").await), [2]);
    // At the ends there is nothing, and the cursor stays where it was.
    let end = page("?after=120").await;
    assert_eq!(
        (seqs_of(&end), &end["cursor"]["after"], &end["next"]),
        (vec![], &json!(120), &Value::Null)
    );
    let begin = page("?before=1").await;
    assert_eq!((seqs_of(&begin), &begin["cursor"]["before"]), (vec![], &json!(1)));
    assert_eq!(seqs_of(&page("?after=18446744073709551615").await), Vec::<u64>::new());
    for wrong in [
        "?limit=0",
        "?limit=101",
        "?limit=x",
        "?limit=-1",
        "?after=x",
        "?after=-1",
        "?after=1&before=3",
    ] {
        visitor
            .get_json(&format!("/room/{room}/messages{wrong}"))
            .await
            .refused(422, "invalid");
    }
}

#[tokio::test]
async fn only_a_member_posts() {
    let app = TestApp::start().await;
    let (owner, other) = (app.visitor().await, app.visitor().await);
    let room = owner.create_room("방").await;
    // Not even the owner, before a socket of theirs has joined.
    owner.post_chat(&room, "x").await.refused(403, "not_a_member");
    owner
        .upload(&room, crate::fixtures::animated(4, 4, 1))
        .await
        .refused(403, "not_a_member");
    let mut socket = other.connect("/chat").await;
    socket.ask_in_vain("chat", json!({ "chat": "x" }), "not_a_member").await;
    socket.ask_in_vain("typing", Value::Null, "not_a_member").await;
    socket.emit("chat", json!({ "chat": "x" })).await;
    assert_eq!(socket.wait("exception").await["code"], "not_a_member");
    socket.join(&room).await;
    socket.post("이제").await;
    assert_eq!(socket.ask("leave", Value::Null).await, json!({ "ok": true }));
    socket.ask_in_vain("chat", json!({ "chat": "x" }), "not_a_member").await;
    other.post_chat(&room, "x").await.refused(403, "not_a_member");
    assert_eq!(owner.written(&room).await.len(), 1);
}

#[tokio::test]
async fn a_form_that_posts_leads_back_to_the_room() {
    let app = TestApp::start().await;
    let visitor = app.visitor().await;
    let room = visitor.create_room("방").await;
    let _socket = visitor.join(&room).await;
    let posted = visitor
        .post_form(&format!("/room/{room}/chat"), &[("chat", "폼 & 글")])
        .await;
    assert_eq!(
        (posted.status, posted.header("location")),
        (303, Some(&*format!("/room/{room}")))
    );
    assert_eq!(visitor.written(&room).await[0]["chat"], "폼 & 글");
}
