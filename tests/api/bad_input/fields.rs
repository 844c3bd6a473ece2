//! Every field of every route and event.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Stage, UNKNOWN};

const FORM: &str = "application/x-www-form-urlencoded";

/// Values of a wrong type for a text.
fn no_texts() -> [Value; 5] {
    [json!(5), json!(true), json!(["x"]), json!({ "a": 1 }), json!(1.5)]
}

#[tokio::test]
async fn no_wrong_field_makes_a_room() {
    let mut stage = Stage::start().await;
    let title = |title: Value| json!({ "title": title });
    let mut wrong = vec![
        json!({}),
        title(Value::Null),
        title(json!("")),
        title(json!(" \t ")),
        title(json!("가".repeat(61))),
        title(json!("a\0b")),
        title(json!("a\nb")),
        title(json!("\u{7f}")),
        title(json!("\u{200b}\u{feff}\u{2060}")),
        title(json!("\u{202e}\u{2067}\u{200f}")),
        title(json!("\u{301}\u{20dd}\u{fe0f}")),
        title(json!("\u{3164}\u{2800}\u{ad}")),
        title(json!(format!("Z{}", "\u{301}".repeat(9)))),
        json!({ "title": "x", "password": "비".repeat(43) }),
        json!({ "title": "x", "password": "a\0b" }),
    ];
    wrong.extend(no_texts().map(title));
    wrong.extend(no_texts().map(|password| json!({ "title": "x", "password": password })));
    for max in [
        json!(1),
        json!(0),
        json!(-3),
        json!(201),
        json!(2.5),
        json!("ten"),
        json!("2.5"),
        json!(true),
    ] {
        wrong.push(json!({ "title": "x", "max": max }));
    }
    for max in [
        json!([3]),
        json!(1e300),
        json!("99999999999999999999"),
        json!("\0"),
        json!("3 4"),
    ] {
        wrong.push(json!({ "title": "x", "max": max }));
    }
    for body in wrong {
        let answer = stage.visitor.post_json("/room", body.clone()).await;
        assert_eq!((answer.status, answer.code()), (422, "invalid".into()), "{body}");
    }
    stage.nothing_happened().await;
}

#[tokio::test]
async fn no_wrong_field_changes_a_room() {
    let mut stage = Stage::start().await;
    let mut wrong = vec![
        json!({ "title": "" }),
        json!({ "title": "가".repeat(61) }),
        json!({ "title": "a\0" }),
        json!({ "title": "\u{200b}" }),
        json!({ "max": 1 }),
        json!({ "max": 201 }),
        json!({ "max": "x" }),
        json!({ "password": "비".repeat(43) }),
        json!({ "password": "a\0" }),
        // One right field does not carry a wrong one.
        json!({ "title": "새 이름", "max": 1 }),
        json!({ "max": 5, "password": 7 }),
    ];
    wrong.extend(no_texts().map(|title| json!({ "title": title })));
    for body in wrong {
        let answer = stage.visitor.patch(&stage.room, body.clone()).await;
        assert_eq!((answer.status, answer.code()), (422, "invalid".into()), "{body}");
    }
    stage
        .visitor
        .patch(UNKNOWN, json!({ "title": "x" }))
        .await
        .refused(404, "room_not_found");
    stage.nothing_happened().await;
}

#[tokio::test]
async fn no_wrong_text_is_posted() {
    let mut stage = Stage::start().await;
    let chat = |chat: Value| json!({ "chat": chat });
    let mut wrong = vec![
        json!({}),
        chat(Value::Null),
        chat(json!("")),
        chat(json!(" \n\t ")),
        chat(json!("가".repeat(1_001))),
        chat(json!("a\0b")),
        chat(json!("\u{1b}[31m")),
        chat(json!("\u{200b}\n\u{202e}\u{3164}\u{fe0f}")),
        json!({ "chat": "x", "nonce": "a b" }),
        json!({ "chat": "x", "nonce": "가" }),
        json!({ "chat": "x", "nonce": "x".repeat(65) }),
        json!({ "chat": "x", "nonce": "\0" }),
        json!({ "chat": "x", "nonce": 5 }),
        json!({ "chat": "x", "nonce": ["n"] }),
    ];
    wrong.extend(no_texts().map(chat));
    let path = format!("/room/{}/chat", stage.room);
    for body in wrong {
        let answer = stage.visitor.post_json(&path, body.clone()).await;
        assert_eq!((answer.status, answer.code()), (422, "invalid".into()), "{body}");
        // The same by an event, with and without an acknowledgement.
        stage.socket.ask_in_vain("chat", body.clone(), "invalid").await;
        stage.socket.emit("chat", body.clone()).await;
        let exception = stage.socket.wait("exception").await;
        assert_eq!(exception["code"], "invalid", "{body}");
        assert!(exception["message"].as_str().is_some_and(|text| !text.is_empty()) && exception.get("ok").is_none());
    }
    for data in [json!([]), json!(5), json!(true), Value::Null, json!("")] {
        stage.socket.ask_in_vain("chat", data, "invalid").await;
    }
    stage.nothing_happened().await;
}

