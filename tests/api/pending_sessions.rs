//! Socket sessions without a namespace: how many are allowed, for how long, and that they leave nothing behind.

use reqwest::Method;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{
    Message,
    protocol::frame::{
        Frame,
        coding::{Data, OpCode},
    },
};

use crate::support::{Answer, COUNTED, Polling, Server, Socket, TestApp, Visitor, Wire, eventually};

/// Sessions without a namespace that a visitor, and an address, may have by one transport.
const OF_VISITOR: usize = 64;
const OF_ADDRESS: usize = 128;

const ADDRESS_FLAGS: [&str; 2] = ["--trusted-proxies", "127.0.0.1"];

/// Sessions that warm a server up, those of an attack, and the memory that these may leave behind. Each took 10 KiB that
/// never came back.
const FIRST: usize = 200;
const ATTACK: usize = 1_500;
const LEFT: u64 = 6 << 20;

const POLLING: &str = "/socket.io/?EIO=4&transport=polling";

async fn handshake(visitor: &Visitor) -> Answer {
    visitor.send(visitor.request(Method::GET, POLLING)).await
}

/// Opens polling sessions until one is refused; how many were opened.
async fn use_up(visitor: &Visitor) -> usize {
    for opened in 0..=OF_ADDRESS {
        let answer = handshake(visitor).await;
        if answer.status != 200 {
            answer.refused(429, "rate_limited");
            assert_eq!(answer.header("retry-after"), Some("60"));
            return opened;
        }
    }
    panic!("more than {OF_ADDRESS} sessions are let in")
}

#[tokio::test]
async fn polling_sessions_without_a_namespace_are_bounded_by_visitor_and_address() {
    // Nothing is given up while the test is at it.
    let app = TestApp::with(&[&ADDRESS_FLAGS[..], &COUNTED, &["--connect-timeout", "60s"]].concat()).await;
    let shared = "192.0.2.1";
    let first = app.visitor().await.behind_proxy(shared);
    assert_eq!(use_up(&first).await, OF_VISITOR);
    let second = app.visitor().await.behind_proxy(shared);
    assert_eq!(use_up(&second).await, OF_ADDRESS - OF_VISITOR);
    let third = app.visitor().await.behind_proxy(shared);
    assert_eq!(use_up(&third).await, 0);
    // A websocket needs a connection that lives, so it has slots of its own.
    drop(first.connect("/chat").await);
    let elsewhere = app.visitor().await.behind_proxy("192.0.2.2");
    assert_eq!(handshake(&elsewhere).await.status, 200);
}

#[tokio::test]
async fn a_websocket_with_a_namespace_does_not_count_and_a_session_that_polls_does() {
    let app = TestApp::with(&["--connect-timeout", "60s"]).await;
    let visitor = app.visitor().await;
    let mut sockets = Vec::new();
    for namespace in ["/room", "/chat"] {
        for _ in 0..OF_VISITOR / 2 + 1 {
            sockets.push(visitor.connect(namespace).await);
        }
        // It lives on without a connection.
        let wire = Wire::Polling(Polling::open(&visitor).await);
        sockets.push(Socket::connect(wire, namespace).await);
    }
    assert_eq!(use_up(&visitor).await, OF_VISITOR - 2);
}

