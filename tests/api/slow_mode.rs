//! Slow mode: everyone but the owner pauses between two messages.

use serde_json::{Value, json};

use crate::{fixtures::animated, moderation::Stage, support::eventually};

#[tokio::test]
async fn slow_mode_makes_everyone_but_the_owner_wait_over_every_way() {
    let mut stage = Stage::new().await;
    stage.owner.patch(&stage.room, json!({ "slow": 2 })).await.ok();
    assert_eq!(stage.others.wait("updateRoom").await["slow"], 2);
    let first = stage.others.ask("chat", json!({ "chat": "하나", "nonce": "n" })).await;
    assert_eq!(first["ok"], true);
    let refused = stage.others.ask("chat", json!({ "chat": "둘" })).await;
    assert_eq!((&refused["ok"], &refused["code"]), (&json!(false), &json!("slow_mode")));
    assert!((1..=2).contains(&refused["retryAfter"].as_u64().unwrap()));
    let refused = stage.other.post_chat(&stage.room, "둘").await;
    assert!(refused.header("retry-after").is_some());
    refused.refused(429, "slow_mode");
    stage
        .other
        .upload(&stage.room, animated(4, 4, 2))
        .await
        .refused(429, "slow_mode");
    stage.app.no_files_left().await;
    // Sent again, it is the same message and waits for nothing.
    let again = stage.others.ask("chat", json!({ "chat": "하나", "nonce": "n" })).await;
    assert_eq!(again["message"], first["message"]);
    // Neither leaving nor another tab helps.
    stage.others.ask("leave", Value::Null).await;
    let mut tab = stage.other.join(&stage.room).await;
    tab.ask_in_vain("chat", json!({ "chat": "셋" }), "slow_mode").await;
    for _ in 0..3 {
        stage.own.post("방장은 바로").await;
    }
    eventually("the pause is over", async || {
        (tab.ask("chat", json!({ "chat": "이제" })).await["ok"] == true).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_restart_cuts_no_pause_of_slow_mode_short() {
    let mut stage = Stage::new().await;
    let slow = |seconds: u32| json!({ "slow": seconds });
    stage.owner.patch(&stage.room, slow(600)).await.ok();
    stage.others.post("하나").await;
    stage.app.restart().await;
    let mut back = stage.other.join(&stage.room).await;
    back.ask_in_vain("chat", json!({ "chat": "둘" }), "slow_mode").await;
    // What the owner takes back stays so, too.
    stage.owner.patch(&stage.room, slow(0)).await.ok();
    stage.owner.patch(&stage.room, slow(600)).await.ok();
    stage.app.restart().await;
    let mut back = stage.other.join(&stage.room).await;
    back.post("셋").await;
    back.ask_in_vain("chat", json!({ "chat": "넷" }), "slow_mode").await;
    // The same again takes nothing back.
    stage.owner.patch(&stage.room, slow(600)).await.ok();
    back.ask_in_vain("chat", json!({ "chat": "넷" }), "slow_mode").await;
    stage.app.restart().await;
    let mut back = stage.other.join(&stage.room).await;
    back.ask_in_vain("chat", json!({ "chat": "넷" }), "slow_mode").await;
}
