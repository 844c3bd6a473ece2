//! Limits of sockets, requests and events.

use super::*;

#[tokio::test]
async fn open_sockets_of_an_address_are_limited_and_polling_ones_count() {
    let app = counting(&["--limit-open-sockets", "3"]).await;
    let [ann, bea] = [app.visitor().await, app.visitor().await];
    let first = ann.connect("/room").await;
    let _second = bea.connect("/chat").await;
    let _polling = Polling::open(&bea).await;
    let refused = Wire::try_websocket(&ann, Wire::request(&ann), None)
        .await
        .err()
        .unwrap();
    assert!(refused.to_string().contains("429"), "{refused}");
    let polling = ann.request(Method::GET, "/socket.io/?EIO=4&transport=polling");
    limited(&ann.send(polling).await, "connections");
    drop(first);
    eventually("there is a place again", async || {
        Socket::try_connect(&ann, "/room").await
    })
    .await;
}

#[tokio::test]
async fn a_polling_session_that_polls_no_more_gives_its_place_back_within_the_time_of_a_ping() {
    let flags = [
        "--limit-open-sockets",
        "1",
        "--ping-interval",
        "200ms",
        "--ping-timeout",
        "200ms",
    ];
    let app = counting(&flags).await;
    let ann = app.visitor().await;
    let polling = Socket::connect(Wire::Polling(Polling::open(&ann).await), "/room").await;
    let handshake = async || {
        ann.send(ann.request(Method::GET, "/socket.io/?EIO=4&transport=polling"))
            .await
    };
    limited(&handshake().await, "connections");
    drop(polling);
    eventually("there is a place again", async || {
        (handshake().await.status == 200).then_some(())
    })
    .await;
}

#[tokio::test]
async fn new_sockets_of_an_address_are_limited() {
    let app = counting(&["--limit-sockets", "2/1h"]).await;
    let ann = app.visitor().await;
    for _ in 0..2 {
        ann.connect("/room").await.goodbye().await;
    }
    let polling = ann.request(Method::GET, "/socket.io/?EIO=4&transport=polling");
    limited(&ann.send(polling).await, "connections");
}

#[tokio::test]
async fn requests_of_an_address_are_limited_but_for_files_and_health() {
    let app = counting(&["--limit-requests", "5/1h"]).await;
    let ann = app.visitor().await;
    let page = ann.get("/").await.ok().text();
    let asset = page
        .split('"')
        .find(|part| part.starts_with("/assets/"))
        .unwrap()
        .to_owned();
    for path in ["/rooms", "/nowhere", "/room"] {
        ann.get_json(path).await;
    }
    limited(&ann.get_json("/rooms").await, "requests");
    limited(&ann.get_json("/nowhere").await, "requests");
    let refused = app.stranger().get("/").await;
    assert_eq!(refused.status, 429);
    assert!(refused.text().contains("Too many requests") && refused.set_cookie("gifchat").is_none());
    for path in [asset.as_str(), "/healthz", "/favicon.ico", "/robots.txt"] {
        ann.get(path).await.ok();
    }
}

#[tokio::test]
async fn what_is_refused_counts_as_a_request_whatever_it_is() {
    let polling = "/socket.io/?EIO=4&transport=polling";
    for (method, path, status) in [
        (Method::OPTIONS, "/".to_owned(), 405),
        (Method::from_bytes(b"FOO").unwrap(), "/rooms".to_owned(), 405),
        (Method::POST, "/favicon.ico".to_owned(), 405),
        (Method::POST, format!("{polling}&sid=nope"), 400),
        (Method::GET, format!("{polling}&sid=AAAAAAAAAAAAAAAA"), 400),
        (Method::GET, "/socket.io/?EIO=3&transport=polling".to_owned(), 400),
        (Method::GET, "/socket.io/?EIO=4&transport=websocket".to_owned(), 400),
    ] {
        let app = counting(&["--limit-requests", "4/1h"]).await;
        // Opening the list was the first.
        let ann = app.visitor().await;
        let mut open = Polling::open(&ann).await;
        let ask = async || ann.send(ann.request(method.clone(), &path)).await;
        for _ in 0..3 {
            assert_eq!(ask().await.status, status, "{method} {path}");
        }
        limited(&ask().await, "requests");
        limited(&ann.get_json("/rooms").await, "requests");
        // A socket that is open goes on, and a new one has a limit of its own.
        for _ in 0..10 {
            open.send("40/room,".to_owned()).await;
        }
        open.receive().await.unwrap();
        Polling::open(&ann).await;
    }
}

#[tokio::test]
async fn events_of_a_visitor_are_limited_in_number_and_size_over_all_sockets() {
    let app = counting(&["--limit-events", "6/1h", "--limit-event-bytes", "8KiB/1h"]).await;
    let (ann, bea) = (app.visitor().await, app.visitor().await);
    let room = ann.create_room("방").await;
    let (mut one, mut two) = (ann.join(&room).await, ann.join(&room).await);
    for _ in 0..2 {
        one.ask("typing", json!(null)).await;
        two.ask("typing", json!(null)).await;
    }
    limited_event(&one.ask("chat", json!({ "chat": "일곱" })).await, "fast");
    two.emit("nothing", json!(null)).await;
    assert_eq!(two.wait("exception").await["code"], "rate_limited");
    // What nobody looks at is counted all the same.
    let mut large = bea.join(&room).await;
    let junk = "x".repeat(6_000);
    large.ask("typing", json!({ "junk": junk })).await;
    limited_event(&large.ask("typing", json!({ "junk": junk })).await, "fast");
    assert!(ann.written(&room).await.is_empty());
}
