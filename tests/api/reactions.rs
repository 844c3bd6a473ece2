//! Reactions: an emoji or a GIF of the room under a message.

use std::time::Duration;

use serde_json::{Value, json};

use super::edits::{Stage, id};
use crate::{fixtures, support::Socket};

/// A room with a message of a member.
struct Scene {
    stage: Stage,
    message: String,
}

impl Scene {
    async fn new() -> Self {
        let mut stage = Stage::new().await;
        let message = stage.says("hi").await;
        Self { stage, message }
    }

    fn with(&self, emoji: &str, on: bool) -> Value {
        json!({ "message": self.message, "emoji": emoji, "on": on })
    }

    /// The reactions to the message as they are read, by kind.
    async fn read(&self) -> Vec<(String, Vec<String>)> {
        kinds(&self.stage.read(&self.message).await["reactions"])
    }

    fn path(&self) -> String {
        format!("/room/{}/messages/{}/reactions", self.stage.room, self.message)
    }
}

/// Each kind, and who.
fn kinds(reactions: &Value) -> Vec<(String, Vec<String>)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let kind = |kind: &Value| {
        let visitors: Vec<_> = kind["visitors"].as_array().unwrap().iter().map(text).collect();
        assert_eq!(kind["count"], visitors.len());
        (text(kind.get("emoji").unwrap_or(&kind["gif"])), visitors)
    };
    reactions.as_array().into_iter().flatten().map(kind).collect()
}

/// Waits until an event says that the reactions to a message are these.
async fn told(socket: &mut Socket, message: &str, expected: &[(String, Vec<String>)]) {
    loop {
        let told = socket.wait("reactions").await;
        let messages = told["messages"].as_array().unwrap();
        let found = messages.iter().find(|said| said["_id"] == message);
        if kinds(&found.unwrap_or(&Value::Null)["reactions"]) == expected {
            return;
        }
    }
}

#[tokio::test]
async fn a_reaction_is_told_and_read_by_all_and_taken_back() {
    let mut scene = Scene::new().await;
    let (owner, member) = (scene.stage.owner.id.clone(), scene.stage.member.id.clone());
    let up = scene.with("👍", true);
    assert_eq!(scene.stage.owners.ask("react", up.clone()).await, json!({ "ok": true }));
    let one = [("👍".to_owned(), vec![owner.clone()])];
    told(&mut scene.stage.members, &scene.message, &one).await;
    assert_eq!(scene.read().await, one);
    // By HTTP, and again, which changes nothing.
    for _ in 0..2 {
        let answer = scene
            .stage
            .member
            .post_json(&scene.path(), json!({ "emoji": "🎉" }))
            .await;
        assert_eq!((answer.status, answer.json()), (200, json!({ "ok": true })));
        scene.stage.owners.ask("react", up.clone()).await;
    }
    let two = [one[0].clone(), ("🎉".to_owned(), vec![member.clone()])];
    told(&mut scene.stage.owners, &scene.message, &two).await;
    assert_eq!(scene.read().await, two);
    let who = scene.stage.member.get_json(&scene.path()).await.json();
    let first = &who["data"][0];
    assert_eq!(
        (&first["emoji"], &first["count"], &first["by"][0]["id"]),
        (&json!("👍"), &json!(1), &json!(owner))
    );
    assert!(first["by"][0]["name"]["en"].is_string(), "{who}");
    let all = scene
        .stage
        .member
        .get_json(&format!("/room/{}/reactions", scene.stage.room))
        .await
        .json();
    assert_eq!((&all["all"], &all["room"]), (&json!(true), &json!(scene.stage.room)));
    assert_eq!(kinds(&all["messages"][0]["reactions"]), two);
    assert_eq!(
        scene.stage.owners.join(&scene.stage.room).await["reactions"],
        all["version"]
    );
    scene.stage.app.restart().await;
    assert_eq!(
        scene.stage.owner.written(&scene.stage.room).await[0]["reactions"],
        all["messages"][0]["reactions"]
    );
}

#[tokio::test]
async fn many_reactions_at_once_are_few_events_and_the_last_says_all() {
    let mut scene = Scene::new().await;
    let emoji = ["👍", "🎉", "😂", "😮", "😢"];
    let mut asked = Vec::new();
    for on in [true, false, true] {
        for emoji in emoji {
            let react = scene.with(emoji, on);
            asked.push(scene.stage.members.ask_later("react", react).await);
        }
    }
    for id in asked {
        assert_eq!(scene.stage.members.ack(id).await["ok"], true);
    }
    let expected: Vec<_> = emoji
        .map(|emoji| (emoji.to_owned(), vec![scene.stage.member.id.clone()]))
        .into();
    assert_eq!(scene.read().await, expected);
    scene.stage.owners.linger(Duration::from_millis(400)).await;
    let events: Vec<_> = scene
        .stage
        .owners
        .try_events()
        .into_iter()
        .filter(|event| event.name == "reactions")
        .collect();
    assert!(
        (1..=8).contains(&events.len()),
        "{} events about 15 reactions",
        events.len()
    );
    assert_eq!(
        kinds(&events.last().unwrap().data["messages"][0]["reactions"]),
        expected
    );
}

