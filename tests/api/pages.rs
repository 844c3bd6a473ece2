//! Pages and their errors: as HTML for people, as JSON for scripts, and with what visitors wrote as text.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    fixtures::animated,
    language::in_language,
    support::{Answer, TestApp},
};

fn is_html(answer: &Answer) -> bool {
    answer
        .header("content-type")
        .is_some_and(|kind| kind.starts_with("text/html"))
}

#[tokio::test]
async fn every_page_comes_as_html_and_what_has_data_as_json_too() {
    let app = TestApp::start().await;
    let visitor = app.visitor().await;
    let room = visitor.create_room("방 하나").await;
    let page = format!("/room/{room}");
    for (path, part) in [
        ("/", "data-id="),
        ("/room", "name=\"password\""),
        (page.as_str(), "id=\"chat-list\""),
    ] {
        let html = visitor.get(path).await.ok();
        assert!(is_html(&html), "{path}");
        assert!(
            html.text().starts_with("<!DOCTYPE html>") && html.text().contains(part),
            "{path}"
        );
    }
    let main = visitor.get("/").await.text();
    assert!(main.contains("join-btn") && main.contains(&room) && main.contains("방 하나"));
    let form = visitor.get("/room").await.text();
    assert!(
        ["title", "max", "password"]
            .iter()
            .all(|name| form.contains(&format!("name=\"{name}\"")))
    );
    let chat = visitor.get(&page).await.text();
    for id in ["chat-list", "chat-form", "chat", "gif", "exit-btn"] {
        assert!(chat.contains(&format!("id=\"{id}\"")), "{id}");
    }
    let list = visitor.get_json("/").await.ok().json();
    assert_eq!(list, visitor.get_json("/rooms").await.ok().json());
    assert_eq!(list["data"][0]["_id"], json!(room));
    assert_eq!(visitor.room(&room).await.ok().json()["title"], "방 하나");
}

#[tokio::test]
async fn a_room_shows_its_messages_and_marks_ones_own() {
    let app = TestApp::start().await;
    let (visitor, other) = (app.visitor().await, app.visitor().await);
    let room = visitor.create_room("방").await;
    let (mut socket, mut others) = (visitor.join(&room).await, other.join(&room).await);
    let mine = socket.post("내 글").await;
    others.post("남의 글").await;
    let page = visitor.get(&format!("/room/{room}")).await.ok().text();
    let (own, foreign) = page.split_once("남의 글").unwrap().0.rsplit_once("data-id=").unwrap();
    assert!(own.contains("내 글") && own.contains("class=\"message mine"));
    assert!(own.contains(mine["_id"].as_str().unwrap()) && own.contains("data-seq=\"3\""));
    assert!(own.contains("data-state=\"sent\"") && own.contains("message other"));
    assert!(foreign.contains("data-seq=\"4\""));
}

#[tokio::test]
async fn a_room_says_that_nobody_has_spoken_only_when_nobody_has() {
    let app = TestApp::start().await;
    let (visitor, other) = (app.visitor().await, app.visitor().await);
    let room = visitor.create_room("방").await;
    let mut socket = visitor.join(&room).await;
    let silence = async || {
        let page = visitor.get(&format!("/room/{room}")).await.ok().text();
        let (_, line) = page.split_once("id=\"silence\"").unwrap();
        !line.starts_with(" hidden")
    };
    assert!(silence().await);
    socket.post("말").await;
    assert!(!silence().await);
    // More lines than a page holds come between.
    let mut others = other.join(&room).await;
    for _ in 0..25 {
        assert_eq!(others.ask("leave", Value::Null).await["ok"], true);
        assert_eq!(others.ask("join", json!(room)).await["ok"], true);
    }
    assert!(!silence().await);
}

#[tokio::test]
async fn errors_are_pages_for_people_and_json_for_scripts() {
    let app = TestApp::start().await;
    let visitor = app.visitor().await;
    let room = visitor.create_room("방").await;
    let lost = "/room/00000000000000000000000000000000";
    for (method, path, status, code) in [
        (Method::GET, lost, 404, "room_not_found"),
        (Method::GET, "/room/nonsense", 404, "room_not_found"),
        (Method::GET, "/nothing", 404, "page_not_found"),
        (Method::GET, "/gif/nonsense", 404, "page_not_found"),
        (Method::PUT, "/room", 405, "method_not_allowed"),
        (Method::DELETE, lost, 404, "room_not_found"),
    ] {
        let html = visitor
            .send(visitor.plain(method.clone(), path).header("accept", "text/html"))
            .await;
        assert_eq!((html.status, is_html(&html)), (status, true), "{path}");
        assert!(
            html.text().contains("error-message") && html.text().contains(code),
            "{path}"
        );
        visitor.send(visitor.request(method, path)).await.refused(status, code);
    }
    let form = visitor.post_form(&format!("/room/{room}/chat"), &[("chat", "x")]).await;
    assert_eq!((form.status, is_html(&form)), (403, true));
    assert!(form.text().contains("not_a_member"));
}

