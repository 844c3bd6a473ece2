//! Who owns a room: handed over, or inherited.

use serde_json::json;

use crate::moderation::{Stage, WAYS, done_to};

#[tokio::test]
async fn an_owner_hands_the_room_over_and_is_none_any_more() {
    for way in WAYS {
        let mut stage = Stage::new().await;
        let hand = done_to("handover", &stage.other);
        stage.does(way, hand).await;
        let line = stage.others.wait("chat").await;
        assert_eq!(
            (&line["line"], &line["visitor"]),
            (&json!("owner"), &json!(stage.other.id))
        );
        let told = stage.own.wait("updateRoom").await;
        assert_eq!(
            (&told["visitor"], &told["owner"]),
            (&json!(stage.other.id), &json!(stage.other.color))
        );
        let path = format!("/room/{}/moderate", stage.room);
        stage
            .owner
            .post_json(&path, done_to("kick", &stage.other))
            .await
            .refused(403, "not_the_owner");
        stage.other.post_json(&path, done_to("kick", &stage.owner)).await.ok();
        assert_eq!(stage.own.wait("exception").await["code"], "kicked");
    }
}

#[tokio::test]
async fn the_one_who_is_there_longest_owns_the_room_when_its_owner_stays_away() {
    let mut stage = Stage::with(&["--owner-grace", "1s", "--seat-grace", "300ms"]).await;
    let third = stage.app.visitor().await;
    let mut thirds = third.join(&stage.room).await;
    // A reload is no absence.
    drop(stage.own);
    stage.own = stage.owner.join(&stage.room).await;
    drop(stage.own);
    assert_eq!(thirds.wait("exit").await["visitor"], json!(stage.owner.id));
    let line = thirds.wait("chat").await;
    assert_eq!(
        (&line["line"], &line["visitor"]),
        (&json!("owner"), &json!(stage.other.id))
    );
    assert_eq!(stage.others.wait("updateRoom").await["visitor"], json!(stage.other.id));
    // Who comes back finds it so.
    stage.own = stage.owner.join(&stage.room).await;
    let kick = done_to("kick", &stage.other);
    stage.own.ask_in_vain("moderate", kick, "not_the_owner").await;
    stage.others.ask("moderate", done_to("kick", &third)).await;
    assert_eq!(thirds.wait("exception").await["code"], "kicked");
}
