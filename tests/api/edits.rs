//! Edits: an author changes what a message says, and everybody sees it, however late they come.

use serde_json::{Value, json};

use crate::{
    fixtures,
    support::{Socket, TestApp, Visitor, form_of},
};

/// A room with its owner and a member.
pub(crate) struct Stage {
    pub app: TestApp,
    pub owner: Visitor,
    pub member: Visitor,
    pub room: String,
    pub owners: Socket,
    pub members: Socket,
}

impl Stage {
    pub async fn new() -> Self {
        let app = TestApp::start().await;
        let (owner, member) = (app.visitor().await, app.visitor().await);
        let room = owner.create_room("방").await;
        let (owners, members) = (owner.join(&room).await, member.join(&room).await);
        Self {
            app,
            owner,
            member,
            room,
            owners,
            members,
        }
    }

    /// A message of the member; its id.
    pub async fn says(&mut self, chat: &str) -> String {
        id(&self.members.post(chat).await)
    }

    async fn edit(&mut self, message: &str, chat: &str) {
        let edited = self.members.ask("edit", edit(message, chat)).await;
        assert_eq!(edited, json!({ "ok": true }));
    }

    /// A message as it is read now.
    pub async fn read(&self, message: &str) -> Value {
        let written = self.owner.written(&self.room).await;
        written.into_iter().find(|said| said["_id"] == message).unwrap()
    }
}

pub(crate) fn id(message: &Value) -> String {
    message["_id"]
        .as_str()
        .unwrap_or_else(|| panic!("{message}"))
        .to_owned()
}

fn edit(message: &str, chat: &str) -> Value {
    json!({ "message": message, "chat": chat })
}

#[tokio::test]
async fn an_author_changes_a_message_which_keeps_its_place_and_everybody_hears_and_reads_it() {
    let mut stage = Stage::new().await;
    let message = stage.says("helo").await;
    let before = stage.read(&message).await;
    assert_eq!(before.get("edited"), None);
    stage.edit(&message, "  hello <b>\n").await;
    for socket in [&mut stage.owners, &mut stage.members] {
        let told = socket.wait("edit").await;
        let named = ["line", "chat", "message", "user"].map(|field| told[field].clone());
        assert_eq!(
            named,
            ["edited", "hello <b>", &message, "system"].map(Value::from),
            "{told}"
        );
        assert_eq!((&told["seq"], &told["visitor"]), (&json!(4), &before["visitor"]));
    }
    let after = stage.read(&message).await;
    assert_eq!((&after["chat"], &after["seq"]), (&json!("hello <b>"), &json!(3)));
    assert!(after["edited"].as_str() > before["createdAt"].as_str(), "{after}");
    assert_eq!(after["createdAt"], before["createdAt"]);
    // By HTTP, and again: the line of each edit says what the message says now.
    let path = format!("/messages/{message}");
    let room = stage.room.clone();
    let edited = stage
        .member
        .patch(&format!("{room}{path}"), json!({ "chat": "hi" }))
        .await;
    assert_eq!((edited.status, edited.json()), (200, json!({ "ok": true })));
    let lines: Vec<_> = stage.owner.history(&room).await.into_iter().skip(3).collect();
    assert_eq!(lines.len(), 2);
    for line in lines {
        assert_eq!(
            [&line["line"], &line["chat"], &line["message"]],
            ["edited", "hi", &message].map(Value::from).each_ref()
        );
    }
    // Nobody is told what changes nothing, and that is no error.
    stage.owners.heard(&room).await;
    stage.edit(&message, "hi").await;
    assert!(stage.owners.heard(&room).await.is_empty());
}

