//! Who is an operator: tokens, pages of other sites, other addresses.

use super::*;

#[tokio::test]
async fn where_there_are_tokens_only_who_has_one_is_an_operator() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokens");
    fs::write(&path, "ann 5mGkP2vXq8Tz4NwR\n0123456789abcdef\n").unwrap();
    let (server, console) = server(&["--admin-token-file", path.to_str().unwrap()]).await;
    for nobody in [&console, &console.with("5mGkP2vXq8Tz4NwS"), &console.with("ann")] {
        let refused = nobody.get("/").await;
        refused.refused(401, "token_required");
        assert_eq!(refused.header("www-authenticate"), Some("Bearer"));
    }
    let ann = console.with("5mGkP2vXq8Tz4NwR");
    ann.post("/notice", json!({ "text": "hi", "why": "to greet" }))
        .await
        .ok();
    console
        .with("0123456789abcdef")
        .post("/notice", json!({ "text": "" }))
        .await
        .ok();
    let done = audit(&ann).await;
    assert_eq!(done[0], ["operator", "notice", "", ""]);
    assert_eq!(done[1], ["ann", "notice", "hi", "to greet"]);
    for _ in 0..40 {
        console.with("another wrong one").get("/").await;
    }
    console
        .with("another wrong one")
        .get("/")
        .await
        .refused(429, "rate_limited");
    ann.get("/").await.ok();
    assert!(!server.log().contains("5mGkP2vXq8Tz4NwR") && !server.log().contains("another wrong one"));
}

#[tokio::test]
async fn no_page_of_another_site_makes_an_operator_do_anything() {
    let (_server, console) = server(&[]).await;
    let asked = |name: &'static str, value: &'static str| {
        console
            .request(Method::POST, "/notice")
            .json(&json!({ "text": "x" }))
            .header(name, value)
    };
    for (name, value) in [
        ("host", "evil.example"),
        ("origin", "https://evil.example"),
        ("sec-fetch-site", "cross-site"),
    ] {
        assert_eq!(asked(name, value).send().await.unwrap().status(), 403, "{name}");
    }
    let form = console
        .request(Method::POST, "/notice")
        .header(header::CONTENT_TYPE, "text/plain");
    assert_eq!(form.body(r#"{"text":"x"}"#).send().await.unwrap().status(), 415);
    assert_eq!(
        asked("sec-fetch-site", "same-origin").send().await.unwrap().status(),
        200
    );
    assert!(audit(&console).await.len() == 1);
}

#[tokio::test]
async fn an_address_that_others_reach_is_not_served_without_tokens() {
    let started = Server::try_start("sqlite:x.db", &["--admin", "0.0.0.0:0"]).await;
    let said = started.err().expect("it does not start");
    assert!(
        said.contains("--admin 0.0.0.0:0") && said.contains("--admin-token-file"),
        "{said}"
    );
}
