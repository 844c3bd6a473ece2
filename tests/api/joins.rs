//! How often a visitor may join.

use serde_json::json;

use crate::support::{COUNTED, TestApp};

#[tokio::test]
async fn joins_of_a_visitor_are_counted_over_tabs_rooms_and_transports_and_refused_before_anything_is_stored() {
    let app = TestApp::with(&["--limit-joins-visitor", "6/1h", COUNTED[0], COUNTED[1]]).await;
    let (ann, bea) = (app.visitor().await, app.visitor().await);
    let (room, another) = (ann.create_room("하나").await, ann.create_room("둘").await);
    let mut first = ann.join(&room).await;
    // The same socket again, another tab, another transport, another room, and one that is not there.
    first.join(&room).await;
    let _second = ann.join(&room).await;
    let mut polling = ann.connect_by_polling("/chat").await;
    polling.join(&room).await;
    let _elsewhere = ann.join(&another).await;
    let nowhere = "00000000000000000000000000000000";
    first.ask_in_vain("join", nowhere, "room_not_found").await;
    let stored = app.rows("messages").await;

    let mut late = ann.connect("/chat").await;
    let refused = late.ask("join", &room).await;
    assert_eq!(
        (&refused["ok"], &refused["code"]),
        (&json!(false), &json!("rate_limited"))
    );
    let wait = refused["retryAfter"].as_u64().unwrap();
    assert!((1..=600).contains(&wait), "{refused}");
    polling.ask_in_vain("join", &another, "rate_limited").await;
    late.emit("join", &another).await;
    assert_eq!(late.wait("exception").await["code"], "rate_limited");
    assert_eq!(app.rows("messages").await, stored, "nobody came and nobody went");

    // Who was refused stays where it was, and others are not affected.
    first.post("아직 여기").await;
    polling.post("나도").await;
    bea.join(&room).await;
}

#[tokio::test]
async fn without_the_limit_anybody_joins_as_often_as_they_like() {
    let app = TestApp::with(&[
        "--limit-joins",
        "off",
        "--limit-joins-visitor",
        "off",
        "--limit-events",
        "off",
        COUNTED[0],
        COUNTED[1],
    ])
    .await;
    let ann = app.visitor().await;
    let room = ann.create_room("방").await;
    let mut socket = ann.connect("/chat").await;
    for _ in 0..100 {
        socket.join(&room).await;
    }
}

/// Far more tabs than people have, all of them reloaded at once.
#[tokio::test]
async fn thirty_tabs_that_reload_do_not_meet_the_limit() {
    let app = TestApp::with(&COUNTED).await;
    let ann = app.visitor().await;
    let room = ann.create_room("방").await;
    let mut tabs = Vec::new();
    for _ in 0..30 {
        tabs.push(ann.join(&room).await);
    }
    for tab in tabs {
        drop(tab);
        let _again = ann.join(&room).await;
    }
}
