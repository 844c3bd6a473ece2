//! Bytes: too many, too slow, or not of the protocol.

use std::time::Duration;

use reqwest::{Body, Method};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::Instant,
};

use super::Stage;
use crate::support::{Polling, Server, Socket, Wire, eventually, in_time, raw};

#[tokio::test]
async fn a_form_beyond_the_limit_is_refused_with_and_without_a_length() {
    let mut stage = Stage::start().await;
    let large = vec![b'a'; (64 << 10) + 1];
    let paths = [
        "/room".to_owned(),
        format!("/room/{}/chat", stage.room),
        format!("/room/{}/enter", stage.room),
    ];
    for path in &paths {
        for kind in ["application/json", "application/x-www-form-urlencoded"] {
            let request = || stage.visitor.request(Method::POST, path).header("content-type", kind);
            stage
                .visitor
                .send(request().body(large.clone()))
                .await
                .refused(413, "too_large");
            let parts: Vec<_> = large
                .chunks(4_096)
                .map(|part| Ok::<_, std::io::Error>(part.to_vec()))
                .collect();
            let body = Body::wrap_stream(futures_util::stream::iter(parts));
            stage.visitor.send(request().body(body)).await.refused(413, "too_large");
        }
    }
    // Just within it, the fields are what is wrong.
    let fits = format!("title={}", "a".repeat((64 << 10) - 6));
    let request = stage
        .visitor
        .request(Method::POST, "/room")
        .header("content-type", "application/x-www-form-urlencoded");
    stage.visitor.send(request.body(fits)).await.refused(422, "invalid");
    stage.nothing_happened().await;
}

