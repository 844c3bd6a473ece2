//! The site as something to install: manifest, icons, service worker, the page to show without a line, shared GIFs.

use reqwest::{
    Method,
    multipart::{Form, Part},
};
use serde_json::{Value, json};

use crate::{
    language::in_language,
    support::{TestApp, Visitor},
};

#[tokio::test]
async fn the_manifest_comes_in_the_language_of_the_reader_and_every_page_links_it() {
    let app = TestApp::start().await;
    let visitor = app.visitor().await;
    let room = visitor.create_room("방").await;
    let locked = app.visitor().await;
    let locked = locked
        .create_room_of(json!({ "title": "잠긴 방", "password": "sesame" }))
        .await;
    for path in [
        "/",
        "/room",
        "/share",
        "/nothing",
        &format!("/room/{room}"),
        &format!("/room/{locked}"),
    ] {
        let page = visitor.get(path).await.text();
        let link = "<link rel=\"manifest\" href=\"/manifest.webmanifest\" crossorigin=\"use-credentials\">";
        assert_eq!(page.matches(link).count(), 1, "{path}");
    }
    let english = in_language(&visitor, "/manifest.webmanifest", "en-US").await.ok();
    let korean = in_language(&visitor, "/manifest.webmanifest", "ko-KR").await.ok();
    for (answer, lang, words) in [(&english, "en", "Chat in GIFs"), (&korean, "ko", "익명 채팅")] {
        assert_eq!(answer.header("content-type"), Some("application/manifest+json"));
        assert_eq!(answer.header("cache-control"), Some("no-cache"));
        let vary = answer.header("vary").unwrap().to_lowercase();
        assert!(vary.contains("accept-language") && vary.contains("cookie"), "{vary}");
        let manifest = answer.json();
        assert_eq!(manifest["lang"], lang);
        assert!(manifest["description"].as_str().unwrap().contains(words), "{manifest}");
        for (member, value) in [
            ("id", "/"),
            ("name", "gifchat"),
            ("short_name", "gifchat"),
            ("start_url", "/"),
            ("scope", "/"),
            ("display", "standalone"),
        ] {
            assert_eq!(manifest[member], value, "{member}");
        }
        assert!(manifest["theme_color"].is_string() && manifest["background_color"].is_string());
        let target = &manifest["share_target"];
        assert_eq!(target["action"], "/share");
        assert_eq!(
            (&target["method"], &target["enctype"]),
            (&json!("POST"), &json!("multipart/form-data"))
        );
        assert_eq!(
            target["params"],
            json!({ "files": [{ "name": "gif", "accept": ["image/gif"] }] })
        );
    }
    // What was chosen counts more than what the browser prefers.
    visitor.get("/?lang=ko").await;
    let chosen = in_language(&visitor, "/manifest.webmanifest", "en-US")
        .await
        .ok()
        .json();
    assert_eq!(chosen["lang"], "ko");
}

#[tokio::test]
async fn the_icons_of_the_manifest_have_the_sizes_it_says() {
    let app = TestApp::start().await;
    let stranger = app.stranger();
    let manifest = stranger.get("/manifest.webmanifest").await.ok().json();
    let mut found = Vec::new();
    for icon in manifest["icons"].as_array().unwrap() {
        let of = |member: &str| icon[member].as_str().unwrap().to_owned();
        let file = stranger.get(&of("src")).await.ok();
        assert_eq!(file.header("content-type"), Some(of("type").as_str()), "{icon}");
        assert_eq!(file.header("cache-control"), Some("public, max-age=86400"), "{icon}");
        assert!(file.set_cookie("gifchat").is_none(), "{icon}");
        if of("type") == "image/png" {
            // The header of a PNG: 8 bytes of signature, then length and name of the first chunk, width and height.
            let number = |at: usize| u32::from_be_bytes(file.body[at..at + 4].try_into().unwrap());
            assert_eq!(of("sizes"), format!("{}x{}", number(16), number(20)), "{icon}");
        } else {
            assert!(file.text().starts_with("<svg "), "{icon}");
        }
        found.push(format!("{} {}", of("purpose"), of("sizes")));
    }
    for wanted in [
        "any any",
        "any 192x192",
        "any 512x512",
        "maskable 192x192",
        "maskable 512x512",
    ] {
        assert!(found.iter().any(|one| one == wanted), "{wanted}: {found:?}");
    }
    stranger
        .get_json("/icons/any-64.png")
        .await
        .refused(404, "page_not_found");
}

#[tokio::test]
async fn the_service_worker_is_one_script_of_this_version_that_is_asked_for_each_time() {
    let app = TestApp::start().await;
    let stranger = app.stranger();
    let page = stranger.get("/").await.text();
    let version = page.split_once("/assets/").unwrap().1.split('/').next().unwrap();
    let worker = stranger.get("/sw.js").await.ok();
    assert_eq!(worker.header("content-type"), Some("text/javascript; charset=utf-8"));
    assert_eq!(worker.header("cache-control"), Some("no-cache"));
    assert_eq!(
        worker.header("content-security-policy"),
        Some("default-src 'none'; connect-src 'self'")
    );
    let script = worker.text();
    assert!(
        script.starts_with(&format!("const VERSION=\"{version}\";\n")),
        "{script}"
    );
    assert!(
        !script.contains("\nimport ") && !script.contains("\nexport "),
        "a classic script"
    );
    let tag = worker.header("etag").unwrap();
    let again = stranger
        .send(stranger.plain(Method::GET, "/sw.js").header("if-none-match", tag))
        .await;
    assert_eq!((again.status, again.body.len()), (304, 0));
}