#[tokio::test]
async fn the_list_shows_the_error_of_its_code_and_no_free_text() {
    let app = TestApp::start().await;
    let visitor = app.visitor().await;
    let full = in_language(&visitor, "/?error=room_full", "ko").await.text();
    assert!(full.contains("error-message") && full.contains("허용 인원을 초과했어요."));
    for unknown in [
        "/?error=no_such_code",
        "/?error=%3Cscript%3Ealert(1)%3C/script%3E",
        "/?error=",
    ] {
        let page = visitor.get(unknown).await.ok().text();
        assert!(
            !page.contains("error-banner") && !page.contains("alert(1)"),
            "{unknown}"
        );
        assert!(!page.contains("no_such_code"));
    }
}

#[tokio::test]
async fn a_full_room_leads_back_to_the_list() {
    let app = TestApp::start().await;
    let visitors = [app.visitor().await, app.visitor().await, app.visitor().await];
    let room = visitors[0].create_room_of(json!({ "title": "둘만", "max": 2 })).await;
    let _sockets = [visitors[0].join(&room).await, visitors[1].join(&room).await];
    let refused = visitors[2].get(&format!("/room/{room}")).await;
    assert_eq!(
        (refused.status, refused.header("location")),
        (303, Some("/?error=room_full"))
    );
    visitors[1].get(&format!("/room/{room}")).await.ok();
}

#[tokio::test]
async fn what_visitors_write_is_text_and_never_markup() {
    const EVIL: &str = "<script>alert(1)</script>\"'&<img src=x onerror=alert(2)>";
    let app = TestApp::start().await;
    let visitor = app.visitor().await;
    let room = visitor.create_room(EVIL).await;
    let mut socket = visitor.join(&room).await;
    socket.post(EVIL).await;
    let form = crate::support::form_of(animated(8, 8, 1)).text("alt", EVIL);
    visitor.upload_form(&room, form).await.ok();
    let again = visitor
        .post_form("/room", &[("title", &EVIL.repeat(3)), ("max", EVIL)])
        .await;
    assert_eq!(again.status, 422);
    let locked = visitor
        .create_room_of(json!({ "title": EVIL, "password": "비밀" }))
        .await;
    let gate = app.visitor().await.get(&format!("/room/{locked}")).await;
    assert_eq!(gate.status, 403);
    for page in [
        visitor.get("/").await,
        visitor.get(&format!("/room/{room}")).await,
        again,
        gate,
    ] {
        let html = page.text();
        assert!(
            !html.contains("<script>alert") && !html.contains("<img src=x"),
            "{html}"
        );
        assert!(html.contains("alert(1)"), "the text itself is shown");
    }
}

#[tokio::test]
async fn the_server_says_whether_it_lives_and_works() {
    let app = TestApp::start().await;
    let visitor = app.stranger();
    for path in ["/healthz", "/readyz"] {
        let answer = visitor.get(path).await;
        assert_eq!((answer.status, answer.text()), (200, "ok".into()), "{path}");
        assert!(answer.set_cookie("gifchat").is_none(), "{path}: a probe is no visitor");
    }
}

#[tokio::test]
async fn a_link_shows_an_open_room_on_other_sites_and_nothing_of_a_locked_one() {
    let app = TestApp::with(&["--public-url", "https://chat.example"]).await;
    let (owner, crawler) = (app.visitor().await, app.stranger());
    let open = owner.create_room("움짤 <방>").await;
    let page = crawler.get(&format!("/room/{open}")).await.ok().text();
    assert!(
        page.contains("property=\"og:title\" content=\"움짤 &#60;방&#62;\""),
        "{page}"
    );
    let image = format!(
        "property=\"og:image\" content=\"https://chat.example/visitor/{}.png\"",
        owner.id
    );
    assert!(page.contains(&image), "{page}");
    let locked = owner
        .create_room_of(json!({ "title": "비밀", "password": "열려라" }))
        .await;
    let page = crawler.get(&format!("/room/{locked}")).await.text();
    assert!(page.contains("property=\"og:title\" content=\"gifchat\""), "{page}");
    for meta in page.split("<meta").skip(1) {
        let meta = meta.split('>').next().unwrap_or_default();
        assert!(!meta.contains("비밀") && !meta.contains(&owner.id), "{meta}");
    }
}
