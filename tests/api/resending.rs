//! GIFs that are sent again from the tray, without another upload.

use serde_json::{Value, json};

use crate::{
    fixtures,
    support::{Socket, TestApp, Visitor, form_of},
};

struct Stage {
    app: TestApp,
    ann: Visitor,
    room: String,
    socket: Socket,
    gif: Value,
}

/// A room with one GIF in it.
async fn stage() -> Stage {
    let app = TestApp::start().await;
    let ann = app.visitor().await;
    let room = ann.create_room("움짤").await;
    let mut socket = ann.join(&room).await;
    let form = form_of(fixtures::animated(40, 30, 4)).text("alt", "막대");
    let gif = ann.upload_form(&room, form).await.ok().json();
    assert_eq!(socket.wait("chat").await, gif);
    Stage {
        app,
        ann,
        room,
        socket,
        gif,
    }
}

/// What was said in the room, without the lines about who came and went.
async fn messages(stage: &Stage) -> Vec<Value> {
    let mut history = stage.ann.history(&stage.room).await;
    history.retain(|row| row.get("line").is_none());
    history
}

#[tokio::test]
async fn a_gif_is_sent_again_over_socket_json_and_form_with_the_same_file() {
    let mut stage = stage().await;
    let name = stage.gif["gif"].as_str().unwrap().to_owned();
    let bea = stage.app.visitor().await;
    let mut hers = bea.join(&stage.room).await;
    let files = stage.app.files();

    let ack = hers.ask("chat", json!({ "gif": name, "nonce": "n" })).await;
    let message = &ack["message"];
    assert_eq!(
        (&ack["ok"], &message["seq"], &message["visitor"]),
        (&json!(true), &json!(4), &json!(bea.id))
    );
    for key in ["gif", "width", "height", "frames", "duration", "bytes", "alt"] {
        assert_eq!(message[key], stage.gif[key], "{key}");
    }
    assert_eq!(&stage.socket.wait("chat").await, message);
    let known = hers.ask("chat", json!({ "gif": name, "nonce": "n" })).await;
    assert_eq!(&known["message"], message, "the same nonce is the same message");

    let path = format!("/room/{}/chat", stage.room);
    let posted = stage
        .ann
        .post_json(&path, json!({ "gif": name, "alt": "다른 말" }))
        .await;
    assert_eq!((posted.status, &posted.json()["alt"]), (201, &json!("다른 말")));
    let posted = stage.ann.post_form(&path, &[("gif", &name), ("chat", "")]).await;
    assert_eq!(posted.status, 303);
    assert_eq!(stage.app.files(), files, "no file was added");
    assert_eq!(messages(&stage).await.len(), 4);

    let tray = bea.get_json(&format!("/room/{}/gifs", stage.room)).await.ok().json();
    assert_eq!((&tray["count"], &tray["data"][0]["gif"]), (&json!(1), &json!(name)));
    stage.ann.delete(&stage.room).await.ok();
    stage.app.no_files_left().await;
}

#[tokio::test]
async fn what_is_not_of_this_room_or_no_gif_at_all_is_refused() {
    let mut stage = stage().await;
    let name = stage.gif["gif"].clone();
    let elsewhere = stage.ann.create_room("딴 방").await;
    let mut socket = stage.ann.join(&elsewhere).await;
    for gif in [
        name.clone(),
        json!("0123456789abcdef0123456789abcdef.gif"),
        json!("../gifchat.db"),
    ] {
        socket
            .ask_in_vain("chat", json!({ "gif": gif }), "page_not_found")
            .await;
        let path = format!("/room/{elsewhere}/chat");
        stage
            .ann
            .post_json(&path, json!({ "gif": gif }))
            .await
            .refused(404, "page_not_found");
    }
    socket.ask_in_vain("chat", json!({ "gif": 5 }), "invalid").await;
    let long = json!({ "gif": name, "chat": "x".repeat(1_001) });
    stage.socket.ask_in_vain("chat", long, "invalid").await;
    let long = json!({ "gif": name, "alt": "x".repeat(201) });
    stage.socket.ask_in_vain("chat", long, "invalid").await;

    assert_eq!(messages(&stage).await.len(), 1);
}

