//! Whispers and reports over HTTP and sockets.

use serde_json::{Value, json};

use crate::{
    fixtures,
    support::{Socket, TestApp, Visitor, form_of},
};

struct Stage {
    app: TestApp,
    room: String,
    ann: Visitor,
    bea: Visitor,
    eve: Visitor,
    anns: Socket,
    beas: Socket,
    eves: Socket,
}

/// Three in a room; Ann owns it.
async fn stage() -> Stage {
    let app = TestApp::start().await;
    let (ann, bea, eve) = (app.visitor().await, app.visitor().await, app.visitor().await);
    let room = ann.create_room("움짤").await;
    let (anns, beas, eves) = (ann.join(&room).await, bea.join(&room).await, eve.join(&room).await);
    Stage {
        app,
        room,
        ann,
        bea,
        eve,
        anns,
        beas,
        eves,
    }
}

impl Stage {
    fn path(&self, end: &str) -> String {
        format!("/room/{}/{end}", self.room)
    }

    async fn whispers_of(&self, visitor: &Visitor) -> Vec<Value> {
        let page = visitor.get_json(&self.path("whispers")).await.ok().json();
        page["data"].as_array().unwrap().clone()
    }

    /// Eve has heard and finds nothing.
    async fn eve_knows_nothing(&mut self) {
        let heard = self.eves.heard(&self.room).await;
        assert!(heard.iter().all(|event| event.name != "whisper"), "{heard:?}");
        assert!(self.whispers_of(&self.eve).await.is_empty());
        for message in self.eve.history(&self.room).await {
            assert!(!message.to_string().contains("쉿"), "{message}");
        }
        let page = self.eve.get(&format!("/room/{}", self.room)).await.ok().text();
        assert!(!page.contains("쉿"));
    }
}

#[tokio::test]
async fn a_whisper_reaches_all_sockets_of_the_two_and_nobody_else() {
    let mut stage = stage().await;
    let mut second_tab = stage.bea.join(&stage.room).await;
    let ack = stage
        .anns
        .ask("whisper", json!({ "to": stage.bea.id, "chat": " 쉿 ", "nonce": "n" }))
        .await;
    let whisper = &ack["whisper"];
    assert_eq!(ack["ok"], true, "{ack}");
    assert_eq!(
        (&whisper["chat"], &whisper["visitor"], &whisper["to"]["id"]),
        (&json!("쉿"), &json!(stage.ann.id), &json!(stage.bea.id))
    );
    assert_eq!((whisper.get("seq"), &whisper["nonce"]), (None, &json!("n")));
    for socket in [&mut stage.anns, &mut stage.beas, &mut second_tab] {
        assert_eq!(&socket.wait("whisper").await, whisper);
    }
    let again = stage
        .anns
        .ask("whisper", json!({ "to": stage.bea.id, "chat": "쉿", "nonce": "n" }))
        .await;
    assert_eq!(&again["whisper"], whisper);
    let posted = stage
        .bea
        .post_json(&stage.path("whisper"), json!({ "to": stage.ann.id, "chat": "쉿 응" }))
        .await;
    assert_eq!((posted.status, &posted.json()["chat"]), (201, &json!("쉿 응")));
    assert_eq!(stage.anns.wait("whisper").await, posted.json());
    for visitor in [&stage.ann, &stage.bea] {
        assert_eq!(stage.whispers_of(visitor).await, [whisper.clone(), posted.json()]);
    }
    let behind = format!("{}?after={}", stage.path("whispers"), whisper["_id"].as_str().unwrap());
    let page = stage.bea.get_json(&behind).await.ok().json();
    assert_eq!(
        (&page["count"], &page["next"], &page["cursor"]["after"]),
        (&json!(1), &Value::Null, &posted.json()["_id"])
    );
    let page = stage.bea.get_json(&stage.path("whispers?limit=1")).await.ok().json();
    let next = stage.bea.get_json(page["next"].as_str().unwrap()).await.ok().json();
    assert_eq!((&page["data"][0], &next["data"][0]), (whisper, &posted.json()));
    let loud = stage.eves.post("laut").await;
    assert_eq!(loud["seq"], 4, "whispers take no place");
    // A report was never among whispers, so it is before all of them.
    let report = stage.beas.ask("report", json!({ "message": loud["_id"] })).await;
    let behind = format!(
        "{}?after={}",
        stage.path("whispers"),
        report["report"]["_id"].as_str().unwrap()
    );
    assert_eq!(stage.bea.get_json(&behind).await.ok().json()["count"], 2);
    stage.eve_knows_nothing().await;
    stage.app.restart().await;
    assert_eq!(stage.whispers_of(&stage.bea).await.len(), 2);
}

