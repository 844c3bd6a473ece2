//! Limits by address and visitor: each holds over every way in, and costs nobody else anything.

mod connections;
mod log;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::{
    fixtures::{animated, sized},
    passwords::{PASSWORD, locked},
    support::{Answer, COUNTED, Polling, Server, Socket, TestApp, Visitor, Wire, eventually, in_time, raw},
};

/// A server that counts everybody.
async fn counting(flags: &[&str]) -> TestApp {
    TestApp::with(&[&COUNTED, flags].concat()).await
}

/// Fails unless it is refused by a limit, by a sentence that says when to try again.
#[track_caller]
fn limited(answer: &Answer, says: &str) {
    answer.refused(429, "rate_limited");
    let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!(wait >= 1);
    let sentence = answer.json()["message"].as_str().unwrap().to_owned();
    assert!(
        sentence.contains(says) && sentence.contains(char::is_numeric),
        "{sentence}"
    );
}

/// The same of the answer to an event.
#[track_caller]
fn limited_event(answer: &Value, says: &str) {
    assert_eq!(
        (&answer["ok"], &answer["code"]),
        (&json!(false), &json!("rate_limited")),
        "{answer}"
    );
    assert!(answer["retryAfter"].as_u64().is_some_and(|wait| wait >= 1), "{answer}");
    assert!(
        answer["message"]
            .as_str()
            .is_some_and(|sentence| sentence.contains(says)),
        "{answer}"
    );
}

#[tokio::test]
async fn messages_have_one_budget_over_every_way_to_say_something() {
    let app = counting(&["--limit-messages-visitor", "7/1h"]).await;
    let (ann, bea) = (app.visitor().await, app.visitor().await);
    let room = ann.create_room("방").await;
    let (mut socket, mut other) = (ann.join(&room).await, bea.join(&room).await);
    let (chat, path) = (format!("/room/{room}/chat"), format!("/room/{room}"));
    ann.post_chat(&room, "하나").await.ok();
    assert_eq!(ann.post_form(&chat, &[("chat", "둘")]).await.status, 303);
    let said = socket.post("셋").await;
    let id = said["_id"].as_str().unwrap().to_owned();
    let whisper = json!({ "to": bea.id, "chat": "넷" });
    assert_eq!(socket.ask("whisper", &whisper).await["ok"], true);
    let edit = json!({ "message": id, "chat": "다섯" });
    assert_eq!(socket.ask("edit", &edit).await["ok"], true);
    let react = json!({ "message": id, "emoji": "👍" });
    assert_eq!(socket.ask("react", &react).await["ok"], true);
    ann.upload(&room, animated(20, 20, 2)).await.ok();

    let stored = ann.history(&room).await.len();
    limited(&ann.post_chat(&room, "여덟").await, "message");
    assert_eq!(ann.post_form(&chat, &[("chat", "여덟")]).await.status, 429);
    limited_event(&socket.ask("chat", json!({ "chat": "여덟" })).await, "message");
    limited_event(&socket.ask("whisper", &whisper).await, "message");
    limited_event(&socket.ask("edit", &edit).await, "message");
    limited_event(&socket.ask("react", &react).await, "message");
    limited(&ann.upload(&room, animated(20, 20, 2)).await, "message");
    let patch = ann.request(Method::PATCH, &format!("{path}/messages/{id}"));
    limited(&ann.send(patch.json(&json!({ "chat": "여덟" }))).await, "message");
    let whispers = format!("{path}/whisper");
    limited(&ann.post_json(&whispers, whisper).await, "message");
    assert_eq!(ann.history(&room).await.len(), stored, "nothing is stored");
    // Typing is no message, and others say what they like.
    assert_eq!(socket.ask("typing", json!(null)).await["ok"], true);
    other.post("안녕").await;
}

#[tokio::test]
async fn new_cookies_and_headers_that_a_client_writes_itself_make_no_new_address() {
    let app = counting(&["--limit-rooms", "3/1h", "--limit-rooms-visitor", "off"]).await;
    let forms = [
        "203.0.113.1",
        "::ffff:203.0.113.2",
        "2001:db8::1",
        "unknown",
        "",
        "for=203.0.113.3",
    ];
    let mut made = 0;
    for form in forms {
        let visitor = app.visitor().await.behind_proxy(form);
        let room = visitor.post_json("/room", json!({ "title": "방" })).await;
        if made < 3 {
            room.ok();
            made += 1;
        } else {
            limited(&room, "rooms");
        }
    }
}

