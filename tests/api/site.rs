//! What an operator makes of the site: its name, links, rules, and who gets in.

use std::{fs, path::Path};

use serde_json::json;
use tempfile::TempDir;

use crate::support::{COUNTED, Server, Socket, TestApp, Visitor};

/// A file in a folder that goes away with it.
fn file(name: &str, text: &[u8]) -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    let path = path.display().to_string();
    (folder, path)
}

/// Why a server does not start with these flags.
async fn refused_start(flags: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| Path::new(folder.path()).join(name).display().to_string();
    let (store, uploads) = (format!("sqlite:{}", path("x.db")), path("uploads"));
    let fixed = ["gifchat", "--store", &store, "--uploads", &uploads];
    let config = <gifchat::Config as clap::Parser>::parse_from(fixed.iter().chain(flags));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let started = gifchat::app::run(listener, config, std::future::pending()).await;
    started.unwrap_err().to_string()
}

/// The pages of a site that somebody sees who owns this room.
async fn pages(visitor: &Visitor, room: &str) -> Vec<(String, String)> {
    let mut pages = Vec::new();
    for path in [
        "/",
        "/room",
        "/share",
        "/nowhere",
        "/offline/en",
        "/rules",
        &format!("/room/{room}"),
    ] {
        pages.push((path.to_owned(), visitor.get(path).await.text()));
    }
    pages
}

#[tokio::test]
async fn the_name_stands_wherever_the_site_is_named() {
    let (_folder, rules) = file("rules.txt", b"Be kind.");
    let app = TestApp::with(&["--name", "Cats & <Co>", "--rules", &rules]).await;
    let visitor = app.visitor().await;
    let room = visitor.create_room("cats").await;
    let escaped = "Cats &#38; &#60;Co&#62;";
    for (path, page) in pages(&visitor, &room).await {
        assert!(page.contains(&format!(" – {escaped}</title>")), "{path}: {page}");
        assert!(!page.contains("gifchat"), "{path}: {page}");
        assert!(!page.contains("<Co>"), "{path}: {page}");
        let headed = page.contains(&format!("<bdi>{escaped}</bdi></a>"));
        assert_eq!(headed, !path.starts_with("/room/"), "{path}: {page}");
    }
    let card = format!("property=\"og:title\" content=\"{escaped}\"");
    assert!(visitor.get("/").await.text().contains(&card));
    let manifest = visitor.get_json("/manifest.webmanifest").await.ok().json();
    assert_eq!(
        (&manifest["name"], &manifest["short_name"]),
        (&"Cats & <Co>".into(), &"Cats & <Co>".into())
    );
    // The worker keeps the page that shows it: another name is another worker.
    let worker = visitor.get("/sw.js").await.text();
    let other = TestApp::start().await;
    assert_ne!(other.stranger().get("/sw.js").await.text(), worker);
}

#[tokio::test]
async fn links_and_rules_stand_in_the_foot_of_every_page() {
    let (_folder, rules) = file("rules.txt", "Be <b>kind</b>.\n\n1. No spam\n2. 광고 금지\n".as_bytes());
    let flags = [
        "--rules",
        &rules,
        "--link",
        "Imprint=https://chat.example/imprint?a=1&b=2",
    ];
    let app = TestApp::with(&[&flags[..], &["--link", "문의=mailto:ann@chat.example"]].concat()).await;
    let visitor = app.visitor().await;
    let room = visitor.create_room("cats").await;
    for (path, page) in pages(&visitor, &room).await {
        for link in [
            "<a href=\"https://chat.example/imprint?a=1&#38;b=2\" target=\"_blank\" rel=\"noopener noreferrer nofollow\"><bdi>Imprint</bdi></a>",
            "<a href=\"mailto:ann@chat.example\"",
            "<a href=\"/rules\"",
        ] {
            assert!(page.contains(link), "{path}, {link}: {page}");
        }
    }
    let page = app.stranger().get("/rules").await.ok();
    assert!(
        page.set_cookie("gifchat").is_none(),
        "who reads the rules is nobody yet"
    );
    let text = page.text();
    assert!(
        text.contains("<p dir=\"auto\">Be &#60;b&#62;kind&#60;/b&#62;.</p>"),
        "{text}"
    );
    assert!(text.contains("<p dir=\"auto\">1. No spam\n2. 광고 금지</p>"), "{text}");
    let form = visitor.get("/room").await.text();
    assert!(
        form.contains("By making a room you agree to the <a href=\"/rules\""),
        "{form}"
    );
    visitor.get("/?lang=ko").await;
    let form = visitor.get("/room").await.text();
    assert!(form.contains("방을 만들면 <a href=\"/rules\""), "{form}");
}

#[tokio::test]
async fn without_settings_there_are_neither_rules_nor_links_nor_a_contact() {
    let app = TestApp::start().await;
    let visitor = app.visitor().await;
    visitor.get_json("/rules").await.refused(404, "page_not_found");
    visitor
        .get_json("/.well-known/security.txt")
        .await
        .refused(404, "page_not_found");
    let room = visitor.create_room("cats").await;
    for (path, page) in pages(&visitor, &room).await {
        assert!(
            !page.contains("href=\"/rules\"") && !page.contains("class=\"links\""),
            "{path}: {page}"
        );
    }
}