#[tokio::test]
async fn a_whispered_gif_is_served_to_the_two_alone() {
    let mut stage = stage().await;
    let form = form_of(fixtures::animated(20, 20, 3))
        .text("to", stage.bea.id.clone())
        .text("alt", "쉿");
    let path = stage.path("whisper/gif");
    let posted = stage
        .ann
        .send(stage.ann.request(reqwest::Method::POST, &path).multipart(form))
        .await;
    assert_eq!(posted.status, 201, "{}", posted.text());
    let whisper = posted.json();
    assert_eq!(stage.beas.wait("whisper").await, whisper);
    let file = format!("/gif/{}", whisper["gif"].as_str().unwrap());
    for path in [file.clone(), format!("{file}/still")] {
        for visitor in [&stage.ann, &stage.bea] {
            let served = visitor.get(&path).await.ok();
            assert!(served.header("cache-control").unwrap().starts_with("private"));
        }
        stage.eve.get_json(&path).await.refused(404, "page_not_found");
        stage
            .app
            .stranger()
            .get_json(&path)
            .await
            .refused(404, "page_not_found");
    }
    for visitor in [&stage.ann, &stage.eve] {
        let again = json!({ "gif": whisper["gif"] });
        visitor
            .post_json(&stage.path("chat"), again)
            .await
            .refused(404, "page_not_found");
    }
    stage.eve_knows_nothing().await;
    stage.app.restart().await;
    stage.bea.get(&file).await.ok();
    assert_eq!(stage.app.files().len(), 2, "the sweep at the start knows whispers");
    stage.ann.delete(&stage.room).await.ok();
    stage.app.no_files_left().await;
}

#[tokio::test]
async fn a_gif_of_the_tray_is_whispered_by_its_name() {
    let mut stage = stage().await;
    let gif = stage
        .eve
        .upload(&stage.room, fixtures::animated(20, 20, 3))
        .await
        .ok()
        .json();
    let ack = stage
        .anns
        .ask("whisper", json!({ "to": stage.bea.id, "gif": gif["gif"] }))
        .await;
    assert_eq!(ack["whisper"]["gif"], gif["gif"], "{ack}");
    assert_eq!(stage.beas.wait("whisper").await["width"], 20);
    assert_eq!(stage.app.files().len(), 2);
}

#[tokio::test]
async fn a_whisper_that_cannot_arrive_is_refused_with_a_reason() {
    let mut stage = stage().await;
    let outside = stage.app.visitor().await;
    let to = |to: &str| json!({ "to": to, "chat": "x" });
    for (data, code) in [
        (to(&outside.id), "visitor_not_found"),
        (to("nobody"), "visitor_not_found"),
        (to(&stage.ann.id), "invalid"),
        (json!({ "chat": "x" }), "invalid"),
        (json!({ "to": 5, "chat": "x" }), "invalid"),
        (json!({ "to": stage.bea.id }), "invalid"),
        (json!({ "to": stage.bea.id, "chat": "x".repeat(1_001) }), "invalid"),
        (json!({ "to": stage.bea.id, "gif": "x.gif" }), "page_not_found"),
        (json!("text"), "invalid"),
    ] {
        stage.anns.ask_in_vain("whisper", data.clone(), code).await;
        if data.is_object() {
            let answer = stage.ann.post_json(&stage.path("whisper"), data).await;
            assert_eq!(answer.code(), code);
        }
    }
    let path = stage.path("whisper");
    outside
        .post_json(&path, to(&stage.bea.id))
        .await
        .refused(403, "not_a_member");
    let mut elsewhere = outside.connect("/chat").await;
    elsewhere
        .ask_in_vain("whisper", to(&stage.bea.id), "not_a_member")
        .await;
    // A file that comes in vain leaves nothing.
    let form = form_of(fixtures::animated(20, 20, 3)).text("to", outside.id.clone());
    let request = stage
        .ann
        .request(reqwest::Method::POST, &stage.path("whisper/gif"))
        .multipart(form);
    stage.ann.send(request).await.refused(404, "visitor_not_found");
    stage.app.no_files_left().await;
    let wrong = stage.ann.get_json(&stage.path("whispers?after=x")).await;
    wrong.refused(422, "invalid");
    assert!(stage.whispers_of(&stage.bea).await.is_empty());
}

