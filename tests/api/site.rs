//! What an operator makes of the site: its name, links and rules here, who gets in below.

mod keys;
mod password;
mod unlisted;

use std::{fs, path::Path};

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
