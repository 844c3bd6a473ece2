//! Messages: stored before anyone sees them, numbered without a gap, told to each once and in order.

use serde_json::{Value, json};

use crate::support::TestApp;

fn seqs(messages: &[Value]) -> Vec<u64> {
    messages.iter().map(|message| message["seq"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn two_hundred_texts_sent_in_one_go_arrive_in_their_order() {
    let app = TestApp::start().await;
    let (writer, reader) = (app.visitor().await, app.visitor().await);
    let room = writer.create_room("빠르게").await;
    let (mut writing, mut reading) = (writer.join(&room).await, reader.join(&room).await);
    for n in 1..=200 {
        writing.emit("chat", json!({ "chat": n.to_string() })).await;
    }
    let got = reading.messages_to(200).await;
    let texts: Vec<_> = got.iter().map(|message| message["chat"].as_str().unwrap().to_owned()).collect();
    assert_eq!(texts, (1..=200).map(|n| n.to_string()).collect::<Vec<_>>());
    assert_eq!(seqs(&got), (1..=200).collect::<Vec<_>>());
    assert!(writing.heard(&room).await.iter().all(|event| event.name != "exception"));
}