#[tokio::test]
async fn a_session_that_only_listens_gives_its_slot_back_when_it_changes_to_a_websocket() {
    let app = TestApp::with(&["--connect-timeout", "60s"]).await;
    let visitor = app.visitor().await;
    let mut listening = Vec::new();
    for namespace in ["/room", "/chat"] {
        let polling = Polling::open(&visitor).await;
        let socket = Socket::connect(Wire::Polling(polling.again()), namespace).await;
        listening.push((socket, Wire::upgrade(&visitor, &polling, None).await));
    }
    let mut opened = use_up(&visitor).await;
    eventually("their slots are free", async || {
        opened += usize::from(handshake(&visitor).await.status == 200);
        (opened == OF_VISITOR).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_session_that_does_not_connect_to_a_namespace_in_time_is_closed_and_its_slot_is_free() {
    let app = TestApp::with(&["--connect-timeout", "300ms"]).await;
    let visitor = app.visitor().await;
    let mut polling = Polling::open(&visitor).await;
    let mut websocket = Socket::unconnected(Wire::websocket(&visitor, None).await, "/chat");
    websocket.closed().await;
    eventually("the polling session is closed", async || {
        let packet = polling.receive().await;
        packet.is_none_or(|packet| packet == "1").then_some(())
    })
    .await;
    for _ in 0..3 {
        eventually("there are slots again", async || {
            let mut opened = 0;
            while opened <= OF_VISITOR && handshake(&visitor).await.status == 200 {
                opened += 1;
            }
            (opened > OF_VISITOR / 2).then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn websockets_that_wait_are_bounded_and_one_that_is_closed_is_let_go_at_once() {
    let app = TestApp::with(&["--connect-timeout", "60s"]).await;
    let visitor = app.visitor().await;
    let mut open = Vec::new();
    let refused = loop {
        assert!(open.len() <= OF_VISITOR, "more are let in");
        match Wire::try_websocket(&visitor, Wire::request(&visitor), None).await {
            Ok(wire) => open.push(wire),
            Err(error) => break error.to_string(),
        }
    };
    assert!(refused.contains("429"), "{refused}");
    assert_eq!(open.len(), OF_VISITOR);
    // Without a word, in order, and after an event that belongs nowhere yet.
    for way in 0..3 {
        let mut socket = Socket::unconnected(open.pop().unwrap(), "/chat");
        match way {
            0 => drop(socket),
            1 => socket.goodbye().await,
            _ => {
                socket.send_raw("42/chat,[\"typing\"]").await;
                socket.closed().await;
            }
        }
    }
    let mut again = Vec::new();
    for _ in 0..3 {
        again.push(
            eventually("a slot is free", async || {
                let wire = Wire::try_websocket(&visitor, Wire::request(&visitor), None).await;
                wire.ok()
            })
            .await,
        );
    }
    let mut socket = Socket::connect(again.pop().unwrap(), "/chat").await;
    assert_eq!(socket.ask("leave", json!(null)).await["ok"], true);
}

#[tokio::test]
async fn a_connect_to_a_namespace_that_does_not_exist_is_refused_and_the_next_one_counts() {
    let app = TestApp::start().await;
    let visitor = app.visitor().await;
    let mut wire = Wire::websocket(&visitor, None).await;
    let open = wire.receive().await.unwrap();
    let open: Value = serde_json::from_str(open.strip_prefix('0').unwrap()).unwrap();
    assert_eq!(open["upgrades"], json!([]));
    assert_eq!(
        (&open["pingInterval"], &open["pingTimeout"], &open["maxPayload"]),
        (&json!(25_000), &json!(20_000), &json!(16_384))
    );
    for (connect, answer) in [
        ("40", "44{\"message\":\"Invalid namespace\"}"),
        ("40/nowhere,{\"a\":1}", "44/nowhere,{\"message\":\"Invalid namespace\"}"),
    ] {
        wire.send(connect.into()).await;
        assert_eq!(wire.receive().await.unwrap(), answer);
    }
    let mut socket = Socket::connect(wire, "/chat").await;
    let room = visitor.create_room("방").await;
    socket.join(&room).await;
    assert_eq!(socket.post("안녕").await["chat"], "안녕");
    // The same connection carries the other namespace, too.
    socket.send_raw("40/room,").await;
    assert_eq!(socket.post("또").await["chat"], "또");
}

#[tokio::test]
async fn a_connect_may_come_in_fragments_with_other_frames_between_them() {
    let app = TestApp::start().await;
    let visitor = app.visitor().await;
    let room = visitor.create_room("방").await;
    let mut wire = Wire::websocket(&visitor, None).await;
    let fragment = |data, text: &'static str, last| Message::Frame(Frame::message(text, OpCode::Data(data), last));
    for message in [
        fragment(Data::Text, "40/", false),
        fragment(Data::Continue, "", false),
        Message::Ping("between".into()),
        fragment(Data::Continue, "chat", false),
        fragment(Data::Continue, ",", true),
    ] {
        wire.send_message(message).await;
    }
    let mut socket = Socket::unconnected(wire, "/chat");
    socket.connected().await;
    socket.join(&room).await;
    assert_eq!(socket.post("안녕").await["chat"], "안녕");
}

/// Fails unless the server needs little more memory than before.
async fn memory_comes_back(server: &Server, before: u64) {
    let mut now = 0;
    let back = async {
        while {
            now = server.memory();
            now > before + LEFT
        } {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    };
    let back = tokio::time::timeout(std::time::Duration::from_secs(10), back).await;
    assert!(back.is_ok(), "{before} bytes before, {now} after");
}

/// Opens a polling session and sends that payload; whether the session was opened.
async fn open_and_send(visitor: &Visitor, payload: &str) -> bool {
    let open = handshake(visitor).await;
    if open.status != 200 {
        return false;
    }
    let open: Value = serde_json::from_str(open.text().strip_prefix('0').unwrap()).unwrap();
    let path = format!("{POLLING}&sid={}", open["sid"].as_str().unwrap());
    // On a busy machine the session may have been given up already.
    visitor
        .send(visitor.plain(Method::POST, &path).body(payload.to_owned()))
        .await;
    true
}

#[tokio::test]
async fn a_polling_session_that_its_client_closes_is_let_go_at_once() {
    let app = TestApp::with(&["--connect-timeout", "60s"]).await;
    let visitor = app.visitor().await;
    let payloads = ["1", "40/room,\u{1e}1", "40/nowhere,\u{1e}40/chat,\u{1e}1\u{1e}2"];
    for n in 0..2 * OF_VISITOR {
        let opened = open_and_send(&visitor, payloads[n % payloads.len()]).await;
        assert!(opened, "session {n} is refused");
    }
    assert_eq!(use_up(&visitor).await, OF_VISITOR);
}

#[tokio::test]
async fn a_connect_that_fails_leaves_nothing_behind() {
    let server = Server::alone(&["--connect-timeout", "100ms"]).await;
    let visitor = server.visitor().await;
    for namespace in ["/room", "/chat"] {
        // A packet that is none ends the session before CONNECT can be answered.
        let payload = format!("40{namespace},\u{1e}9");
        let mut before = 0;
        for n in 0..FIRST + ATTACK {
            if n == FIRST {
                before = server.memory();
            }
            eventually("a slot is free", async || {
                open_and_send(&visitor, &payload).await.then_some(())
            })
            .await;
        }
        memory_comes_back(&server, before).await;
    }
}

#[tokio::test]
async fn sessions_that_are_opened_and_left_alone_take_bounded_memory() {
    let server = Server::alone(&[]).await;
    let visitor = server.visitor().await;
    let mut before = 0;
    for n in 0..FIRST + ATTACK {
        if n == FIRST {
            before = server.memory();
        }
        handshake(&visitor).await;
    }
    memory_comes_back(&server, before).await;
    for n in 0..FIRST + ATTACK {
        if n == FIRST {
            before = server.memory();
        }
        drop(Wire::try_websocket(&visitor, Wire::request(&visitor), None).await);
    }
    memory_comes_back(&server, before).await;
}
