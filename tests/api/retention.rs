//! What rooms do not keep, as visitors see it.

use serde_json::json;

use crate::{
    fixtures::animated,
    support::{TestApp, eventually},
};

/// The places of the messages that are told, and the first that is kept.
async fn told(visitor: &crate::support::Visitor, room: &str, query: &str) -> (Vec<u64>, u64) {
    let page = visitor
        .get_json(&format!("/room/{room}/messages{query}"))
        .await
        .ok()
        .json();
    let seqs = page["data"].as_array().unwrap().iter();
    let seqs = seqs.map(|message| message["seq"].as_u64().unwrap());
    (seqs.collect(), page["first"].as_u64().unwrap())
}

#[tokio::test]
async fn a_room_keeps_so_many_messages_and_tells_where_they_begin() {
    let app = TestApp::with(&["--history", "5"]).await;
    let ann = app.visitor().await;
    let room = ann.create_room("방").await;
    let mut socket = ann.join(&room).await;
    let gif = ann.upload(&room, animated(20, 20, 2)).await.json();
    let url = format!("/gif/{}", gif["gif"].as_str().unwrap());
    assert_eq!(told(&ann, &room, "").await, ((1..=2).collect(), 1));
    let page = ann.get(&format!("/room/{room}")).await.text();
    assert!(page.contains(r#"id="gone" hidden"#), "nothing is gone");
    for n in 3..=9 {
        socket.ask("chat", &json!({ "chat": n.to_string() })).await;
    }
    let kept: Vec<u64> = (5..=9).collect();
    eventually("the oldest are gone", async || {
        (told(&ann, &room, "").await == (kept.clone(), 5)).then_some(())
    })
    .await;
    assert_eq!(told(&ann, &room, "?before=5").await, (Vec::new(), 5));
    assert_eq!(told(&ann, &room, "?after=2&limit=2").await, (vec![5, 6], 5));
    assert_eq!(ann.get(&url).await.status, 404);
    eventually("its file is gone", async || app.files().is_empty().then_some(())).await;
    let page = ann.get(&format!("/room/{room}")).await.text();
    assert!(
        page.contains(r#"id="gone">"#) && page.contains(r#"id="older" hidden"#),
        "the page says so"
    );
    // What is refused names no place.
    let reply = json!({ "chat": "그래", "reply": gif["_id"] });
    assert_eq!(socket.ask("chat", &reply).await["code"], "message_not_found");
    let report = json!({ "message": gif["_id"] });
    assert_eq!(socket.ask("report", &report).await["code"], "message_not_found");
}

#[tokio::test]
async fn a_message_is_kept_for_so_long() {
    let app = TestApp::with(&["--message-age", "1s"]).await;
    let ann = app.visitor().await;
    let room = ann.create_room("방").await;
    let mut socket = ann.join(&room).await;
    socket.ask("chat", &json!({ "chat": "곧 잊힌다" })).await;
    eventually("all is gone", async || {
        (told(&ann, &room, "").await == (Vec::new(), 3)).then_some(())
    })
    .await;
    let page = ann.get(&format!("/room/{room}")).await.text();
    assert!(
        page.contains(r#"id="gone">"#) && page.contains(r#"data-last="2""#),
        "it goes on behind what is gone"
    );
    let next = socket.ask("chat", &json!({ "chat": "새로" })).await;
    assert_eq!(next["message"]["seq"], 3);
}

#[tokio::test]
async fn what_is_no_number_of_messages_and_no_age_is_refused_at_the_start() {
    for (flag, value, says) in [
        ("--history", "0", "10000, or off"),
        ("--message-age", "soon", "or off"),
        ("--message-age", "10ms", "1s or longer"),
    ] {
        let refused = gifchat::config::Cli::read(["gifchat", flag, value]).err().unwrap();
        assert!(refused.to_string().contains(says), "{refused}");
    }
}
