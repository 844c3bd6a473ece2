//! A site that lets in only those who know its password.

use std::fs;

use serde_json::json;

use super::{file, refused_start};
use crate::{
    fixtures::animated,
    support::{COUNTED, Server, Socket, TestApp},
};

/// What a refusal of the door is.
const ASKED: (u16, &str) = (403, "site_password_required");

#[tokio::test]
async fn nothing_of_a_site_with_a_password_is_shown_before_it_is_given() {
    let (_folder, path) = file("password", b"open sesame\nnot this line\n");
    let (_rules, rules) = file("rules.txt", b"Be kind.");
    let flags = [
        "--site-password-file",
        &path,
        "--rules",
        &rules,
        "--security-contact",
        "mailto:ann@chat.example",
    ];
    let app = TestApp::with(&flags).await;
    let ann = app.stranger();
    ann.post_form("/door", &[("password", "open sesame")]).await;
    let room = ann.create_room("a secret party").await;
    let posted = ann.join(&room).await.post("hello").await;
    let gif = ann.upload(&room, animated(2, 2, 2)).await.ok().json()["gif"]
        .as_str()
        .unwrap()
        .to_owned();

    let stranger = app.stranger();
    let closed = [
        "/",
        "/rooms",
        "/room",
        "/share",
        "/invite/0123456789abcdef0123456789abcdef",
        "/sheets/en/owner",
        &format!("/room/{room}"),
        &format!("/room/{room}/messages"),
        &format!("/room/{room}/gifs"),
        &format!("/gif/{gif}"),
        &format!("/gif/{gif}/still"),
        "/socket.io/?EIO=4&transport=polling",
    ];
    for path in closed {
        stranger.get_json(path).await.refused(ASKED.0, ASKED.1);
        let page = stranger.get(path).await;
        assert_eq!(page.status, 403, "{path}");
        assert!(page.set_cookie("gifchat").is_none(), "{path} makes no session");
        let text = page.text();
        assert!(
            text.contains("action=\"/door\"") && !text.contains("secret party"),
            "{path}: {text}"
        );
    }
    let message = posted["_id"].as_str().unwrap();
    for path in [
        "/room",
        "/open",
        &format!("/room/{room}/chat"),
        &format!("/room/{room}/enter"),
        &format!("/room/{room}/messages/{message}/reactions"),
    ] {
        stranger
            .post_json(path, json!({ "title": "x", "max": 5, "chat": "x", "emoji": "👍" }))
            .await
            .refused(ASKED.0, ASKED.1);
    }
    stranger
        .patch(&room, json!({ "title": "x" }))
        .await
        .refused(ASKED.0, ASKED.1);
    stranger.delete(&room).await.refused(ASKED.0, ASKED.1);
    assert!(Socket::try_connect(&stranger, "/room").await.is_none());
    for path in [
        "/rules",
        "/.well-known/security.txt",
        "/healthz",
        "/readyz",
        "/manifest.webmanifest",
        "/sw.js",
        "/offline/en",
        "/favicon.ico",
        "/robots.txt",
    ] {
        stranger.get(path).await.ok();
    }
    // One who chooses a language before the door stays there.
    let switched = stranger.get(&format!("/room/{room}?lang=ko")).await;
    assert_eq!(switched.header("location"), Some(format!("/room/{room}").as_str()));
    assert!(stranger.get("/").await.text().contains("잠겨 있는 사이트예요"));
}

#[tokio::test]
async fn who_gives_the_password_of_the_site_is_let_in_and_remembered_until_it_changes() {
    let (folder, path) = file("password", b"open sesame");
    let mut app = TestApp::with(&["--site-password-file", &path]).await;
    let visitor = app.stranger();
    for (back, leads) in [
        ("/room?x=1", "/room?x=1"),
        ("//other.example", "/"),
        ("/\\other.example", "/"),
        ("https://other.example", "/"),
        ("", "/"),
    ] {
        let fields = [("password", "open sesame"), ("back", back)];
        let answer = visitor.post_form("/door", &fields).await;
        assert_eq!((answer.status, answer.header("location")), (303, Some(leads)), "{back}");
    }
    visitor.get("/").await.ok();
    let room = visitor.create_room("cats").await;
    visitor.join(&room).await.post("hello").await;
    assert!(
        !app.bytes_stored()
            .await
            .windows(11)
            .any(|bytes| bytes == b"open sesame")
    );

    // Somebody else with the pass of another session has none.
    let other = app.stranger();
    other
        .post_json("/door", json!({ "password": "open sesam" }))
        .await
        .refused(403, "wrong_password");
    other.post_json("/door", json!({})).await.refused(403, "wrong_password");
    other.get_json("/rooms").await.refused(ASKED.0, ASKED.1);
    let page = other
        .post_form("/door", &[("password", "wrong"), ("back", "/room\"x")])
        .await;
    assert_eq!(page.status, 403);
    let text = page.text();
    assert!(
        text.contains("Wrong password.") && text.contains("name=\"back\" value=\"/room"),
        "{text}"
    );
    assert!(!text.contains("value=\"wrong\""), "{text}");

    app.restart().await;
    visitor.get("/").await.ok();
    fs::write(folder.path().join("password"), "open barley").unwrap();
    app.restart().await;
    visitor.get_json("/rooms").await.refused(ASKED.0, ASKED.1);
    visitor
        .post_json("/door", json!({ "password": "open sesame" }))
        .await
        .refused(403, "wrong_password");
    let done = visitor
        .post_json("/door", json!({ "password": "open barley" }))
        .await
        .ok();
    assert_eq!(done.json(), json!({ "ok": true }));
    visitor.get("/").await.ok();
}

#[tokio::test]
async fn the_password_of_the_site_is_guessed_no_faster_than_that_of_a_room() {
    let (_folder, path) = file("password", b"open sesame");
    let limit = ["--limit-passwords", "3/10m", "--limit-visitors", "off"];
    let flags = [&["--site-password-file", path.as_str()][..], &limit, &COUNTED].concat();
    let server = Server::alone(&flags).await;
    for _ in 0..3 {
        // Another cookie is no other address.
        let guest = server.stranger();
        guest
            .post_json("/door", json!({ "password": "guess" }))
            .await
            .refused(403, "wrong_password");
    }
    let guest = server.stranger();
    let refused = guest.post_json("/door", json!({ "password": "open sesame" })).await;
    refused.refused(429, "rate_limited");
    assert!(refused.header("retry-after").is_some());
    let page = guest.post_form("/door", &[("password", "guess")]).await;
    assert_eq!(page.status, 429);
    assert!(page.text().contains("Too many passwords or keys were tried"));
    assert_eq!(server.logged(&["password_refused", "/door"]), 3);
    assert!(server.logged(&["limit_hit", "passwords"]) >= 2);
    for word in ["guess", "sesame"] {
        assert_eq!(server.logged(&[word]), 0, "{word}");
    }
}

#[tokio::test]
async fn a_password_of_the_site_that_is_none_is_refused_at_the_start() {
    for text in ["", "\nsecond line", "  \n", &"x".repeat(257)] {
        let (_folder, path) = file("password", text.as_bytes());
        let said = refused_start(&["--site-password-file", &path]).await;
        assert!(said.starts_with(&format!("--site-password-file {path}: ")), "{said}");
        assert!(!said.contains("second") && !said.contains("xxx"), "{said}");
    }
    assert!(
        refused_start(&["--site-password-file", "/nowhere"])
            .await
            .starts_with("--site-password-file /nowhere: ")
    );
}
