//! What operators write wrong.

use reqwest::Method;
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt, net::TcpSocket};

use super::{audit, server};
use crate::support::{in_time, raw};

#[tokio::test]
async fn what_an_operator_writes_wrong_is_refused_by_a_sentence_that_names_the_field() {
    let (_server, console) = server(&[]).await;
    let why = "x".repeat(201);
    for (path, body, says) in [
        (
            "/bans",
            json!({ "who": "192.0.2.7", "seconds": 0 }),
            "seconds is 1 to 31536000",
        ),
        (
            "/bans",
            json!({ "who": "192.0.2.7", "seconds": 31_536_001 }),
            "seconds is 1 to",
        ),
        ("/bans", json!({ "who": "192.0.2.7", "seconds": -1 }), "seconds: "),
        ("/bans", json!({ "who": "192.0.2.7", "second": 60 }), "`second`"),
        ("/bans", json!({ "who": 7 }), "who: "),
        ("/bans", json!({}), "`who`"),
        (
            "/bans",
            json!({ "who": "192.0.2.7", "why": why }),
            "why has at most 200",
        ),
        ("/bans", json!({ "who": "192.0.2.7", "why": 7 }), "why is a text"),
        ("/pauses", json!({ "rooms": "yes" }), "rooms: "),
        ("/pauses", json!({ "room": true }), "`room`"),
        ("/notice", json!({}), "`text`"),
        ("/blocked", json!({ "hashes": [7] }), "hashes[0]: "),
        ("/bans/1/lift", json!({ "all": true }), "`all`"),
    ] {
        let answer = console.post(path, body).await;
        answer.refused(422, "invalid");
        assert!(answer.text().contains(says), "{path}: {} and not {says}", answer.text());
    }
    for path in ["/bans/zz/lift", "/bans/-1/lift", "/reports/zz/dismiss"] {
        console.post(path, json!({})).await.refused(404, "page_not_found");
    }
    console.get("/find?for=a&for=%ff").await.refused(404, "page_not_found");
    assert!(audit(&console).await.is_empty(), "nothing of it is done");
}

#[tokio::test]
async fn a_body_of_another_kind_or_too_long_is_refused_by_a_sentence() {
    let (_server, console) = server(&[]).await;
    let send = async |kind: &str, body: String| {
        let request = console.request(Method::POST, "/notice").header("content-type", kind);
        let answer = request.body(body).send().await.unwrap();
        let status = answer.status().as_u16();
        let json: Value = answer.json().await.unwrap();
        (status, json["message"].as_str().unwrap().to_owned())
    };
    let json = "application/json";
    for (kind, body, status, says) in [
        ("text/plain", "{}".to_owned(), 415, "content-type: application/json"),
        (json, "{".to_owned(), 400, "no JSON object"),
        (json, "[]".to_owned(), 400, "no JSON object"),
        (json, format!("{{\"text\":\"{}\"}}", "x".repeat(17_000)), 413, "16 KiB"),
    ] {
        let (answered, message) = send(kind, body).await;
        assert_eq!(answered, status, "{message}");
        assert!(message.contains(says), "{message}");
    }
}

#[tokio::test]
async fn a_field_of_a_form_is_there_once_and_says_yes_or_no() {
    let (_server, console) = server(&[]).await;
    for (path, body, status) in [
        ("/notice", "text=a&text=b", 422),
        ("/pauses", "rooms=0", 422),
        ("/pauses", "rooms=", 422),
        ("/pauses", "rooms=on&uploads=true&newcomers=false", 200),
    ] {
        let request = console.request(Method::POST, path).body(body);
        let sent = request.header("content-type", "application/x-www-form-urlencoded");
        assert_eq!(sent.send().await.unwrap().status(), status, "{path} {body}");
    }
    let paused = console.get("/").await.ok().json()["pauses"].clone();
    assert_eq!(paused, json!({ "rooms": true, "uploads": true, "newcomers": false }));
}

#[tokio::test]
async fn a_body_that_does_not_come_is_given_up() {
    let (_server, console) = server(&["--body-timeout", "300ms"]).await;
    let head = "POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n\
                Connection: close\r\nContent-Length: 50\r\n\r\ntoken=";
    let answer = raw::exchange(console.at, head.as_bytes()).await;
    assert!(
        answer.starts_with("HTTP/1.1 408") && answer.contains("too slowly"),
        "{answer}"
    );
}

#[tokio::test]
async fn whoever_only_reaches_the_address_keeps_nobody_else_out() {
    let (_server, console) = server(&[]).await;
    let mut held = Vec::new();
    for _ in 0..80 {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.2:0".parse().unwrap()).unwrap();
        let mut stream = in_time("a connection", socket.connect(console.at)).await.unwrap();
        let _ = stream.write_all(b"GET / HTTP/1.1\r\nHost: ").await;
        held.push(stream);
    }
    let open = in_time("others are served", console.get("/")).await;
    open.ok();
}

#[tokio::test]
async fn the_audit_log_names_the_ban_of_an_address_by_its_number() {
    let (_server, console) = server(&[]).await;
    let ban = console
        .post("/bans", json!({ "who": "192.0.2.7", "seconds": 60 }))
        .await;
    let id = ban.ok().json()["bans"][0]["id"].clone();
    console.post(&format!("/bans/{id}/lift"), json!({})).await.ok();
    let target = format!("an address, ban {id}");
    let entries = audit(&console).await;
    let done = entries.iter().map(|[_, what, target, _]| (&**what, target));
    assert_eq!(done.collect::<Vec<_>>(), [("lift ban", &target), ("ban", &target)]);
}