#[tokio::test]
async fn a_body_that_is_neither_form_nor_json_is_refused() {
    let mut stage = Stage::start().await;
    let bodies: [(&str, &[u8]); 12] = [
        ("application/json", b""),
        ("application/json", b"{"),
        ("application/json", b"[]"),
        ("application/json", b"null"),
        (
            "application/json",
            b"{\"title\":\"\xff\",\"chat\":\"\xff\",\"password\":\"\xff\"}",
        ),
        (
            "application/json",
            b"{\"title\":\"\\ud800\",\"chat\":\"\\ud800\",\"password\":\"\\ud800\"}",
        ),
        (FORM, b"title=%FF&chat=%FF&password=%FF"),
        (FORM, b"title=\xff\xfe&chat=\xff&password=\xff"),
        (FORM, b"title=a&title=b&chat=a&chat=b&password=a&password=b"),
        (FORM, b"title=a%00b&chat=a%00b&password=a%00b"),
        (FORM, b"%FF=x"),
        ("text/plain", b"\xff\xff"),
    ];
    let paths = [
        "/room".to_owned(),
        format!("/room/{}/chat", stage.room),
        format!("/room/{}/enter", stage.room),
    ];
    for path in &paths {
        for (kind, body) in bodies {
            let request = stage
                .visitor
                .request(Method::POST, path)
                .header("content-type", kind)
                .body(body);
            let answer = stage.visitor.send(request).await;
            let what = String::from_utf8_lossy(body);
            assert_eq!(
                (answer.status, answer.code()),
                (422, "invalid".into()),
                "{path} {kind} {what}"
            );
        }
    }
    stage.nothing_happened().await;
}

#[tokio::test]
async fn deeply_nested_json_is_refused() {
    let mut stage = Stage::start().await;
    let deep = "[".repeat(30_000);
    let request = stage
        .visitor
        .request(Method::POST, "/room")
        .header("content-type", "application/json");
    stage.visitor.send(request.body(deep)).await.refused(422, "invalid");
    let deep = format!("{}1{}", "[".repeat(5_000), "]".repeat(5_000));
    stage.socket.send_raw(format!("42/chat,[\"chat\",{deep}]")).await;
    stage.app.still_answers().await;
    stage.socket = stage.visitor.join(&stage.room).await;
    stage.nothing_happened().await;
}

#[tokio::test]
async fn a_wrong_place_or_length_of_a_page_is_refused() {
    let mut stage = Stage::start().await;
    let messages = format!("/room/{}/messages", stage.room);
    for (path, query) in [
        (messages.as_str(), "after="),
        (&messages, "after=x"),
        (&messages, "after=-1"),
        (&messages, "after=1.5"),
        (&messages, "before=%00"),
        (&messages, "before=%FF"),
        (&messages, "before=99999999999999999999999"),
        (&messages, "limit="),
        (&messages, "limit=0"),
        (&messages, "limit=101"),
        (&messages, "limit=-5"),
        (&messages, "limit=1&limit=2"),
        (&messages, "after=1&after=2"),
        (&messages, "after=1&before=2"),
        ("/rooms", "after=x"),
        ("/rooms", "after=%FF"),
        ("/rooms", "after=1-"),
        ("/rooms", "limit=0"),
        ("/rooms", "limit=x"),
        ("/rooms", "limit=1&limit=1"),
        ("/", "after=x"),
        ("/", "after=1&after=1"),
        ("/", "error=a&error=b"),
    ] {
        let answer = stage.visitor.get_json(&format!("{path}?{query}")).await;
        assert_eq!(
            (answer.status, answer.code()),
            (422, "invalid".into()),
            "{path}?{query}"
        );
    }
    stage.nothing_happened().await;
}

#[tokio::test]
async fn what_names_no_room_is_not_found() {
    let mut stage = Stage::start().await;
    let upper = stage.room.to_uppercase();
    let long = "0".repeat(5_000);
    for id in [UNKNOWN, "x", "%FF", "%00", "..%2F..%2Fetc", &upper, &long, "%20", "+"] {
        for (method, path) in [
            (Method::GET, format!("/room/{id}")),
            (Method::PATCH, format!("/room/{id}")),
            (Method::DELETE, format!("/room/{id}")),
            (Method::GET, format!("/room/{id}/messages")),
            (Method::POST, format!("/room/{id}/enter")),
            (Method::POST, format!("/room/{id}/delete")),
            (Method::POST, format!("/room/{id}/chat")),
        ] {
            let mut request = stage.visitor.request(method.clone(), &path);
            if method != Method::GET {
                request = request.json(&json!({ "chat": "x", "title": "x", "password": "x" }));
            }
            let answer = stage.visitor.send(request).await;
            assert_eq!(
                (answer.status, answer.code()),
                (404, "room_not_found".into()),
                "{method} {path}"
            );
        }
        let answer = stage.visitor.upload(id, crate::fixtures::animated(4, 4, 1)).await;
        assert_eq!((answer.status, answer.code()), (404, "room_not_found".into()), "{id}");
    }
    stage.nothing_happened().await;
}

#[tokio::test]
async fn nobody_writes_into_a_room_in_which_they_are_not() {
    let mut stage = Stage::start().await;
    let other = stage.app.visitor().await;
    let theirs = other.create_room("딴 방").await;
    let _socket = other.join(&theirs).await;
    other.post_chat(&stage.room, "x").await.refused(403, "not_a_member");
    other
        .upload(&stage.room, crate::fixtures::animated(4, 4, 1))
        .await
        .refused(403, "not_a_member");
    other.delete(&stage.room).await.refused(403, "not_the_owner");
    other.delete(&theirs).await.ok();
    stage.nothing_happened().await;
}
