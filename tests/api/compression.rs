//! What is compressed says the same.

use std::io::Read;

use reqwest::Method;

use crate::support::{TestApp, Visitor};

/// The path of a history of long messages.
async fn history(visitor: &Visitor, room: &str) -> String {
    for n in 0..20 {
        let text = format!("{n} {}", "움짤을 보내고 웃는다 ".repeat(80));
        assert_eq!(visitor.post_chat(room, &text).await.status, 201);
    }
    format!("/room/{room}/messages?limit=100")
}

#[tokio::test]
async fn a_compressed_history_is_the_same_and_much_shorter() {
    let app = TestApp::start().await;
    let visitor = app.visitor().await;
    let room = visitor.create_room("방").await;
    let _socket = visitor.join(&room).await;
    let path = history(&visitor, &room).await;
    let plain = visitor.get_json(&path).await.ok();
    assert_eq!(plain.header("content-encoding"), None);
    // The second time it is the one that was kept.
    for encoding in ["br", "gzip", "br", "gzip"] {
        let request = visitor.request(Method::GET, &path).header("accept-encoding", encoding);
        let packed = visitor.send(request).await.ok();
        assert_eq!(packed.header("content-encoding"), Some(encoding));
        assert!(
            packed
                .header("vary")
                .is_some_and(|vary| vary.contains("accept-encoding"))
        );
        assert_eq!(packed.header("content-length"), Some(&*packed.body.len().to_string()));
        assert!(packed.body.len() * 3 < plain.body.len());
        let mut back = Vec::new();
        match encoding {
            "br" => brotli::Decompressor::new(&packed.body[..], 4_096).read_to_end(&mut back),
            _ => flate2::read::GzDecoder::new(&packed.body[..]).read_to_end(&mut back),
        }
        .unwrap();
        assert!(back == plain.body);
    }
}

#[tokio::test]
async fn a_message_more_is_there_at_once_and_a_page_is_ones_own() {
    let app = TestApp::start().await;
    let (one, other) = (app.visitor().await, app.visitor().await);
    let room = one.create_room("방").await;
    let _socket = one.join(&room).await;
    let path = history(&one, &room).await;
    let read = async |visitor: &Visitor, path: &str| {
        let request = visitor.plain(Method::GET, path).header("accept-encoding", "gzip");
        let packed = visitor.send(request).await.ok();
        let mut text = String::new();
        flate2::read::GzDecoder::new(&packed.body[..])
            .read_to_string(&mut text)
            .unwrap();
        text
    };
    read(&one, &path).await;
    one.post_chat(&room, "방금 왔다").await.ok();
    assert!(read(&one, &path).await.contains("방금 왔다"));
    let page = format!("/room/{room}");
    for visitor in [&one, &other] {
        let text = read(visitor, &page).await;
        assert!(text.contains(&format!("data-me=\"{}\"", visitor.id)));
    }
}