#[tokio::test]
async fn behind_a_trusted_proxy_each_address_has_its_own_budget_and_those_without_one_share() {
    let flags = ["--limit-rooms", "1/1h", "--trusted-proxies", "127.0.0.0/8,10.0.0.0/8"];
    let app = counting(&flags).await;
    let make = async |address: &'static str| {
        let visitor = app.visitor().await.behind_proxy(address);
        visitor.post_json("/room", json!({ "title": "방" })).await
    };
    make("203.0.113.1").await.ok();
    // Whatever a client wrote before it, with a port, mapped into IPv6, and through a second proxy.
    for again in [
        "198.51.100.1, 203.0.113.1",
        "203.0.113.1:80",
        "::ffff:203.0.113.1",
        "x, 203.0.113.1, 10.1.1.1",
        // An empty element of a list is none.
        "203.0.113.1, , ",
    ] {
        limited(&make(again).await, "rooms");
    }
    make("203.0.113.2").await.ok();
    make("2001:db8:1:1::1").await.ok();
    limited(&make("2001:db8:1:1:ffff::2").await, "rooms");
    make("unknown").await.ok();
    for unread in ["_hidden", "203.0.113.300", "203.0.113.9, x", "비밀"] {
        limited(&make(unread).await, "rooms");
    }
}

#[tokio::test]
async fn beyond_the_new_visitors_of_an_address_pages_are_shown_without_a_session() {
    let app = counting(&["--limit-visitors", "2/1h"]).await;
    let known = app.visitor().await;
    let room = known.create_room("방").await;
    app.visitor().await;
    let late = app.stranger();
    for path in ["/", "/room", &format!("/room/{room}")] {
        let page = late.get(path).await.ok();
        assert_eq!(page.set_cookie("gifchat"), None, "{path}");
        assert!(late.cookie().is_none());
    }
    late.get_json("/rooms").await.ok();
    limited(&late.post_json("/room", json!({ "title": "방" })).await, "visitors");
    let handshake = late
        .send(late.plain(Method::GET, "/socket.io/?EIO=4&transport=polling"))
        .await;
    assert_eq!(handshake.status, 429);
    // Who is known goes on.
    known.post_json("/room", json!({ "title": "방" })).await.ok();
    known.join(&room).await.post("안녕").await;
}

#[tokio::test]
async fn an_invite_makes_no_guest_of_somebody_beyond_the_limit() {
    let app = counting(&["--limit-visitors", "1/1h"]).await;
    let owner = app.visitor().await;
    let room = locked(&owner).await;
    let invite = owner
        .post_json(&format!("/room/{room}/invite"), json!({}))
        .await
        .ok()
        .json();
    let path = invite["url"]
        .as_str()
        .unwrap()
        .split_once("/invite")
        .unwrap()
        .1
        .to_owned();
    let late = app.stranger();
    limited(&late.get_json(&format!("/invite{path}")).await, "visitors");
    assert!(late.cookie().is_none());
}

#[tokio::test]
async fn wrong_passwords_are_limited_by_visitor_and_address_and_right_ones_are_not() {
    let flags = [
        "--limit-passwords-visitor",
        "3/1h",
        "--limit-passwords-room",
        "4/1h",
        "--limit-passwords",
        "6/1h",
    ];
    let app = counting(&flags).await;
    let owner = app.visitor().await;
    let [room, other] = [locked(&owner).await, locked(&owner).await];
    for _ in 0..8 {
        app.visitor().await.unlock(&room, PASSWORD).await.ok();
    }
    let guesser = app.visitor().await;
    for _ in 0..3 {
        guesser.unlock(&room, "아니").await.refused(403, "wrong_password");
    }
    limited(&guesser.unlock(&room, PASSWORD).await, "passwords");
    let enter = format!("/room/{room}/enter");
    let door = guesser.post_form(&enter, &[("password", PASSWORD)]).await;
    assert_eq!(door.status, 429);
    assert!(door.text().contains("Too many passwords or keys were tried") && door.text().contains("name=\"password\""));
    assert!(door.header("retry-after").is_some());
    let fresh = app.visitor().await;
    fresh.unlock(&room, "아니").await.refused(403, "wrong_password");
    limited(&fresh.unlock(&room, "아니").await, "passwords");
    for _ in 0..2 {
        fresh.unlock(&other, "아니").await.refused(403, "wrong_password");
    }
    limited(&app.visitor().await.unlock(&other, "아니").await, "passwords");
    // The owner needs none.
    owner.unlock(&room, "").await.ok();
}