#[tokio::test]
async fn the_offline_page_is_the_same_for_everybody_and_needs_nothing_from_elsewhere() {
    let app = TestApp::start().await;
    let visitor = app.visitor().await;
    visitor.get("/?lang=ko").await;
    visitor.set_cookie("theme=dark");
    for (lang, words) in [("en", "reach the server right now."), ("ko", "서버에 연결할 수 없어요")] {
        let path = format!("/offline/{lang}");
        let page = app.stranger().get(&path).await.ok();
        assert!(page.header("set-cookie").is_none(), "{path}");
        assert_eq!(page.header("cache-control"), Some("no-cache"));
        let text = page.text();
        assert!(text.contains(&format!("<html lang=\"{lang}\"")) && text.contains(words));
        assert_eq!(text, visitor.get(&path).await.ok().text(), "it is nobody's");
        assert!(!text.contains("/visitor/") && !text.contains("data-theme"), "{text}");
        let parts = text.split(['"', '#']).filter(|part| part.starts_with("/offline/"));
        let parts: Vec<_> = parts.collect();
        assert!(parts.len() >= 4, "{parts:?}");
        for part in parts {
            app.stranger().get(part).await.ok();
        }
        for part in ["/assets/", " style=", "<style", "onclick"] {
            assert!(!text.contains(part), "{part}");
        }
    }
    visitor.get_json("/offline/xx").await.refused(404, "page_not_found");
    visitor
        .get_json("/offline/x/css/none.css")
        .await
        .refused(404, "page_not_found");
}

#[tokio::test]
async fn a_page_may_have_a_worker_and_a_manifest_and_what_is_no_page_may_do_nothing() {
    let app = TestApp::start().await;
    let visitor = app.visitor().await;
    let page = visitor.get("/").await;
    let csp = page.header("content-security-policy").unwrap();
    for part in [
        "worker-src 'self'",
        "manifest-src 'self'",
        "script-src 'self'",
        "default-src 'none'",
    ] {
        assert!(csp.contains(part), "{part}: {csp}");
    }
    let script = page.text().split_once("type=\"module\" src=\"").unwrap().1.to_owned();
    for path in [script.split('"').next().unwrap(), "/manifest.webmanifest", "/rooms"] {
        let answer = visitor.get(path).await.ok();
        assert_eq!(
            answer.header("content-security-policy"),
            Some("default-src 'none'; frame-ancestors 'none'"),
            "{path}"
        );
    }
}

/// Shares a file of so many bytes without a service worker, as if from a page of this site or from elsewhere.
async fn share(visitor: &Visitor, bytes: usize, from: &str) -> (u16, Option<String>) {
    let form = Form::new().part("gif", Part::bytes(vec![0; bytes]).file_name("cat.gif"));
    let request = visitor.plain(Method::POST, "/share").header("accept", "text/html");
    let answer = visitor
        .send(request.header("sec-fetch-site", from).multipart(form))
        .await;
    (answer.status, answer.header("location").map(String::from))
}

#[tokio::test]
async fn what_no_service_worker_takes_is_dropped_and_a_page_says_what_to_do() {
    let app = TestApp::start().await;
    let visitor = app.visitor().await;
    for from in ["none", "same-origin", "cross-site"] {
        assert_eq!(
            share(&visitor, 2_000_000, from).await,
            (303, Some("/share".to_owned())),
            "{from}"
        );
    }
    let alone = visitor.get("/share").await.ok().text();
    assert!(alone.contains("re not in a room right now") && alone.contains("href=\"/\""));
    let room = visitor.create_room("방").await;
    let _socket = visitor.join(&room).await;
    let lost = visitor.get("/share").await.ok().text();
    let held = visitor.get("/share?held").await.ok().text();
    for (page, title, hidden) in [
        (&lost, "get here", "id=\"share-held\" hidden"),
        (&held, "Choose a room", "id=\"share-lost\" hidden"),
    ] {
        assert!(
            page.contains(&format!("{title} – gifchat</title>")) && page.contains(hidden),
            "{title}"
        );
    }
    assert!(app.files().is_empty());
}

#[tokio::test]
async fn a_gif_is_shared_with_the_rooms_that_one_is_in_and_with_no_others() {
    let app = TestApp::start().await;
    let (visitor, other) = (app.visitor().await, app.visitor().await);
    let rooms = async |visitor: &Visitor| {
        let list = visitor.get_json("/share").await.ok().json();
        assert_eq!(list["count"], list["data"].as_array().unwrap().len());
        let ids = list["data"].as_array().unwrap().iter().map(|room| room["_id"].clone());
        ids.collect::<Vec<Value>>()
    };
    // Who has made a room is not in it yet.
    let [first, second, left] = [
        visitor.create_room("하나").await,
        other.create_room("둘").await,
        other.create_room("셋").await,
    ];
    assert!(rooms(&visitor).await.is_empty());
    let _first = visitor.join(&first).await;
    let _second = visitor.join(&second).await;
    let mut third = visitor.join(&left).await;
    let _others = other.join(&left).await;
    assert_eq!(rooms(&visitor).await, [left.clone(), second.clone(), first.clone()]);
    third.ask("leave", Value::Null).await;
    assert_eq!(rooms(&visitor).await, [second.clone(), first.clone()]);
    assert_eq!(rooms(&other).await, [left]);
    assert!(rooms(&app.stranger()).await.is_empty());
    let page = visitor.get("/share?held").await.ok().text();
    assert!(page.contains(&format!("href=\"/room/{first}\"")) && page.contains(&format!("href=\"/room/{second}\"")));
    assert!(page.contains("하나") && !page.contains("셋"));
}
