//! Events of sockets that no client of ours sends.

use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use serde_json::{Value, json};

use super::{Stage, UNKNOWN};

#[tokio::test]
async fn a_wrong_join_is_refused() {
    let mut stage = Stage::start().await;
    let mut socket = stage.app.visitor().await.connect("/chat").await;
    for (data, code) in [
        (json!(""), "invalid"),
        (json!(5), "invalid"),
        (json!(true), "invalid"),
        (json!([UNKNOWN]), "invalid"),
        (json!({ "room": UNKNOWN }), "invalid"),
        (Value::Null, "invalid"),
        (json!(UNKNOWN), "room_not_found"),
        (json!("x"), "room_not_found"),
        (json!("\0"), "room_not_found"),
        (json!("0".repeat(10_000)), "room_not_found"),
        (json!(stage.room.to_uppercase()), "room_not_found"),
    ] {
        socket.ask_in_vain("join", data.clone(), code).await;
        socket.emit("join", data).await;
        assert_eq!(socket.wait("exception").await["code"], code);
    }
    socket.emit_bare("join").await;
    assert_eq!(socket.wait("exception").await["code"], "invalid");
    assert_eq!(stage.rooms().await[0]["count"], 1);
    stage.nothing_happened().await;
}

#[tokio::test]
async fn an_unknown_event_is_refused_by_its_code() {
    let mut stage = Stage::start().await;
    for name in [
        "nonsense",
        "",
        "__proto__",
        "connect",
        "exception",
        "removeRoom",
        "restart",
        "newRoom",
    ] {
        stage.socket.ask_in_vain(name, json!({ "chat": "x" }), "invalid").await;
        stage.socket.emit(name, "x").await;
        assert_eq!(stage.socket.wait("exception").await["code"], "invalid", "{name}");
    }
    stage.nothing_happened().await;
}

/// Any JSON, of the keys that matter now and then.
fn any_json() -> impl Strategy<Value = Value> {
    let key = prop_oneof![Just("chat".to_owned()), Just("nonce".to_owned()), any::<String>()];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::hash_map(key.clone(), inner, 0..6).prop_map(|fields| json!(fields)),
        ]
    })
}

#[tokio::test]
async fn every_json_gets_an_answer_from_every_event() {
    let mut stage = Stage::start().await;
    let mut client = stage.app.visitor().await.connect("/chat").await;
    let mut runner = TestRunner::default();
    for _ in 0..300 {
        let data = any_json().new_tree(&mut runner).unwrap().current();
        for name in ["join", "chat", "typing", "leave"] {
            let answer = client.ask(name, &data).await;
            let refused = answer["ok"] == false && answer["code"].is_string() && answer["message"].is_string();
            // Leaving is the only thing that needs neither a room nor data.
            assert!(
                refused || (name == "leave" && answer == json!({ "ok": true })),
                "{name} {data}: {answer}"
            );
        }
        // And as a member, to whom texts are open.
        let answer = stage.socket.ask("chat", &data).await;
        assert!(
            answer["ok"] == false || answer["message"]["chat"].is_string(),
            "{data}: {answer}"
        );
    }
    stage.app.still_answers().await;
}
