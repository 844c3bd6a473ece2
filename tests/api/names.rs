//! The name of a visitor stands wherever it is told who somebody is: in every event, ack and answer, and always the same.

use gifchat::domain;
use serde_json::{Value, json};

use crate::{
    fixtures,
    support::{Socket, TestApp, Visitor},
};

/// How many times somebody is told in it, each time with the name that the id has; `what` says where this is.
fn named(what: &str, told: &Value) -> usize {
    let within = match told {
        Value::Array(all) => all.iter().map(|one| named(what, one)).sum(),
        Value::Object(fields) => fields.values().map(|one| named(what, one)).sum(),
        _ => 0,
    };
    let Some(hue) = told.get("hue") else {
        assert_eq!(told.get("name"), None, "{what}: a name is somebody's");
        return within;
    };
    let id = told["visitor"].as_str().or(told["id"].as_str()).unwrap();
    let visitor = domain::Visitor::new(id.parse().unwrap());
    let (en, ko) = (visitor.name().en(), visitor.name().ko());
    assert_eq!(
        (hue, &told["name"]),
        (&json!(visitor.hue), &json!({ "en": en, "ko": ko })),
        "{what}: {told}"
    );
    within + 1
}

async fn hears(socket: &mut Socket, event: &str, people: usize) -> Value {
    let told = socket.wait(event).await;
    assert_eq!(named(event, &told), people, "{event}: {told}");
    told
}

async fn reads(visitor: &Visitor, path: &str, people: usize) -> Value {
    let told = visitor.get_json(path).await.ok().json();
    assert_eq!(named(path, &told), people, "{path}: {told}");
    told
}

#[tokio::test]
async fn everybody_has_the_same_name_in_every_event_ack_and_answer() {
    let app = TestApp::start().await;
    let (ann, bea) = (app.visitor().await, app.visitor().await);
    let mut lobby = bea.connect("/room").await;
    let room = ann.create_room("이름").await;
    let path = |end: &str| format!("/room/{room}{end}");
    hears(&mut lobby, "newRoom", 1).await;

    let mut anns = ann.join(&room).await;
    let mut beas = bea.connect("/chat").await;
    let ack = beas.ask("join", &room).await;
    assert_eq!(named("join", &ack), 4, "oneself, the owner and both members: {ack}");
    hears(&mut anns, "join", 1).await;
    hears(&mut lobby, "updateRoom", 1).await;

    beas.emit_bare("typing").await;
    hears(&mut anns, "typing", 1).await;
    let ack = beas.ask("chat", json!({ "chat": "안녕" })).await;
    assert_eq!(named("chat", &ack), 1, "{ack}");
    let text = hears(&mut anns, "chat", 1).await;
    bea.upload(&room, fixtures::animated(8, 8, 3)).await;
    hears(&mut anns, "chat", 1).await;

    let ack = beas.ask("whisper", json!({ "to": ann.id, "chat": "쉿" })).await;
    assert_eq!(named("whisper", &ack), 2, "of whom and to whom: {ack}");
    hears(&mut anns, "whisper", 2).await;
    reads(&bea, &path("/whispers"), 2).await;

    let mut eves = app.visitor().await.join(&room).await;
    hears(&mut anns, "join", 1).await;
    let report = eves.ask("report", json!({ "message": text["_id"] })).await;
    assert_eq!(named("report", &report), 0, "nobody is told who reported: {report}");
    reads(&ann, &path("/reports"), 1).await;

    reads(&ann, &path(""), 1).await;
    reads(&ann, "/rooms", 1).await;
    let before = reads(&ann, &path("/messages"), 5).await;

    eves.goodbye().await;
    hears(&mut anns, "exit", 1).await;
    let ban = json!({ "action": "ban", "visitor": bea.id });
    assert_eq!(ann.post_json(&path("/moderate"), ban).await.status, 200);
    hears(&mut anns, "chat", 1).await;
    reads(&ann, &path("/bans"), 1).await;
    let after = reads(&ann, &path("/messages"), 7).await;
    let kept = before["data"].as_array().unwrap().len();
    assert_eq!(
        after["data"].as_array().unwrap()[..kept],
        before["data"].as_array().unwrap()[..]
    );
}
