//! Replies: a message answers another one, which it shows as that is now.

use serde_json::{Value, json};

use super::edits::id;
use crate::{
    fixtures,
    support::{TestApp, form_of},
};

fn cat() -> Vec<u8> {
    fixtures::animated(40, 30, 2)
}

/// What a message answers, by these fields.
fn quoted<const N: usize>(message: &Value, fields: [&str; N]) -> [Value; N] {
    fields.map(|field| message["reply"][field].clone())
}

#[tokio::test]
async fn a_reply_quotes_what_it_answers_as_that_is_now() {
    let app = TestApp::start().await;
    let (ann, bea) = (app.visitor().await, app.visitor().await);
    let room = ann.create_room("방").await;
    let (mut anns, mut beas) = (ann.join(&room).await, bea.join(&room).await);
    let long = "글".repeat(500);
    let asked = anns.post(&long).await;
    let answer = json!({ "chat": "yes", "reply": asked["_id"], "nonce": "n" });
    let said = beas.ask("chat", answer.clone()).await["message"].clone();
    let told = loop {
        let told = anns.wait("chat").await;
        if told["chat"] == "yes" {
            break told;
        }
    };
    let cut = format!("{}…", "글".repeat(139));
    for message in [&said, &told, &bea.written(&room).await[1]] {
        let expected = [
            asked["_id"].clone(),
            asked["seq"].clone(),
            asked["visitor"].clone(),
            asked["user"].clone(),
            cut.clone().into(),
        ];
        assert_eq!(
            quoted(message, ["_id", "seq", "visitor", "user", "chat"]),
            expected,
            "{message}"
        );
        assert_eq!(message["reply"]["name"], asked["name"]);
        assert_eq!(
            (message["reply"].get("deleted"), message["reply"].get("gif")),
            (None, None)
        );
    }
    // Sent again with its nonce it is the same one.
    assert_eq!(beas.ask("chat", answer).await["message"], said);
    anns.ask("edit", json!({ "message": asked["_id"], "chat": "short" }))
        .await;
    assert_eq!(quoted(&bea.written(&room).await[1], ["chat"]), ["short"]);
    let delete = json!({ "action": "delete", "message": asked["_id"] });
    anns.ask("moderate", delete).await;
    let read = bea.written(&room).await;
    assert_eq!(read[1]["chat"], "yes");
    assert_eq!(
        (read[1]["reply"].get("chat"), &read[1]["reply"]["deleted"]),
        (None, &json!(true))
    );
    assert_eq!(
        quoted(&read[1], ["_id", "seq"]),
        [asked["_id"].clone(), asked["seq"].clone()]
    );
}

#[tokio::test]
async fn texts_and_gifs_new_and_again_answer_texts_and_gifs() {
    let app = TestApp::start().await;
    let ann = app.visitor().await;
    let room = ann.create_room("방").await;
    let mut socket = ann.join(&room).await;
    let first = ann.upload_form(&room, form_of(cat()).text("alt", "a cat")).await.json();
    let form = form_of(cat()).text("reply", id(&first));
    let second = ann.upload_form(&room, form).await.json();
    assert_eq!(quoted(&second, ["gif", "alt"]), [first["gif"].clone(), "a cat".into()]);
    let again = json!({ "gif": first["gif"], "reply": second["_id"] });
    let third = socket.ask("chat", again).await["message"].clone();
    assert_eq!(quoted(&third, ["gif"]), [second["gif"].clone()]);
    let path = format!("/room/{room}/chat");
    let fourth = ann
        .post_json(&path, json!({ "chat": "nice", "reply": third["_id"] }))
        .await
        .json();
    assert_eq!(quoted(&fourth, ["_id"]), [third["_id"].clone()]);
    let plain = ann
        .post_json(&path, json!({ "chat": "plain", "reply": "" }))
        .await
        .json();
    assert_eq!(plain.get("reply"), None, "an empty field answers nothing");
}

#[tokio::test]
async fn nobody_answers_what_is_not_there_or_in_another_room_and_whispers_answer_nothing() {
    let app = TestApp::start().await;
    let (ann, bea) = (app.visitor().await, app.visitor().await);
    let (room, other) = (ann.create_room("방").await, ann.create_room("다른 방").await);
    let (mut anns, _beas) = (ann.join(&room).await, bea.join(&room).await);
    let elsewhere = id(&ann.join(&other).await.post("elsewhere").await);
    let gone = id(&anns.post("gone").await);
    anns.ask("moderate", json!({ "action": "delete", "message": gone }))
        .await;
    let line = id(&ann.history(&room).await[0]);
    for message in [elsewhere.as_str(), &line, "0123456789abcdef01234567", "?"] {
        let answer = json!({ "chat": "x", "reply": message });
        anns.ask_in_vain("chat", answer.clone(), "message_not_found").await;
        let answer = ann.post_json(&format!("/room/{room}/chat"), answer).await;
        answer.refused(404, "message_not_found");
        let form = form_of(cat()).text("reply", message.to_owned());
        ann.upload_form(&room, form).await.refused(404, "message_not_found");
    }
    assert_eq!(
        app.files(),
        Vec::<String>::new(),
        "no file of a message that was refused"
    );
    assert_eq!(ann.written(&room).await.len(), 1);
    // What was deleted while somebody answered it does not hold the answer up.
    let answer = json!({ "chat": "late", "reply": gone });
    let late = anns.ask("chat", answer).await["message"].clone();
    assert_eq!(quoted(&late, ["_id", "deleted"]), [json!(gone), json!(true)]);
    let form = form_of(cat()).text("to", bea.id.clone()).text("reply", gone);
    let path = format!("/room/{room}/whisper/gif");
    let request = ann.request(reqwest::Method::POST, &path).multipart(form);
    ann.send(request).await.refused(422, "invalid");
}