#[tokio::test]
async fn whispers_in_a_locked_room_are_for_those_who_may_enter() {
    let stage = stage().await;
    stage.ann.patch(&stage.room, json!({ "password": "열려라" })).await.ok();
    let outside = stage.app.visitor().await;
    let whispers = outside.get_json(&stage.path("whispers")).await;
    whispers.refused(403, "wrong_password");
}

#[tokio::test]
async fn the_owner_alone_hears_reads_and_dismisses_reports() {
    let mut stage = stage().await;
    let message = stage.eves.post("나쁜 말").await;
    let ack = stage
        .beas
        .ask("report", json!({ "message": message["_id"], "reason": "욕" }))
        .await;
    let report = &ack["report"];
    assert_eq!(
        (&ack["ok"], &report["message"], &report["seq"]),
        (&json!(true), &message["_id"], &message["seq"])
    );
    assert!(!ack.to_string().contains(&stage.bea.id), "nobody learns who it was");
    assert_eq!(&stage.anns.wait("report").await, report);
    let path = stage.path("reports");
    let again = stage.bea.post_json(&path, json!({ "message": message["_id"] })).await;
    assert_eq!((again.status, &again.json()), (201, report));
    let list = stage.ann.get_json(&path).await.ok().json();
    assert_eq!(
        (&list["count"], &list["data"][0]["about"]["chat"]),
        (&json!(1), &json!("나쁜 말"))
    );
    assert_eq!(list["data"][0]["_id"], report["_id"]);
    let one = format!("{path}/{}", report["_id"].as_str().unwrap());
    for visitor in [&stage.bea, &stage.eve] {
        visitor.get_json(&path).await.refused(403, "not_the_owner");
        let dismiss = visitor.request(reqwest::Method::DELETE, &one);
        visitor.send(dismiss).await.refused(403, "not_the_owner");
    }
    for socket in [&mut stage.beas, &mut stage.eves] {
        let heard = socket.heard(&stage.room).await;
        assert!(heard.iter().all(|event| event.name != "report"), "{heard:?}");
    }
    let dismissed = stage.ann.send(stage.ann.request(reqwest::Method::DELETE, &one)).await;
    assert_eq!(dismissed.ok().text(), "ok");
    assert_eq!(stage.ann.get_json(&path).await.ok().json()["count"], 0);
    let twice = stage.ann.send(stage.ann.request(reqwest::Method::DELETE, &one)).await;
    twice.refused(404, "report_not_found");
    let owners = stage.anns.post("내 말").await;
    let on_owner = stage.bea.post_json(&path, json!({ "message": owners["_id"] })).await;
    on_owner.refused(403, "owner_report");
    let by_owner = json!({ "message": message["_id"] });
    stage.anns.ask_in_vain("report", by_owner, "owner_report").await;
    for (data, code) in [
        (json!({ "message": "x" }), "message_not_found"),
        (json!({}), "invalid"),
        (
            json!({ "message": message["_id"], "reason": "x".repeat(201) }),
            "invalid",
        ),
    ] {
        stage.beas.ask_in_vain("report", data, code).await;
    }
}

#[tokio::test]
async fn a_gif_that_was_deleted_as_abuse_is_not_taken_again_by_its_bytes() {
    let stage = stage().await;
    let (bad, good) = (fixtures::animated(20, 20, 3), fixtures::animated(20, 20, 4));
    let message = stage.eve.upload(&stage.room, bad.clone()).await.ok().json();
    let path = stage.path("reports");
    let report = stage
        .bea
        .post_json(&path, json!({ "message": message["_id"] }))
        .await
        .ok()
        .json();
    let delete = format!("{path}/{}/delete", report["_id"].as_str().unwrap());
    stage
        .bea
        .post_json(&delete, json!({}))
        .await
        .refused(403, "not_the_owner");
    stage.ann.post_json(&delete, json!({})).await.ok();
    stage
        .ann
        .post_json(&delete, json!({}))
        .await
        .refused(404, "report_not_found");
    stage.app.no_files_left().await;
    stage
        .eve
        .upload(&stage.room, bad.clone())
        .await
        .refused(403, "forbidden_gif");
    stage.app.no_files_left().await;
    stage.eve.upload(&stage.room, good).await.ok();
    let elsewhere = stage.eve.create_room("딴 방").await;
    let _there = stage.eve.join(&elsewhere).await;
    stage.eve.upload(&elsewhere, bad).await.ok();
}
