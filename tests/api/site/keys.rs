//! Who may make rooms: those who have a key, or the operator alone.

use serde_json::json;

use super::{file, refused_start};
use crate::support::{COUNTED, Server, TestApp};

#[tokio::test]
async fn it_takes_a_key_to_make_a_room_where_the_operator_says_so() {
    let (_folder, path) = file("keys", b"first key\n\n  second-key \n");
    let flags = [
        "--rooms-by",
        "key",
        "--rooms-key-file",
        &path,
        "--limit-passwords",
        "4/10m",
    ];
    let server = Server::alone(&[&flags[..], &COUNTED].concat()).await;
    let visitor = server.visitor().await;
    let make = async |key: &str| visitor.post_json("/room", json!({ "title": "cats", "key": key })).await;
    let missing = visitor.post_json("/room", json!({ "title": "cats" })).await;
    missing.refused(422, "invalid");
    assert_eq!(missing.json()["field"], "key");
    for key in ["first key", "second-key"] {
        assert_eq!(make(key).await.status, 201, "{key}");
    }
    make("third key").await.refused(403, "wrong_key");
    make("first key\nsecond-key").await.refused(403, "wrong_key");
    let form = visitor.get("/room").await.ok().text();
    assert!(form.contains("name=\"key\""), "{form}");
    let again = visitor
        .post_form("/room", &[("title", "dogs"), ("max", "9"), ("key", "a secret try")])
        .await;
    assert_eq!(again.status, 403);
    let text = again.text();
    assert!(
        text.contains("Wrong key.") && text.contains("value=\"dogs\"") && !text.contains("a secret try"),
        "{text}"
    );
    // A mistake elsewhere costs no try.
    visitor
        .post_json("/room", json!({ "title": "", "key": "x" }))
        .await
        .refused(422, "invalid");
    make("x").await.refused(403, "wrong_key");
    make("first key").await.refused(429, "rate_limited");
    assert_eq!(server.logged(&["password_refused", "/room"]), 4);
    for word in ["first key", "a secret try"] {
        assert_eq!(server.logged(&[word]), 0, "{word}");
    }
    assert_eq!(visitor.get_json("/rooms").await.json()["count"], 2);
}

#[tokio::test]
async fn visitors_make_no_rooms_where_the_operator_alone_does() {
    let app = TestApp::with(&["--rooms-by", "admin"]).await;
    let visitor = app.visitor().await;
    visitor
        .post_json("/room", json!({ "title": "cats" }))
        .await
        .refused(403, "rooms_closed");
    visitor
        .post_json("/room", json!({ "title": "", "key": "x" }))
        .await
        .refused(403, "rooms_closed");
    let said = "Visitors can&#39;t make rooms here.";
    for page in [
        visitor.post_form("/room", &[("title", "cats"), ("max", "9")]).await,
        visitor.get("/room").await,
    ] {
        assert_eq!(page.status, 403);
        let text = page.text();
        assert!(text.contains(said) && !text.contains("room-form"), "{text}");
    }
    for path in ["/", "/share", "/nowhere"] {
        assert!(
            !visitor.get(path).await.text().contains("href=\"/room\""),
            "{path} leads nowhere"
        );
    }
    assert_eq!(visitor.get_json("/rooms").await.ok().json()["count"], 0);
}

#[tokio::test]
async fn keys_that_are_none_are_refused_at_the_start() {
    for text in [
        String::new(),
        " \n\n".to_owned(),
        "x".repeat(257),
        "secret\n".repeat(1_001),
    ] {
        let (_folder, path) = file("keys", text.as_bytes());
        let said = refused_start(&["--rooms-by", "key", "--rooms-key-file", &path]).await;
        assert!(said.starts_with(&format!("--rooms-key-file {path}: ")), "{said}");
        assert!(!said.contains("secret") && !said.contains("xxx"), "{said}");
    }
    assert!(
        refused_start(&["--rooms-by", "key"])
            .await
            .starts_with("--rooms-by key: ")
    );
    let (_folder, path) = file("keys", b"key");
    assert!(
        refused_start(&["--rooms-key-file", &path])
            .await
            .starts_with("--rooms-key-file: ")
    );
}
