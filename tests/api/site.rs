//! What an operator makes of the site: its name, links, rules, and who gets in.

use std::{fs, path::Path};

use serde_json::json;
use tempfile::TempDir;

use crate::support::{TestApp, Visitor};

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
        for path in ["/rooms", "/", "/rooms?limit=100&after="] {
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
    assert_eq!(inside.messages(1).await[0]["chat"], "found it");
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
