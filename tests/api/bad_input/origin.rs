//! Requests on behalf of another site.

use reqwest::Method;
use serde_json::json;
use tokio_tungstenite::tungstenite;

use super::Stage;
use crate::{
    fixtures::animated,
    support::{Answer, TestApp, Visitor, Wire, form_of},
};

/// What tells that a request comes from elsewhere.
const FOREIGN: [(&str, &str); 6] = [
    ("origin", "https://evil.example"),
    ("origin", "null"),
    ("origin", ""),
    ("origin", "http://127.0.0.1.evil.example"),
    ("sec-fetch-site", "cross-site"),
    ("sec-fetch-site", "same-site"),
];

async fn is_refused(visitor: &Visitor, request: reqwest::RequestBuilder, what: &str) {
    let answer = visitor.send(request).await;
    assert_eq!((answer.status, answer.code()), (403, "cross_origin".into()), "{what}");
}

#[tokio::test]
async fn nothing_is_changed_on_behalf_of_another_site() {
    let mut stage = Stage::start().await;
    let (visitor, room) = (&stage.visitor, &stage.room);
    let path = |end: &str| format!("/room/{room}{end}");
    for (name, value) in FOREIGN {
        let marked = |method: Method, path: &str| visitor.request(method, path).header(name, value);
        let what = format!("{name}: {value}");
        let text = json!({ "title": "x", "chat": "x", "password": "" });
        is_refused(visitor, marked(Method::POST, "/room").json(&text), &what).await;
        is_refused(visitor, marked(Method::PATCH, &path("")).json(&text), &what).await;
        is_refused(visitor, marked(Method::DELETE, &path("")), &what).await;
        is_refused(visitor, marked(Method::POST, &path("/delete")).json(&text), &what).await;
        is_refused(visitor, marked(Method::POST, &path("/enter")).json(&text), &what).await;
        is_refused(visitor, marked(Method::POST, &path("/chat")).json(&text), &what).await;
        is_refused(
            visitor,
            marked(Method::POST, &path("/gif")).multipart(form_of(animated(4, 4, 1))),
            &what,
        )
        .await;
        // Reading is no change: links from elsewhere work.
        visitor
            .send(visitor.plain(Method::GET, &path("")).header(name, value))
            .await
            .ok();
    }
    stage.nothing_happened().await;
}

#[tokio::test]
async fn two_origins_at_once_are_refused() {
    let mut stage = Stage::start().await;
    let ours = format!("http://{}", stage.app.address());
    let request = stage
        .visitor
        .request(Method::POST, "/room")
        .json(&json!({ "title": "x" }));
    let request = request.header("origin", ours).header("origin", "https://evil.example");
    is_refused(&stage.visitor, request, "two origins").await;
    stage.nothing_happened().await;
}

#[tokio::test]
async fn no_socket_is_opened_on_behalf_of_another_site() {
    let mut stage = Stage::start().await;
    let visitor = &stage.visitor;
    for (name, value) in FOREIGN {
        let what = format!("{name}: {value}");
        let opening = visitor
            .request(Method::GET, "/socket.io/?EIO=4&transport=polling")
            .header(name, value);
        is_refused(visitor, opening, &what).await;
        let posting = visitor
            .request(Method::POST, "/socket.io/?EIO=4&transport=polling")
            .header(name, value);
        is_refused(visitor, posting.body("40/chat,"), &what).await;
        let mut request = Wire::request(visitor);
        request.headers_mut().insert(name, value.parse().unwrap());
        match Wire::try_websocket(visitor, request, None).await {
            Err(tungstenite::Error::Http(answer)) => assert_eq!(answer.status(), 403, "{what}"),
            Err(other) => panic!("{what}: {other}"),
            Ok(_) => panic!("{what}: let in"),
        }
    }
    stage.nothing_happened().await;
}

#[tokio::test]
async fn requests_of_this_sites_own_pages_are_let_in() {
    let app = TestApp::start().await;
    let visitor = app.visitor().await;
    let ours = format!("http://{}", app.address());
    for (name, value) in [
        ("origin", ours.as_str()),
        ("sec-fetch-site", "same-origin"),
        ("sec-fetch-site", "none"),
    ] {
        let request = visitor.request(Method::POST, "/room").json(&json!({ "title": "x" }));
        assert_eq!(
            visitor.send(request.header(name, value)).await.status,
            201,
            "{name}: {value}"
        );
        let mut request = Wire::request(&visitor);
        request.headers_mut().insert(name, value.parse().unwrap());
        assert!(
            Wire::try_websocket(&visitor, request, None).await.is_ok(),
            "{name}: {value}"
        );
        let request = visitor.request(Method::GET, "/socket.io/?EIO=4&transport=polling");
        visitor.send(request.header(name, value)).await.ok();
    }
    // A browser that is not sure about a websocket still says where its page is from.
    let mut request = Wire::request(&visitor);
    request.headers_mut().insert("origin", ours.parse().unwrap());
    request
        .headers_mut()
        .insert("sec-fetch-site", "cross-site".parse().unwrap());
    assert!(Wire::try_websocket(&visitor, request, None).await.is_ok());
}

#[tokio::test]
async fn behind_a_public_address_only_its_pages_count() {
    let app = TestApp::with(&["--public-url", "https://chat.example"]).await;
    let visitor = app.stranger();
    let make = async |origin: &str| -> Answer {
        let request = visitor.request(Method::POST, "/room").json(&json!({ "title": "x" }));
        visitor.send(request.header("origin", origin)).await
    };
    assert_eq!(make("https://chat.example").await.status, 201);
    for foreign in [
        "http://chat.example",
        "https://chat.example:8443",
        "https://chat.example.evil",
        "https://x",
    ] {
        make(foreign).await.refused(403, "cross_origin");
    }
    make(&format!("http://{}", app.address()))
        .await
        .refused(403, "cross_origin");
}