#[tokio::test]
async fn only_the_author_edits_and_only_what_somebody_wrote_and_is_still_there() {
    let mut stage = Stage::new().await;
    let message = stage.says("mine").await;
    stage
        .owners
        .ask_in_vain("edit", edit(&message, "yours"), "not_the_author")
        .await;
    let path = |message: &str| format!("{}/messages/{message}", stage.room);
    let answer = stage.owner.patch(&path(&message), json!({ "chat": "yours" })).await;
    answer.refused(403, "not_the_author");
    let stranger = stage.app.visitor().await;
    let answer = stranger.patch(&path(&message), json!({ "chat": "x" })).await;
    answer.refused(403, "not_a_member");
    let joined = id(&stage.owner.history(&stage.room).await[0]);
    for gone in [joined.as_str(), "0123456789abcdef01234567", "no id"] {
        let answer = stage.member.patch(&path(gone), json!({ "chat": "x" })).await;
        answer.refused(404, "message_not_found");
    }
    for wrong in ["", " \n", &"x".repeat(1_001), "a\u{0}"] {
        stage
            .members
            .ask_in_vain("edit", edit(&message, wrong), "invalid")
            .await;
    }
    stage
        .members
        .ask_in_vain("edit", json!({ "chat": "x" }), "invalid")
        .await;
    stage
        .members
        .ask_in_vain("edit", json!({ "message": message }), "invalid")
        .await;
    for n in 1..=10 {
        stage.edit(&message, &n.to_string()).await;
    }
    stage
        .members
        .ask_in_vain("edit", edit(&message, "11"), "not_editable")
        .await;
    let reported = stage.says("abuse").await;
    let third = stage.app.visitor().await;
    let report = json!({ "message": reported, "reason": "look" });
    third.join(&stage.room).await.ask("report", report).await;
    stage
        .members
        .ask_in_vain("edit", edit(&reported, "nice"), "not_editable")
        .await;
    let delete = json!({ "action": "delete", "message": message });
    stage.members.ask("moderate", delete).await;
    stage
        .members
        .ask_in_vain("edit", edit(&message, "back"), "message_not_found")
        .await;
    assert_eq!(stage.read(&message).await["deleted"], true);
}

#[tokio::test]
async fn what_is_said_with_a_gif_is_changed_and_taken_away() {
    let mut stage = Stage::new().await;
    let form = form_of(fixtures::animated(40, 30, 2)).text("chat", "look");
    let sent = stage.member.upload_form(&stage.room, form).await.json();
    let message = id(&sent);
    let path = format!("{}/messages/{message}", stage.room);
    let answer = stage.member.patch(&path, json!({ "caption": "" })).await;
    answer.refused(422, "invalid");
    stage.edit(&message, "look!").await;
    assert_eq!(stage.owners.wait("edit").await["chat"], "look!");
    let read = stage.read(&message).await;
    assert_eq!((&read["chat"], &read["gif"]), (&json!("look!"), &sent["gif"]));
    stage.edit(&message, "").await;
    let told = stage.owners.wait("edit").await;
    assert_eq!((told.get("chat"), told.get("deleted")), (None, None), "{told}");
    let read = stage.read(&message).await;
    assert_eq!((read.get("chat"), &read["gif"]), (None, &sent["gif"]));
    assert!(read["edited"].is_string());
    stage.app.restart().await;
    assert_eq!(stage.read(&message).await, read, "after a restart, too");
}

#[tokio::test]
async fn who_was_not_there_learns_of_an_edit_and_nothing_of_what_was_said_before() {
    let mut stage = Stage::new().await;
    let (kept, gone) = (stage.says("EINS-before").await, stage.says("ZWEI-before").await);
    stage.edit(&kept, "EINS-between").await;
    stage.edit(&gone, "ZWEI-between").await;
    stage.edit(&kept, "EINS-after").await;
    let delete = json!({ "action": "delete", "message": gone });
    stage.owners.ask("moderate", delete).await;
    let room = stage.room.clone();
    let missed = stage
        .owner
        .get_json(&format!("/room/{room}/messages?after=4"))
        .await
        .json();
    let edits: Vec<_> = missed["data"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|line| line["line"] == "edited")
        .collect();
    assert_eq!(edits.len(), 3);
    assert_eq!([&edits[0]["chat"], &edits[2]["chat"]], ["EINS-after"; 2]);
    assert_eq!((edits[1].get("chat"), &edits[1]["deleted"]), (None, &json!(true)));
    stage.app.stop().await;
    let stored = String::from_utf8_lossy(&stage.app.bytes_stored().await).into_owned();
    for (text, there) in [
        ("EINS-before", false),
        ("EINS-between", false),
        ("EINS-after", true),
        ("ZWEI-before", false),
        ("ZWEI-between", false),
    ] {
        assert_eq!(stored.contains(text), there, "{text}");
    }
}
