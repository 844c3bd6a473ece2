//! One visitor in several tabs.

use serde_json::json;

use crate::support::TestApp;

#[tokio::test]
async fn one_tab_too_many_is_told_why_and_gets_in_when_another_is_closed() {
    let app = TestApp::start().await;
    let (ann, bea) = (app.visitor().await, app.visitor().await);
    let room = ann.create_room("탭").await;
    let mut tabs = Vec::new();
    for _ in 0..32 {
        tabs.push(ann.join(&room).await);
    }
    let mut beas = bea.join(&room).await;
    let mut late = ann.connect("/chat").await;
    let refused = late.ask("join", &room).await;
    assert_eq!(
        (&refused["ok"], &refused["code"], &refused["retryAfter"]),
        (&json!(false), &json!("rate_limited"), &json!(5))
    );
    let message = refused["message"].as_str().unwrap();
    assert!(message.contains("open in 32 of your tabs"), "{message}");
    late.ask_in_vain("chat", json!({ "chat": "x" }), "not_a_member").await;
    // It is in no room, so another one is open to it.
    let elsewhere = ann.create_room("딴 방").await;
    late.join(&elsewhere).await;
    late.ask_in_vain("join", &room, "rate_limited").await;
    let there = late.post("아직 여기").await;
    assert_eq!(late.wait("chat").await, there);

    let mut closed = tabs.pop().unwrap();
    closed.ask("leave", json!(null)).await;
    late.join(&room).await;
    let said = beas.post("모두 들어요").await;
    for tab in tabs.iter_mut().chain([&mut late]) {
        assert_eq!(tab.wait("chat").await["_id"], said["_id"]);
    }
}
