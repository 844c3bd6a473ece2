//! Who a visitor is, and for how long.

use serde_json::json;

use crate::support::{Answer, TestApp, raw};

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
async fn a_visitor_is_written_down_in_a_file_when_they_come_back_or_own_something() {
    let mut app = TestApp::start().await;
    let known = async |id: &str| {
        app.bytes_stored()
            .await
            .windows(id.len())
            .any(|found| found == id.as_bytes())
    };
    let (passing, staying) = (app.stranger(), app.stranger());
    let (first, second) = (passing.look_in_the_mirror().await, staying.look_in_the_mirror().await);
    // Servers that share a database hand visitors over to each other between two requests.
    let shared = app.sqlite().is_none();
    assert_eq!((known(&first.0).await, known(&second.0).await), (shared, shared));
    let _socket = staying.connect("/room").await;
    assert!(known(&second.0).await, "a socket brings the cookie back");
    assert_eq!(staying.look_in_the_mirror().await, second);
    // The first request of somebody who makes a room.
    let owner = app.stranger();
    let room = owner.create_room("방").await;
    app.restart().await;
    assert_eq!(staying.look_in_the_mirror().await, second);
    assert_eq!(passing.look_in_the_mirror().await == first, shared);
    owner.delete(&room).await.ok();
}

#[tokio::test]
async fn the_id_in_the_cookie_is_nowhere_in_the_store() {
    let mut app = TestApp::start().await;
    let visitor = app.visitor().await;
    let first = visitor.cookie().unwrap();
    visitor.get("/").await;
    let room = visitor
        .create_room_of(json!({ "title": "방", "password": "열려라" }))
        .await;
    let other = app.visitor().await;
    let before = other.cookie().unwrap();
    other.unlock(&room, "열려라").await.ok();
    let rotated = other.cookie().unwrap();
    assert_ne!(before, rotated);
    for running in [true, false] {
        let kept = app.bytes_stored().await;
        let holds = |bytes: &[u8]| kept.windows(bytes.len()).any(|window| window == bytes);
        // The visitor that a session is about is there, in whatever form the store keeps it.
        assert!(holds(visitor.id.as_bytes()));
        for cookie in [&first, &before, &rotated] {
            let id = cookie.split_once('=').unwrap().1;
            assert!(id.len() >= 22 && !holds(id.as_bytes()), "{id} is in the store");
            let id: i128 = id.parse::<tower_sessions::session::Id>().unwrap().0;
            assert!(!holds(&id.to_le_bytes()) && !holds(&id.to_be_bytes()));
        }
        if running {
            app.stop().await;
        }
    }
    app.resume().await;
    assert_eq!(visitor.look_in_the_mirror().await.0, visitor.id);
    assert_eq!(other.look_in_the_mirror().await.0, other.id);
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
        "/visitor/0123456789abcdef.gif",
        "/visitor/0123456789abcdef",
    ] {
        assert_eq!(visitor.get(wrong).await.status, 404, "{wrong}");
    }
}

#[tokio::test]
async fn a_mark_is_a_png_too_for_home_screens_and_cards() {
    let app = TestApp::start().await;
    let visitor = app.visitor().await;
    for path in [format!("/visitor/{}.png", visitor.id), "/favicon.ico".into()] {
        let mark = app.stranger().get(&path).await.ok();
        assert_eq!(mark.header("content-type"), Some("image/png"));
        assert_eq!(mark.header("set-cookie"), None, "a file begins no session");
        // The signature, the header of the first chunk, width and height.
        assert!(mark.body.starts_with(b"\x89PNG\r\n\x1a\n"), "{path}");
        assert_eq!(mark.body[16..24], [0, 0, 2, 0, 0, 0, 2, 0], "512 by 512");
        assert!(mark.body.len() < 40_000, "{}", mark.body.len());
    }
}
