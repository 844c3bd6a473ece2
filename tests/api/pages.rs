//! What every answer has, in which language and form, and how long a session lives.

use reqwest::Method;
use serde_json::json;

use crate::{
    fixtures::animated,
    support::{Answer, TestApp, Visitor, raw},
};

/// What stands on every answer, whatever it is.
fn has_safe_headers(answer: &Answer, what: &str) {
    let is = |name: &str, value: &str| assert_eq!(answer.header(name), Some(value), "{name} of {what}");
    is("x-content-type-options", "nosniff");
    is("x-frame-options", "DENY");
    is("referrer-policy", "same-origin");
    is("cross-origin-resource-policy", "same-origin");
    is("cross-origin-opener-policy", "same-origin");
    assert!(answer.header("permissions-policy").is_some(), "{what}");
    let csp = answer
        .header("content-security-policy")
        .unwrap_or_else(|| panic!("no CSP on {what}"));
    assert!(
        csp.contains("default-src 'none'") && !csp.contains("unsafe"),
        "{what}: {csp}"
    );
    assert!(answer.header("cache-control").is_some(), "{what}");
}

fn is_html(answer: &Answer) -> bool {
    answer
        .header("content-type")
        .is_some_and(|kind| kind.starts_with("text/html"))
}

async fn in_language(visitor: &Visitor, path: &str, language: &str) -> Answer {
    let request = visitor
        .plain(Method::GET, path)
        .header("accept", "text/html")
        .header("accept-language", language);
    visitor.send(request).await
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
async fn the_language_is_the_browsers_until_one_is_chosen() {
    let app = TestApp::start().await;
    let visitor = app.visitor().await;
    let korean = in_language(&visitor, "/", "ko-KR,ko;q=0.9,en;q=0.5").await.text();
    assert!(korean.contains("<html lang=\"ko\"") && korean.contains("열린 방"));
    let english = in_language(&visitor, "/", "en;q=0.9, ko;q=0.3").await;
    assert!(english.text().contains("<html lang=\"en\"") && english.text().contains("Open rooms"));
    assert!(
        english
            .header("vary")
            .is_some_and(|vary| vary.to_lowercase().contains("accept-language"))
    );
    assert!(
        in_language(&visitor, "/", "fr")
            .await
            .text()
            .contains("<html lang=\"en\"")
    );
    // Chosen once, it stays, on every page and for refusals too.
    let switch = in_language(&visitor, "/room?lang=ko&x=1", "en").await;
    assert_eq!((switch.status, switch.header("location")), (303, Some("/room?x=1")));
    assert!(
        switch
            .set_cookie("lang")
            .is_some_and(|cookie| cookie.contains("Max-Age=31536000"))
    );
    assert!(
        in_language(&visitor, "/", "en")
            .await
            .text()
            .contains("<html lang=\"ko\"")
    );
    let lost = "00000000000000000000000000000000";
    assert_eq!(visitor.room(lost).await.json()["message"], "존재하지 않는 방입니다.");
    in_language(&visitor, "/?lang=en", "ko").await;
    assert!(
        in_language(&visitor, "/room", "ko")
            .await
            .text()
            .contains("<html lang=\"en\"")
    );
    assert_eq!(visitor.room(lost).await.json()["message"], "This room does not exist.");
}

#[tokio::test]
async fn the_language_switch_leads_to_no_other_site() {
    let app = TestApp::start().await;
    for path in [
        "//evil.example/?lang=ko",
        "/%5Cevil.example?lang=ko",
        "/\\evil.example?lang=ko",
        "/room//x?lang=ko",
    ] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: gifchat\r\nConnection: close\r\n\r\n");
        let answer = raw::exchange(app.address(), request.as_bytes()).await;
        let location = answer.lines().find(|line| line.to_lowercase().starts_with("location:"));
        assert_eq!(location, None, "{path}");
    }
}

#[tokio::test]
async fn the_language_of_a_socket_is_that_of_its_handshake() {
    let app = TestApp::start().await;
    let visitor = app.visitor().await;
    visitor.get("/?lang=ko").await;
    let mut socket = visitor.connect("/chat").await;
    let refused = socket.ask("join", "00000000000000000000000000000000").await;
    assert_eq!(refused["message"], "존재하지 않는 방입니다.");
}

