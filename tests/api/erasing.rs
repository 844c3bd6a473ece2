//! What was deleted is taken out of what the store keeps, and not only hidden.

use serde_json::json;

use crate::support::{TestApp, eventually};

/// Says many things in a room, so that they fill pages of a file.
async fn talk(app: &TestApp, secret: &str) -> (crate::support::Visitor, String, Vec<String>) {
    let (ann, bea) = (app.visitor().await, app.visitor().await);
    let room = ann.create_room("비밀").await;
    let (mut anns, _beas) = (ann.join(&room).await, bea.join(&room).await);
    let mut ids = Vec::new();
    for n in 0..60 {
        let chat = format!("{secret}-text-{n} {}", "가".repeat(n));
        ids.push(anns.post(&chat).await["_id"].as_str().unwrap().to_owned());
    }
    for n in 0..20 {
        let whisper = json!({ "to": bea.id, "chat": format!("{secret}-whisper-{n}") });
        anns.ask("whisper", whisper).await;
    }
    let report = json!({ "message": ids[0], "reason": format!("{secret}-reason") });
    let owned = json!({ "action": "handover", "visitor": bea.id });
    anns.ask("report", report).await;
    anns.ask("moderate", owned).await;
    (bea, room, ids)
}

#[tokio::test]
async fn nothing_of_deleted_messages_and_of_rooms_that_ended_stays_in_the_store() {
    let mut app = TestApp::with(&["--seat-grace", "1m"]).await;
    let (owner, room, ids) = talk(&app, "EINS").await;
    for id in ids.iter().step_by(2) {
        let delete = json!({ "action": "delete", "message": id });
        owner.post_json(&format!("/room/{room}/moderate"), delete).await.ok();
    }
    let (other, ended, _) = talk(&app, "ZWEI").await;
    let rooms = app.rows("messages").await;
    other.delete(&ended).await.ok();
    eventually("the rows are gone", async || {
        let (messages, whispers) = (app.rows("messages").await, app.rows("whispers").await);
        (messages + 62 <= rooms && whispers <= 20).then_some(())
    })
    .await;
    app.stop().await;
    let kept = String::from_utf8_lossy(&app.bytes_stored().await).into_owned();
    assert!(kept.contains("EINS-text-1 "), "what nobody deleted");
    let left: Vec<_> = (0..60)
        .step_by(2)
        .map(|n| format!("EINS-text-{n} "))
        .filter(|text| kept.contains(text))
        .collect();
    assert!(left.is_empty(), "{left:?}");
    let at = kept
        .find("ZWEI-")
        .map(|at| kept[at..].chars().take(40).collect::<String>());
    assert_eq!(at, None);
}