#[tokio::test]
async fn a_gif_of_the_room_is_a_reaction_and_no_other() {
    let mut scene = Scene::new().await;
    let sent = scene
        .stage
        .owner
        .upload(&scene.stage.room, fixtures::animated(4, 4, 2))
        .await
        .json();
    let with = |name: &Value| json!({ "message": scene.message, "gif": name });
    let (good, bad) = (with(&sent["gif"]), with(&json!("0123456789abcdef0123456789abcdef.gif")));
    assert_eq!(scene.stage.members.ask("react", good.clone()).await["ok"], true);
    let expected = [(
        sent["gif"].as_str().unwrap().to_owned(),
        vec![scene.stage.member.id.clone()],
    )];
    told(&mut scene.stage.owners, &scene.message, &expected).await;
    scene.stage.members.ask_in_vain("react", bad, "page_not_found").await;
    let delete = json!({ "action": "delete", "message": sent["_id"], "forbid": true });
    assert_eq!(scene.stage.owners.ask("moderate", delete).await["ok"], true);
    // It keeps no file, and can still be taken back.
    assert_eq!(
        scene.stage.owner.get(&format!("/gif/{}", expected[0].0)).await.status,
        404
    );
    scene
        .stage
        .owners
        .ask_in_vain("react", good.clone(), "page_not_found")
        .await;
    let mut back = good;
    back["on"] = json!(false);
    assert_eq!(scene.stage.members.ask("react", back).await["ok"], true);
    assert!(scene.read().await.is_empty());
}

#[tokio::test]
async fn who_may_not_react_or_too_much_hears_why() {
    let mut scene = Scene::new().await;
    for (fields, code) in [
        (json!({ "message": scene.message }), "invalid"),
        (json!({ "message": scene.message, "emoji": "👍👍" }), "invalid"),
        (json!({ "message": scene.message, "emoji": "<b>" }), "invalid"),
        (
            json!({ "message": scene.message, "emoji": "👍", "on": "maybe" }),
            "invalid",
        ),
        (json!({ "emoji": "👍" }), "invalid"),
        (
            json!({ "message": "0123456789abcdef01234567", "emoji": "👍" }),
            "message_not_found",
        ),
    ] {
        scene.stage.members.ask_in_vain("react", fields, code).await;
    }
    let stranger = scene.stage.app.visitor().await;
    let answer = stranger.post_json(&scene.path(), json!({ "emoji": "👍" })).await;
    answer.refused(403, "not_a_member");
    for emoji in ["👍", "🎉", "😂", "😮", "😢"] {
        let react = scene.with(emoji, true);
        assert_eq!(scene.stage.members.ask("react", react).await["ok"], true);
    }
    let sixth = scene.with("🔥", true);
    scene
        .stage
        .members
        .ask_in_vain("react", sixth, "too_many_reactions")
        .await;
    let answer = scene
        .stage
        .member
        .post_json(&scene.path(), json!({ "emoji": "🔥" }))
        .await;
    answer.refused(409, "too_many_reactions");
}

#[tokio::test]
async fn what_is_deleted_has_no_reactions_and_who_is_cleared_gave_none() {
    let mut scene = Scene::new().await;
    let own = id(&scene.stage.owners.post("mine").await);
    let on_own = json!({ "message": own, "emoji": "👍" });
    let up = scene.with("👍", true);
    scene.stage.members.ask("react", on_own.clone()).await;
    scene.stage.owners.ask("react", on_own).await;
    scene.stage.owners.ask("react", up).await;
    let both = [(
        "👍".to_owned(),
        vec![scene.stage.member.id.clone(), scene.stage.owner.id.clone()],
    )];
    told(&mut scene.stage.owners, &own, &both).await;
    let clear = json!({ "action": "clear", "visitor": scene.stage.member.id });
    scene.stage.owners.ask("moderate", clear).await;
    let left = loop {
        let told = scene.stage.members.wait("reactions").await;
        if told["all"] == true {
            break told;
        }
    };
    let messages = left["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 1, "{left}");
    assert_eq!(
        kinds(&messages[0]["reactions"]),
        [("👍".to_owned(), vec![scene.stage.owner.id.clone()])]
    );
    scene
        .stage
        .owners
        .ask("moderate", json!({ "action": "delete", "message": own }))
        .await;
    let all = scene
        .stage
        .owner
        .get_json(&format!("/room/{}/reactions", scene.stage.room))
        .await
        .json();
    assert_eq!(all["messages"], json!([]));
    let written = scene.stage.owner.written(&scene.stage.room).await;
    assert!(written.iter().all(|said| said.get("reactions").is_none()));
    assert!(scene.stage.app.rows("reactions").await == 0, "nor in the store");
}