#[tokio::test]
async fn what_is_said_with_a_gif_is_part_of_its_message() {
    let mut stage = stage().await;
    let (room, name) = (stage.room.clone(), stage.gif["gif"].clone());
    let again = json!({ "gif": name, "chat": " 이거 <b>봐</b>\n" });
    let said = stage.socket.ask("chat", again).await["message"].clone();
    assert_eq!(
        (&said["gif"], &said["chat"]),
        (&name, &json!("이거 <b>봐</b>")),
        "trimmed, and text"
    );
    let ann = &stage.ann;
    let page = ann.get(&format!("/room/{room}")).await.ok().text();
    assert!(page.contains("이거 &#60;b&#62;봐&#60;/b&#62;"), "{page}");

    let form = || form_of(fixtures::animated(8, 8, 2));
    let sent = ann
        .upload_form(&room, form().text("chat", "새 것").text("alt", "문"))
        .await
        .json();
    assert_eq!((&sent["chat"], &sent["alt"]), (&json!("새 것"), &json!("문")));
    let blank = ann.upload_form(&room, form().text("chat", " \n")).await.json();
    assert!(blank["gif"].is_string() && blank["chat"].is_null(), "{blank}");
    let files = stage.app.files();
    for wrong in [
        form().text("chat", "x".repeat(1_001)),
        form().text("chat", "a").text("chat", "b"),
    ] {
        let answer = ann.upload_form(&room, wrong).await;
        answer.refused(422, "invalid");
        assert_eq!(answer.json()["field"], "chat");
    }
    assert_eq!(stage.app.files(), files, "nothing is stored");

    let history = messages(&stage).await;
    let chats: Vec<_> = history.iter().map(|message| &message["chat"]).collect();
    assert_eq!(chats[1..], [&said["chat"], &json!("새 것"), &json!(null)]);
    let tray = ann.get_json(&format!("/room/{room}/gifs")).await.ok().json();
    assert!(
        tray["data"]
            .as_array()
            .unwrap()
            .iter()
            .all(|gif| gif.get("chat").is_none()),
        "{tray}"
    );
    let delete = json!({ "action": "delete", "message": sent["_id"] });
    stage.socket.ask("moderate", delete).await;
    let gone = &messages(&stage).await[2];
    assert_eq!((&gone["deleted"], &gone["chat"]), (&json!(true), &json!(null)));
}

#[tokio::test]
async fn what_is_said_with_a_gif_is_whispered_with_it() {
    let mut stage = stage().await;
    let bea = stage.app.visitor().await;
    let mut hers = bea.join(&stage.room).await;
    let again = json!({ "to": bea.id, "gif": stage.gif["gif"], "chat": "너만 봐" });
    stage.socket.ask("whisper", again).await;
    let heard = hers.wait("whisper").await;
    assert_eq!((&heard["gif"], &heard["chat"]), (&stage.gif["gif"], &json!("너만 봐")));
    let path = format!("/room/{}/whispers", stage.room);
    let read = bea.get_json(&path).await.ok().json();
    assert_eq!(read["data"][0]["chat"], "너만 봐");
}

#[tokio::test]
async fn who_has_no_seat_hears_that_first_whatever_they_ask_for() {
    let stage = stage().await;
    let name = &stage.gif["gif"];
    let (stranger, id) = (stage.app.visitor().await, "0".repeat(24));
    let asked = [
        ("chat", json!({ "gif": name })),
        ("chat", json!({ "gif": "zz" })),
        ("whisper", json!({ "to": "zz", "chat": "x" })),
        ("reports", json!({ "message": "zz" })),
        ("reports", json!({ "message": id })),
    ];
    for (what, fields) in asked {
        let path = format!("/room/{}/{what}", stage.room);
        stranger.post_json(&path, fields).await.refused(403, "not_a_member");
    }
    let report = format!("/room/{}/reports/zz/delete", stage.room);
    stranger
        .post_json(&report, json!({}))
        .await
        .refused(403, "not_the_owner");
    stage
        .ann
        .post_json(&report, json!({}))
        .await
        .refused(404, "report_not_found");
}

#[tokio::test]
async fn the_tray_of_a_locked_room_is_for_those_who_may_enter() {
    let app = TestApp::start().await;
    let (ann, bea) = (app.visitor().await, app.visitor().await);
    let room = ann
        .create_room_of(json!({ "title": "움짤", "password": "열려라" }))
        .await;
    let path = format!("/room/{room}/gifs");
    bea.get_json(&path).await.refused(403, "wrong_password");
    bea.unlock(&room, "열려라").await.ok();
    assert_eq!(bea.get_json(&path).await.ok().json()["count"], 0);
}

#[tokio::test]
async fn gifs_sent_again_survive_a_restart_with_their_file() {
    let mut stage = stage().await;
    let again = stage.socket.ask("chat", json!({ "gif": stage.gif["gif"] })).await;
    assert_eq!(again["ok"], true, "{again}");
    stage.app.restart().await;
    assert_eq!(messages(&stage).await.len(), 2);
    let path = format!("/gif/{}", stage.gif["gif"].as_str().unwrap());
    stage.ann.get(&path).await.ok();
}

#[tokio::test]
async fn a_start_sweeps_away_all_messages_that_name_a_missing_file() {
    let mut stage = stage().await;
    let again = stage.socket.ask("chat", json!({ "gif": stage.gif["gif"] })).await;
    assert_eq!(again["ok"], true, "{again}");
    std::fs::remove_file(stage.app.uploads().join(stage.gif["gif"].as_str().unwrap())).unwrap();
    stage.app.restart().await;
    assert!(
        messages(&stage).await.is_empty(),
        "both messages named the missing file"
    );
    stage.app.no_files_left().await;
}
