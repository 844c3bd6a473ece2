//! GIFs that an owner deletes as abuse: they are not taken again in that room, by their bytes.

use serde_json::{Value, json};

use crate::{fixtures::animated, moderation::Stage, support::form_of};

impl Stage {
    fn path(&self, end: &str) -> String {
        format!("/room/{}/{end}", self.room)
    }

    /// No way of sending takes these bytes here, and none leaves a file; another room does take them.
    async fn refuses(&mut self, bytes: &[u8]) {
        let files = self.app.files();
        for visitor in [&self.owner, &self.other] {
            let upload = visitor.upload(&self.room, bytes.to_vec()).await;
            upload.refused(403, "forbidden_gif");
        }
        let form = form_of(bytes.to_vec()).text("to", self.owner.id.clone());
        let whispered = self
            .other
            .request(reqwest::Method::POST, &self.path("whisper/gif"))
            .multipart(form);
        self.other.send(whispered).await.refused(403, "forbidden_gif");
        assert_eq!(self.app.files(), files);
        let elsewhere = self.other.create_room("딴 방").await;
        let _there = self.other.join(&elsewhere).await;
        self.other.upload(&elsewhere, bytes.to_vec()).await.ok();
        self.other.delete(&elsewhere).await.ok();
    }
}

/// What the owner's word for a GIF is, over every way in.
async fn forbids(stage: &mut Stage, way: usize, mut deed: Value) {
    let path = stage.path("moderate");
    deed["forbid"] = json!(true);
    match way {
        0 => assert_eq!(stage.own.ask("moderate", deed).await, json!({ "ok": true })),
        1 => drop(stage.owner.post_json(&path, deed).await.ok()),
        _ => {
            let field = |name: &str| deed[name].as_str().unwrap_or_default().to_owned();
            let (action, message, visitor) = (field("action"), field("message"), field("visitor"));
            let mut form = vec![("action", &*action), ("forbid", "on")];
            form.extend([("message", &*message), ("visitor", &*visitor)]);
            assert_eq!(stage.owner.post_form(&path, &form).await.status, 303);
        }
    }
}

#[tokio::test]
async fn a_gif_deleted_as_abuse_over_any_way_is_taken_by_none_in_this_room() {
    for way in 0..3 {
        let mut stage = Stage::new().await;
        let (bad, good) = (animated(20, 20, 3), animated(20, 20, 4));
        let gif = stage.other.upload(&stage.room, bad.clone()).await.ok().json();
        // The owner has sent it again: that message stays, and is no way around.
        let kept = stage.own.ask("chat", json!({ "gif": gif["gif"] })).await;
        let deed = json!({ "action": "delete", "message": gif["_id"] });
        forbids(&mut stage, way, deed).await;
        assert_eq!(kept["message"]["gif"], gif["gif"]);
        let name = gif["gif"].as_str().unwrap();
        stage.owner.get(&format!("/gif/{name}")).await.ok();
        let again = json!({ "gif": name });
        stage.others.ask_in_vain("chat", again.clone(), "forbidden_gif").await;
        let to_owner = json!({ "to": stage.owner.id, "gif": name });
        stage.others.ask_in_vain("whisper", to_owner, "forbidden_gif").await;
        let again = stage.owner.post_json(&stage.path("chat"), again).await;
        again.refused(403, "forbidden_gif");
        stage.refuses(&bad).await;
        stage.other.upload(&stage.room, good).await.ok();
    }
}

#[tokio::test]
async fn all_gifs_of_somebody_are_deleted_as_abuse_over_any_way() {
    for way in 0..3 {
        let mut stage = Stage::new().await;
        let all = [animated(20, 20, 3), animated(20, 20, 4)];
        for gif in &all {
            stage.other.upload(&stage.room, gif.clone()).await.ok();
        }
        stage.others.post("글").await;
        let mine = animated(20, 20, 5);
        stage.owner.upload(&stage.room, mine.clone()).await.ok();
        let deed = json!({ "action": "clear", "visitor": stage.other.id });
        forbids(&mut stage, way, deed).await;
        for gif in &all {
            stage.refuses(gif).await;
        }
        stage.other.upload(&stage.room, mine).await.ok();
        stage.others.post("글은 써도 된다").await;
    }
}

#[tokio::test]
async fn nobody_but_the_owner_forbids_and_only_by_yes_or_no() {
    let mut stage = Stage::new().await;
    let gif = animated(20, 20, 3);
    let message = stage.owner.upload(&stage.room, gif.clone()).await.ok().json();
    let path = stage.path("moderate");
    for deed in [
        json!({ "action": "delete", "message": message["_id"], "forbid": true }),
        json!({ "action": "clear", "visitor": stage.owner.id, "forbid": true }),
    ] {
        stage
            .others
            .ask_in_vain("moderate", deed.clone(), "not_the_owner")
            .await;
        stage.other.post_json(&path, deed).await.refused(403, "not_the_owner");
    }
    for forbid in [json!("perhaps"), json!(1), json!([])] {
        let deed = json!({ "action": "delete", "message": message["_id"], "forbid": forbid });
        let refused = stage.own.ask("moderate", deed.clone()).await;
        assert_eq!(
            (&refused["code"], &refused["field"]),
            (&json!("invalid"), &json!("forbid"))
        );
        stage.owner.post_json(&path, deed).await.refused(422, "invalid");
    }
    stage.other.upload(&stage.room, gif.clone()).await.ok();
    // Without the word, what was deleted may be sent again.
    let deed = json!({ "action": "delete", "message": message["_id"], "forbid": false });
    stage.own.ask("moderate", deed).await;
    stage.other.upload(&stage.room, gif).await.ok();
}