#[tokio::test]
async fn safe_headers_stand_on_every_answer() {
    let app = TestApp::start().await;
    let visitor = app.visitor().await;
    let room = visitor.create_room("방").await;
    let _socket = visitor.join(&room).await;
    let gif = visitor.upload(&room, animated(8, 8, 2)).await.ok().json();
    let gif = gif["gif"].as_str().unwrap();
    let page = visitor.get("/").await.text();
    let style = page
        .split_once("rel=\"stylesheet\" href=\"")
        .unwrap()
        .1
        .split_once('"')
        .unwrap()
        .0
        .to_owned();
    let paths = [
        "/".to_owned(),
        "/room".to_owned(),
        format!("/room/{room}"),
        "/rooms".to_owned(),
        format!("/room/{room}/messages"),
        format!("/gif/{gif}"),
        format!("/gif/{gif}/still"),
        format!("/visitor/{}.svg", visitor.id),
        style,
        "/healthz".to_owned(),
        "/readyz".to_owned(),
        "/robots.txt".to_owned(),
        "/sheets/en/owner".to_owned(),
        "/sheets/en/unknown".to_owned(),
        "/socket.io/?EIO=4&transport=polling".to_owned(),
        "/socket.io/?EIO=4&transport=polling&sid=unknown".to_owned(),
        "/socket.io/?EIO=3&transport=nonsense".to_owned(),
        "/nothing/here".to_owned(),
        "/room/unknown".to_owned(),
        "/gif/../x".to_owned(),
        "/gif/unknown.gif".to_owned(),
        "/assets/x/css/none.css".to_owned(),
    ];
    for path in &paths {
        has_safe_headers(&visitor.get(path).await, path);
        has_safe_headers(&visitor.get_json(path).await, path);
        has_safe_headers(&visitor.send(visitor.plain(Method::OPTIONS, path)).await, path);
        has_safe_headers(&visitor.send(visitor.plain(Method::DELETE, path)).await, path);
    }
    let foreign = visitor
        .plain(Method::POST, "/room")
        .header("origin", "https://evil.example");
    has_safe_headers(&visitor.send(foreign).await, "a foreign request");
}

#[tokio::test]
async fn the_session_cookie_is_for_this_site_and_no_script() {
    let app = TestApp::start().await;
    let first = app.stranger().get("/").await;
    let cookie = first.set_cookie("gifchat").unwrap();
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.split("; ").any(|part| part == attribute), "{cookie}");
    }
    assert!(!cookie.contains("Secure") && !cookie.contains("Domain"), "{cookie}");
    assert!(first.header("strict-transport-security").is_none());
    // 128 bits or more, and nothing of the visitor in it.
    assert!(
        cookie.split(';').next().unwrap().len() >= "gifchat=".len() + 22,
        "{cookie}"
    );
}

#[tokio::test]
async fn under_https_the_cookie_is_secure_and_bound_to_the_host() {
    let app = TestApp::with(&["--public-url", "https://chat.example"]).await;
    let first = app.stranger().get("/").await;
    let cookie = first.set_cookie("__Host-gifchat").unwrap();
    for attribute in ["Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.split("; ").any(|part| part == attribute), "{cookie}");
    }
    assert!(
        first
            .header("strict-transport-security")
            .is_some_and(|value| value.starts_with("max-age="))
    );
}

#[tokio::test]
async fn a_session_lives_an_hour_at_first_and_a_week_from_its_second_request() {
    let app = TestApp::start().await;
    let visitor = app.stranger();
    let life = |answer: &Answer| {
        let cookie = answer.set_cookie("gifchat")?;
        let age = cookie.split("; ").find_map(|part| part.strip_prefix("Max-Age="))?;
        Some(age.parse::<i64>().unwrap())
    };
    let first = life(&visitor.get("/").await).unwrap();
    assert!((3_590..=3_600).contains(&first), "{first}");
    let second = life(&visitor.get("/").await).unwrap();
    assert!((604_790..=604_800).contains(&second), "{second}");
    assert_eq!(life(&visitor.get("/").await), None, "a session is written once a day");
}

#[tokio::test]
async fn a_session_that_nobody_came_back_to_is_over_after_its_time() {
    let app = TestApp::with(&["--new-session-life", "2s"]).await;
    let visitor = app.stranger();
    let first = visitor.look_in_the_mirror().await;
    let cookie = visitor.cookie().unwrap();
    let later = app.stranger();
    later.set_cookie(&cookie);
    // Only looking: a page that makes a session would prolong this one.
    let known = async || later.get("/nothing/here").await.text().contains(&first.1);
    assert!(known().await);
    crate::support::eventually("the session is over", async || (!known().await).then_some(())).await;
}

#[tokio::test]
async fn a_visitor_keeps_id_and_colour_over_a_restart() {
    let mut app = TestApp::start().await;
    let visitor = app.visitor().await;
    visitor.get("/").await;
    let before = visitor.look_in_the_mirror().await;
    app.restart().await;
    assert_eq!(visitor.look_in_the_mirror().await, before);
    assert_eq!(before, (visitor.id.clone(), visitor.color.clone()));
    let mut socket = visitor.connect("/chat").await;
    let room = visitor.create_room("방").await;
    assert_eq!(socket.join(&room).await["you"]["id"], json!(visitor.id));
}

