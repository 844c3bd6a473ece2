//! What operators write wrong.

use reqwest::Method;
use serde_json::{Value, json};

use super::{audit, server};

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
    console.get("/find?for=a&for=%ff").await.ok();
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