#[tokio::test]
async fn who_sends_all_of_a_too_large_form_first_still_reads_the_answer() {
    let mut stage = Stage::start().await;
    let body = vec![b'a'; 12 << 20];
    let head = format!(
        "POST /room HTTP/1.1\r\nHost: gifchat\r\nConnection: close\r\nAccept: application/json\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    let answer = raw::exchange(stage.app.address(), &[head.as_bytes(), &body].concat()).await;
    assert!(
        answer.starts_with("HTTP/1.1 413") && answer.contains("too_large"),
        "{answer}"
    );
    stage.nothing_happened().await;
}

#[tokio::test]
async fn who_sends_a_body_where_none_is_taken_reads_the_answer() {
    let mut stage = Stage::start().await;
    let body = vec![b'a'; 8 << 20];
    for (line, status) in [
        ("POST /nothing HTTP/1.1", "404"),
        ("GET /nothing HTTP/1.1", "404"),
        ("PUT /room HTTP/1.1", "405"),
        ("DELETE /robots.txt HTTP/1.1", "405"),
        ("POST /healthz HTTP/1.1", "405"),
        ("POST /room HTTP/1.1\r\nSec-Fetch-Site: cross-site", "403"),
        (
            "POST /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nOrigin: http://elsewhere",
            "403",
        ),
    ] {
        let head = format!(
            "{line}\r\nHost: gifchat\r\nConnection: close\r\nAccept: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        let answer = raw::exchange(stage.app.address(), &[head.as_bytes(), &body].concat()).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{line}: {answer}");
    }
    stage.nothing_happened().await;
}

#[tokio::test]
async fn a_method_that_is_none_is_not_repeated_in_the_log() {
    let server = Server::alone(&[]).await;
    let long = "M".repeat(60_000);
    for method in ["GET", "BREW", &long] {
        let request = format!("{method} /healthz HTTP/1.1\r\nHost: gifchat\r\nConnection: close\r\n\r\n");
        raw::exchange(server.address(), request.as_bytes()).await;
    }
    eventually("all are logged", async || {
        (server.logged(&["\"request\""]) == 3).then_some(())
    })
    .await;
    let log = server.log();
    assert_eq!(server.logged(&["\"method\":\"GET\""]), 1, "{log}");
    assert_eq!(server.logged(&["\"method\":\"-\"", "405"]), 2);
    assert!(log.lines().all(|line| line.len() < 500) && !log.contains("BREW"));
}

#[tokio::test]
async fn an_event_beyond_the_limit_ends_its_connection_and_no_other() {
    let mut stage = Stage::start().await;
    for size in [(16 << 10) + 1, 100_000, 3_000_000] {
        let mut socket = stage.app.visitor().await.join(&stage.room).await;
        socket
            .send_raw(format!("42/chat,[\"chat\",\"{}\"]", "a".repeat(size)))
            .await;
        socket.closed().await;
        let mut socket = stage.app.visitor().await.join(&stage.room).await;
        socket.send_binary(vec![7; size]).await;
        socket.closed().await;
    }
    // The largest that is let in is refused by the rules of its field.
    let mut socket = stage.app.visitor().await.join(&stage.room).await;
    socket
        .ask_in_vain("chat", json!({ "chat": "a".repeat(16_000) }), "invalid")
        .await;
    stage.nothing_happened().await;
}

#[tokio::test]
async fn a_polling_payload_beyond_the_limit_is_refused() {
    let mut stage = Stage::start().await;
    let mut polling = Polling::open(&stage.visitor).await;
    polling.send("40/chat,".into()).await;
    let answer = polling
        .try_send(format!("42/chat,[\"chat\",\"{}\"]", "a".repeat(17_000)))
        .await;
    assert!((400..500).contains(&answer.status), "{answer:?}");
    let answer = polling.try_send("x".repeat(2_000_000)).await;
    assert!((400..500).contains(&answer.status), "{answer:?}");
    stage.nothing_happened().await;
}

#[tokio::test]
async fn packets_that_are_none_harm_nobody() {
    let mut stage = Stage::start().await;
    let packets = [
        "",
        "4",
        "42",
        "9",
        "x",
        "42/chat",
        "42/chat,",
        "42/chat,[",
        "42/chat,[]",
        "42/chat,{}",
        "42/chat,\"chat\"",
        "42/chat,[5]",
        "42/chat,[null]",
        "42/chat,[[\"chat\"]]",
        "42/chat,99999999999999999999999[\"chat\"]",
        "42/chat,-1[\"chat\",\"x\"]",
        "43/chat,5[1]",
        "43/chat,[1]",
        "44/chat,{}",
        "45/chat,[\"chat\"]",
        "451-/chat,[\"chat\",{\"_placeholder\":true,\"num\":0}]",
        "459999999-/chat,[\"chat\"]",
        "46/chat,[]",
        "40/nowhere,",
        "40/chat,",
        "40/chat,{",
        "40",
        "41/nowhere,",
        "42/nowhere,[\"x\"]",
        "2probe",
        "3",
        "5",
        "6",
        "1",
        "0{}",
        "42/chat,[\"chat\",\"\\ud800\"]",
        "42/chat,[\"chat\",1e999]",
        "4\u{0}",
        "42/\u{202e},[\"x\"]",
    ];
    for packet in packets {
        let mut socket = Socket::unconnected(Wire::websocket(&stage.visitor, None).await, "/chat");
        socket.send_connect().await;
        socket.connected().await;
        socket.send_raw(packet).await;
        socket.send_binary(packet.as_bytes().to_vec()).await;
        stage.app.still_answers().await;
    }
    for packet in packets {
        let mut polling = Polling::open(&stage.visitor).await;
        let answer = polling.try_send(packet.into()).await;
        assert!(answer.status < 500, "{packet}: {answer:?}");
    }
    stage.nothing_happened().await;
}

#[tokio::test]
async fn text_that_is_no_utf8_ends_its_connection() {
    let mut stage = Stage::start().await;
    let payload = b"42/chat,[\"chat\",\"\xff\xfe\"]";
    let Wire::WebSocket(mut stream) = Wire::websocket(&stage.visitor, None).await else {
        unreachable!()
    };
    // A final text frame of that length, masked by zeros.
    let mut frame = vec![0x81, 0x80 | payload.len() as u8, 0, 0, 0, 0];
    frame.extend_from_slice(payload);
    stream.get_mut().write_all(&frame).await.unwrap();
    let mut socket = Socket::unconnected(Wire::WebSocket(stream), "/chat");
    socket.closed().await;
    let mut polling = Polling::open(&stage.visitor).await;
    polling.send("40/chat,".into()).await;
    let answer = polling.try_send_bytes(payload.to_vec()).await;
    assert!((400..500).contains(&answer.status), "{answer:?}");
    stage.nothing_happened().await;
}

#[tokio::test]
async fn a_socket_request_that_names_no_session_is_refused() {
    let mut stage = Stage::start().await;
    for query in [
        "",
        "EIO=4",
        "EIO=3&transport=polling",
        "EIO=4&transport=carrier-pigeon",
        "EIO=4&transport=polling&sid=",
        "EIO=4&transport=polling&sid=x",
        "EIO=4&transport=polling&sid=AAAAAAAAAAAAAAAA",
        "EIO=4&transport=websocket",
        "EIO=4&transport=websocket&sid=AAAAAAAAAAAAAAAA",
        "transport=polling",
    ] {
        for method in [Method::GET, Method::POST, Method::PUT] {
            let request = stage.visitor.plain(method.clone(), &format!("/socket.io/?{query}"));
            let answer = stage.visitor.send(request.body("40/chat,")).await;
            assert!((400..500).contains(&answer.status), "{method} {query}: {answer:?}");
        }
    }
    // An empty session id must not open a socket without a visitor.
    let mut request = Wire::request(&stage.visitor);
    *request.uri_mut() = format!("{}&sid=", request.uri()).parse().unwrap();
    assert!(Wire::try_websocket(&stage.visitor, request, None).await.is_err());
    stage.nothing_happened().await;
}

#[tokio::test]
async fn a_header_that_does_not_come_is_not_waited_for() {
    let mut stage = Stage::with(&["--header-timeout", "500ms"]).await;
    let begun = Instant::now();
    let mut slow = Vec::new();
    for begin in [
        "",
        "G",
        "GET / HTTP/1.1\r\nHost: x\r\n",
        "POST /room HTTP/1.1\r\nCookie: ",
    ] {
        let mut stream = TcpStream::connect(stage.app.address()).await.unwrap();
        stream.write_all(begin.as_bytes()).await.unwrap();
        slow.push(stream);
    }
    for stream in &mut slow {
        raw::rest(stream).await;
    }
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    stage.nothing_happened().await;
}

#[tokio::test]
async fn a_form_that_does_not_come_is_not_waited_for() {
    let mut stage = Stage::with(&["--body-timeout", "500ms"]).await;
    let head = "POST /room HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\nContent-Length: 50\r\n\r\ntitle=";
    let mut stream = TcpStream::connect(stage.app.address()).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = vec![0; 2_000];
    let read = in_time("an answer", stream.read(&mut answer)).await.unwrap();
    let answer = String::from_utf8_lossy(&answer[..read]).into_owned();
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    stage.nothing_happened().await;
}

#[tokio::test]
async fn what_is_no_http_is_answered_or_dropped() {
    let mut stage = Stage::start().await;
    let huge = format!("GET / HTTP/1.1\r\nHost: x\r\nX-Long: {}\r\n\r\n", "a".repeat(200_000));
    let many = format!("GET / HTTP/1.1\r\nHost: x\r\n{}\r\n", "X-Many: 1\r\n".repeat(5_000));
    for bytes in [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc".as_slice(),
        b"\0\0\0\0\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"POST /room HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /room HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        huge.as_bytes(),
        many.as_bytes(),
    ] {
        let mut stream = TcpStream::connect(stage.app.address()).await.unwrap();
        // The server may hang up before all is written.
        let _ = stream.write_all(bytes).await;
        let mut answer = vec![0; 100];
        let read = in_time("an answer or an end", stream.read(&mut answer))
            .await
            .unwrap_or(0);
        let answer = String::from_utf8_lossy(&answer[..read]).into_owned();
        assert!(read == 0 || answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
    stage.nothing_happened().await;
}