#[tokio::test]
async fn strangers_get_different_ids_and_a_colour_in_hex() {
    let app = TestApp::start().await;
    let mut ids = std::collections::HashSet::new();
    for _ in 0..20 {
        let visitor = app.visitor().await;
        assert!(
            visitor.color.len() == 7 && visitor.color.starts_with('#'),
            "{}",
            visitor.color
        );
        assert!(visitor.color[1..].bytes().all(|byte| byte.is_ascii_hexdigit()));
        assert_eq!(visitor.id.len(), 16);
        assert!(!visitor.cookie().unwrap().contains(&visitor.id));
        assert!(ids.insert(visitor.id));
    }
}

#[tokio::test]
async fn a_cookie_that_means_nothing_is_replaced() {
    let app = TestApp::start().await;
    for cookie in [
        "gifchat=x",
        "gifchat=",
        "gifchat=AAAAAAAAAAAAAAAAAAAAAA",
        "gifchat=\"; lang=ko",
    ] {
        let request = format!("GET / HTTP/1.1\r\nHost: gifchat\r\nConnection: close\r\nCookie: {cookie}\r\n\r\n");
        let answer = raw::exchange(app.address(), request.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{cookie}: {answer}");
        assert!(
            answer.to_lowercase().contains("set-cookie: gifchat="),
            "{cookie}: {answer}"
        );
    }
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
async fn a_sheet_comes_in_its_language_with_what_its_script_says() {
    let app = TestApp::start().await;
    let visitor = app.visitor().await;
    for (name, english, korean) in [
        ("owner", "Save", "저장"),
        ("tray", "Lately sent here", "이 방에서 최근에 보낸 GIF"),
        ("whisper", "Remove the GIF", "GIF 빼기"),
        ("invite", "Copy the link", "링크 복사"),
        ("reports", "What is wrong with it?", "무엇이 문제인가요?"),
    ] {
        let [en, ko] = [
            visitor.get_json(&format!("/sheets/en/{name}")).await,
            visitor.get_json(&format!("/sheets/ko/{name}")).await,
        ];
        for (answer, word) in [(&en, english), (&ko, korean)] {
            assert_eq!(answer.status, 200, "{name}");
            let sheet = answer.json();
            let html = sheet["html"].as_str().unwrap();
            assert!(html.contains("<dialog") && html.contains(word), "{name}: {html}");
            assert!(
                sheet["texts"].as_object().is_some_and(|texts| !texts.is_empty()),
                "{name}"
            );
        }
        assert_ne!(en.text(), ko.text(), "{name}");
    }
    for wrong in ["/sheets/en/unknown", "/sheets/xx/tray"] {
        visitor.get_json(wrong).await.refused(404, "page_not_found");
    }
}

#[tokio::test]
async fn the_list_shows_the_error_of_its_code_and_no_free_text() {
    let app = TestApp::start().await;
    let visitor = app.visitor().await;
    let full = in_language(&visitor, "/?error=room_full", "ko").await.text();
    assert!(full.contains("error-message") && full.contains("허용 인원이 초과하였습니다."));
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
async fn assets_are_kept_for_ever_under_the_hash_of_their_content() {
    let app = TestApp::start().await;
    let visitor = app.visitor().await;
    let page = visitor.get("/").await.text();
    let links: Vec<_> = page
        .split('"')
        .filter(|part| part.starts_with("/assets/"))
        .map(String::from)
        .collect();
    assert!(links.len() >= 3, "{links:?}");
    for link in &links {
        let link = link.split('#').next().unwrap();
        let asset = visitor.get(link).await.ok();
        assert_eq!(
            asset.header("cache-control"),
            Some("public, max-age=31536000, immutable"),
            "{link}"
        );
        let tag = asset.header("etag").unwrap().to_owned();
        let again = visitor
            .send(visitor.plain(Method::GET, link).header("if-none-match", &tag))
            .await;
        assert_eq!((again.status, again.body.len()), (304, 0), "{link}");
        let other = visitor
            .send(visitor.plain(Method::GET, link).header("if-none-match", "\"other\""))
            .await;
        assert_eq!(other.status, 200, "{link}");
    }
    // A page of before an update still gets today's file, but may not keep it.
    let (hash, path) = links[0].trim_start_matches("/assets/").split_once('/').unwrap();
    let old = visitor
        .get(&format!(
            "/assets/{}/{path}",
            hash.replace(|c: char| c.is_ascii_digit(), "f") + "0"
        ))
        .await;
    assert_eq!((old.status, old.header("cache-control")), (200, Some("no-cache")));
    for wrong in [
        "../Cargo.toml",
        "..%2FCargo.toml",
        "css/../../Cargo.toml",
        "%2e%2e/Cargo.toml",
    ] {
        assert_eq!(
            visitor.get(&format!("/assets/{hash}/{wrong}")).await.status,
            404,
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn text_is_compressed_and_gifs_are_not() {
    let app = TestApp::start().await;
    let visitor = app.visitor().await;
    let room = visitor.create_room("방").await;
    let _socket = visitor.join(&room).await;
    let gif = visitor.upload(&room, animated(64, 64, 20)).await.ok().json();
    let encoding = async |path: &str, accepted: &str| {
        let request = visitor.plain(Method::GET, path).header("accept-encoding", accepted);
        visitor
            .send(request)
            .await
            .ok()
            .header("content-encoding")
            .map(String::from)
    };
    assert_eq!(encoding("/", "gzip").await.as_deref(), Some("gzip"));
    assert_eq!(encoding("/", "br, gzip").await.as_deref(), Some("br"));
    assert_eq!(encoding("/", "identity").await, None);
    let page = visitor.get("/").await.text();
    let style = page
        .split_once("rel=\"stylesheet\" href=\"")
        .unwrap()
        .1
        .split_once('"')
        .unwrap()
        .0;
    for (accepted, got) in [
        ("br", "br"),
        ("gzip;q=1, br;q=0.5", "br"),
        ("gzip, br;q=0", "gzip"),
        ("gzip", "gzip"),
    ] {
        assert_eq!(encoding(style, accepted).await.as_deref(), Some(got), "{accepted}");
    }
    assert_eq!(
        encoding(&format!("/room/{room}"), "gzip").await.as_deref(),
        Some("gzip")
    );
    assert_eq!(
        encoding(&format!("/gif/{}", gif["gif"].as_str().unwrap()), "br, gzip").await,
        None
    );
}

#[tokio::test]
async fn a_page_has_one_script_with_all_that_it_imports() {
    let app = TestApp::start().await;
    let visitor = app.visitor().await;
    let room = visitor.create_room("방").await;
    for (path, class) in [
        ("/".to_owned(), "class RoomListView"),
        (format!("/room/{room}"), "class MessageList"),
    ] {
        let page = visitor.get(&path).await.text();
        let scripts: Vec<_> = page.split("<script type=\"module\" src=\"").skip(1).collect();
        assert_eq!(scripts.len(), 1, "{path}");
        let script = visitor.get(scripts[0].split('"').next().unwrap()).await.ok();
        assert!(
            script
                .header("vary")
                .is_some_and(|vary| vary.contains("accept-encoding"))
        );
        let text = script.text();
        assert!(text.contains(class), "{path}");
        assert!(!text.contains("\nimport ") && !text.contains("\n//"), "{path}");
    }
}

#[tokio::test]
async fn no_page_loads_anything_from_another_host_or_runs_inline_script() {
    let app = TestApp::start().await;
    let visitor = app.visitor().await;
    let room = visitor.create_room("방").await;
    for path in ["/", "/room", &format!("/room/{room}"), "/nothing"] {
        let page = visitor.get(path).await.text();
        assert!(
            !page.contains("https://") && !page.contains("src=\"//") && !page.contains("href=\"//"),
            "{path}"
        );
        assert!(
            !page.contains(" style=") && !page.contains("<style") && !page.contains(" onclick="),
            "{path}"
        );
        for script in page.split("<script").skip(1) {
            let tag = script.split('>').next().unwrap();
            assert!(
                tag.contains("src=\"/assets/") || tag.contains("application/json"),
                "{path}: {tag}"
            );
        }
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
async fn a_mark_is_an_svg_that_may_be_kept() {
    let app = TestApp::start().await;
    let visitor = app.visitor().await;
    let path = format!("/visitor/{}.svg", visitor.id);
    let mark = visitor.get(&path).await.ok();
    assert_eq!(mark.header("content-type"), Some("image/svg+xml"));
    assert!(
        mark.header("cache-control")
            .is_some_and(|value| value.contains("immutable"))
    );
    assert!(mark.text().starts_with("<svg") && !mark.text().contains("script"));
    assert_eq!(visitor.get(&path).await.body, mark.body);
    for wrong in [
        "/visitor/x.svg",
        "/visitor/0123456789abcdeF.svg",
        "/visitor/0123456789abcdef.png",
    ] {
        assert_eq!(visitor.get(wrong).await.status, 404, "{wrong}");
    }
}