#[tokio::test]
async fn security_txt_says_whom_to_tell_and_never_looks_old() {
    let app = TestApp::with(&["--security-contact", "mailto:security@chat.example"]).await;
    let answer = app.stranger().get("/.well-known/security.txt").await.ok();
    assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
    assert!(answer.set_cookie("gifchat").is_none());
    let text = answer.text();
    let field = |name: &str| {
        text.lines()
            .find_map(|line| line.strip_prefix(&format!("{name}: ")).map(String::from))
    };
    assert_eq!(field("Contact").as_deref(), Some("mailto:security@chat.example"));
    assert_eq!(field("Preferred-Languages").as_deref(), Some("en, ko"));
    assert_eq!(field("Canonical"), None);
    let end: jiff::Timestamp = field("Expires").unwrap().parse().unwrap();
    let days = end.duration_since(jiff::Timestamp::now()).as_hours() / 24;
    assert!((179..=180).contains(&days), "{days}");

    let flags = [
        "--security-contact",
        "https://chat.example/security",
        "--public-url",
        "https://chat.example",
    ];
    let app = TestApp::with(&flags).await;
    let text = app.stranger().get("/.well-known/security.txt").await.ok().text();
    assert!(text.contains("Contact: https://chat.example/security\n"), "{text}");
    assert!(
        text.contains("Canonical: https://chat.example/.well-known/security.txt\n"),
        "{text}"
    );
}

#[tokio::test]
async fn rules_that_are_no_text_are_refused_at_the_start() {
    let (_most, most) = file("rules.txt", "x".repeat(64 << 10).as_bytes());
    let app = TestApp::with(&["--rules", &most]).await;
    app.stranger().get("/rules").await.ok();
    for (text, why) in [
        ("x".repeat((64 << 10) + 1).into_bytes(), "65536 bytes"),
        (b"\xff\xfe".to_vec(), "UTF-8"),
        (b"a\0b".to_vec(), "control characters"),
        (b" \n \n".to_vec(), "empty"),
    ] {
        let (_folder, path) = file("rules.txt", &text);
        let said = refused_start(&["--rules", &path]).await;
        assert!(
            said.starts_with(&format!("--rules {path}: ")) && said.contains(why),
            "{said}"
        );
    }
    let said = refused_start(&["--rules", "/nowhere/rules.txt"]).await;
    assert!(said.starts_with("--rules /nowhere/rules.txt: "), "{said}");
    let links: Vec<_> = (0..11).flat_map(|_| ["--link", "A=/a"]).collect();
    assert!(refused_start(&links).await.starts_with("--link: "));
}

const UNLISTED: [&str; 2] = ["--list", "off"];

#[tokio::test]
async fn a_room_that_is_not_listed_is_found_by_its_address_alone() {
    let mut app = TestApp::with(&UNLISTED).await;
    let (ann, bea) = (app.visitor().await, app.visitor().await);
    let mut lobby = bea.connect("/room").await;
    let room = ann.create_room("a secret party").await;
    let mut inside = ann.join(&room).await;
    ann.patch(&room, json!({ "title": "another party" })).await.ok();
    for someone in [&ann, &bea] {
        for path in ["/rooms", "/", "/rooms?limit=100"] {
            let list = someone.get_json(path).await.ok().json();
            assert_eq!(
                (&list["data"], &list["count"], &list["total"]),
                (&json!([]), &json!(0), &json!(0)),
                "{path}"
            );
            assert_eq!(
                (&list["next"], &list["cursor"]["after"]),
                (&json!(null), &json!(null)),
                "{path}"
            );
        }
        let page = someone.get("/").await.ok().text();
        assert!(!page.contains("party") && !page.contains(&room), "{page}");
        assert!(
            page.contains("Rooms aren&#39;t listed here.") && page.contains("action=\"/open\""),
            "{page}"
        );
    }
    // The share page has those that one is in, and no others.
    assert_eq!(bea.get_json("/share").await.ok().json()["count"], 0);
    assert_eq!(
        ann.get_json("/share").await.ok().json()["data"][0]["_id"],
        room.as_str()
    );
    // By its address it is a room like any other, live as always.
    bea.room(&room).await.ok();
    let mut other = bea.join(&room).await;
    bea.post_chat(&room, "found it").await.ok();
    assert_eq!(inside.messages(2).await[1]["chat"], "found it");
    ann.delete(&room).await.ok();
    assert_eq!(other.wait("removeRoom").await, room.as_str());
    // The last that a server says to every socket: whatever was told of rooms came before.
    app.stop().await;
    lobby.wait("restart").await;
    let heard = lobby.try_events();
    assert!(heard.is_empty(), "{heard:?}");
}

#[tokio::test]
async fn an_address_that_is_typed_leads_to_a_room_or_an_invite() {
    let app = TestApp::with(&UNLISTED).await;
    let visitor = app.visitor().await;
    let room = visitor.create_room("cats").await;
    let token = "0123456789abcdef".repeat(2);
    for (typed, path) in [
        (room.clone(), format!("/room/{room}")),
        (
            format!(" https://chat.example/room/{room}?lang=ko#x "),
            format!("/room/{room}"),
        ),
        (format!("chat.example/room/{room}/"), format!("/room/{room}")),
        (
            format!("https://chat.example/invite/{token}"),
            format!("/invite/{token}"),
        ),
    ] {
        let answer = visitor.post_form("/open", &[("room", &typed)]).await;
        assert_eq!(
            (answer.status, answer.header("location")),
            (303, Some(path.as_str())),
            "{typed}"
        );
    }
    for typed in [
        "",
        "cats",
        "https://other.example/",
        "//other.example",
        "/invite/x",
        "\"><script>",
    ] {
        let page = visitor.post_form("/open", &[("room", typed)]).await;
        assert_eq!(page.status, 422, "{typed}");
        let text = page.text();
        assert!(
            text.contains("id=\"address-error\"") && !text.contains("\"><script>"),
            "{text}"
        );
        visitor
            .post_json("/open", json!({ "room": typed }))
            .await
            .refused(422, "invalid");
    }
}

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
    let gif = ann.upload(&room, crate::fixtures::animated(2, 2, 2)).await.ok().json()["gif"]
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