#[tokio::test]
async fn a_room_that_many_guess_at_makes_everybody_wait_but_those_with_an_invite() {
    let app = counting(&[
        "--limit-room-passwords",
        "4/1h",
        "--limit-passwords",
        "off",
        "--limit-passwords-room",
        "off",
    ])
    .await;
    let owner = app.visitor().await;
    let room = locked(&owner).await;
    let invite = owner
        .post_json(&format!("/room/{room}/invite"), json!({}))
        .await
        .ok()
        .json();
    let path = invite["url"]
        .as_str()
        .unwrap()
        .split_once("/invite")
        .unwrap()
        .1
        .to_owned();
    for _ in 0..4 {
        app.visitor()
            .await
            .unlock(&room, "아니")
            .await
            .refused(403, "wrong_password");
    }
    limited(&app.visitor().await.unlock(&room, "아니").await, "passwords");
    let invited = app.visitor().await;
    invited.post_json(&format!("/invite{path}"), json!({})).await.ok();
    invited.unlock(&room, PASSWORD).await.ok();
}

#[tokio::test]
async fn uploads_are_limited_in_number_and_in_bytes_before_they_are_read() {
    let flags = [
        "--limit-uploads-visitor",
        "2/1h",
        "--limit-upload-bytes",
        "300KiB/1h",
        "--gif-limit",
        "241664",
    ];
    let app = counting(&flags).await;
    let (ann, bea) = (app.visitor().await, app.visitor().await);
    let room = ann.create_room("방").await;
    let _sockets = (ann.join(&room).await, bea.join(&room).await);
    ann.upload(&room, animated(20, 20, 2)).await.ok();
    ann.upload(&room, animated(20, 20, 2)).await.ok();
    limited(&ann.upload(&room, animated(20, 20, 2)).await, "GIFs");
    limited(
        &ann.send(ann.request(Method::POST, &format!("/room/{room}/whisper/gif")))
            .await,
        "GIFs",
    );
    // What says by itself that it is too much is not waited for.
    let head = raw::upload_head(&room, &bea.cookie().unwrap(), "Content-Length: 307190");
    let mut stream = tokio::net::TcpStream::connect(app.address()).await.unwrap();
    stream.write_all(&head).await.unwrap();
    let mut line = [0; 12];
    in_time("an answer", stream.read_exact(&mut line)).await.unwrap();
    assert_eq!(&line[9..], b"429");
    // What was announced and did not come is given back.
    bea.upload(&room, sized(200_000)).await.ok();
    limited(&bea.upload(&room, sized(200_000)).await, "large");
    assert_eq!(ann.written(&room).await.len(), 3);
}

#[tokio::test]
async fn invites_and_reports_are_limited() {
    let app = counting(&["--limit-invites", "2/1h", "--limit-reports-visitor", "2/1h"]).await;
    let (owner, member) = (app.visitor().await, app.visitor().await);
    let room = locked(&owner).await;
    let invite = format!("/room/{room}/invite");
    for _ in 0..2 {
        owner.post_json(&invite, json!({})).await.ok();
    }
    limited(&owner.post_json(&invite, json!({})).await, "invites");
    owner.get_json(&invite).await.ok();

    let room = owner.create_room("방").await;
    let (_own, mut socket) = (owner.join(&room).await, member.join(&room).await);
    let third = app.visitor().await;
    let said = third.join(&room).await.post("나쁜 말").await;
    let report = json!({ "message": said["_id"], "reason": "나빠요" });
    let reports = format!("/room/{room}/reports");
    member.post_json(&reports, report.clone()).await.ok();
    assert_eq!(socket.ask("report", &report).await["ok"], true);
    limited_event(&socket.ask("report", &report).await, "reports");
    limited(&member.post_json(&reports, report).await, "reports");
}

#[tokio::test]
async fn people_of_one_address_have_half_of_the_seats_until_the_owner_lets_a_crowd_in() {
    let app = counting(&[]).await;
    let owner = app.visitor().await.behind_proxy("203.0.113.9");
    let room = owner.create_room_of(json!({ "title": "교실", "max": 4 })).await;
    for crowd in [true, false] {
        let changed = owner.patch(&room, json!({ "crowd": crowd })).await;
        assert_eq!(changed.ok().json()["crowd"], crowd);
    }
    let form = owner.request(Method::PATCH, &format!("/room/{room}"));
    let form = form.header("content-type", "application/x-www-form-urlencoded");
    owner.send(form.body("crowd=true")).await;
    assert_eq!(owner.room(&room).await.ok().json()["crowd"], true);
}
