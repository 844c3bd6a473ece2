//! The owner's room: who owns it, and what an owner does to keep it in order.

use serde_json::{Value, json};

use crate::support::{Socket, TestApp, Visitor, eventually};

/// All over HTTP and over the sockets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Way {
    Http,
    Form,
    Socket,
}

pub(crate) const WAYS: [Way; 3] = [Way::Http, Way::Form, Way::Socket];

/// An owner and somebody else in a room.
pub(crate) struct Stage {
    pub(crate) app: TestApp,
    pub(crate) owner: Visitor,
    pub(crate) other: Visitor,
    pub(crate) room: String,
    pub(crate) own: Socket,
    pub(crate) others: Socket,
}

impl Stage {
    pub(crate) async fn with(flags: &[&str]) -> Self {
        let app = TestApp::with(flags).await;
        let (owner, other) = (app.visitor().await, app.visitor().await);
        let room = owner.create_room("방").await;
        let (own, others) = (owner.join(&room).await, other.join(&room).await);
        Self {
            app,
            owner,
            other,
            room,
            own,
            others,
        }
    }

    pub(crate) async fn new() -> Self {
        Self::with(&[]).await
    }

    /// The owner does something.
    pub(crate) async fn does(&mut self, way: Way, fields: Value) {
        moderate(way, &self.owner, &mut self.own, &self.room, fields).await;
    }

    /// The other one does something.
    pub(crate) async fn other_does(&mut self, way: Way, fields: Value) {
        moderate(way, &self.other, &mut self.others, &self.room, fields).await;
    }
}

async fn moderate(way: Way, by: &Visitor, socket: &mut Socket, room: &str, fields: Value) {
    let path = format!("/room/{room}/moderate");
    match way {
        Way::Socket => assert_eq!(socket.ask("moderate", fields).await, json!({ "ok": true })),
        Way::Http => assert_eq!(by.post_json(&path, fields).await.ok().json(), json!({ "ok": true })),
        Way::Form => {
            let fields: Vec<_> = fields.as_object().unwrap().iter().collect();
            let fields: Vec<_> = fields
                .iter()
                .map(|(name, v)| (name.as_str(), v.as_str().unwrap()))
                .collect();
            assert_eq!(by.post_form(&path, &fields).await.status, 303);
        }
    }
}

pub(crate) fn done_to(action: &str, visitor: &Visitor) -> Value {
    json!({ "action": action, "visitor": visitor.id })
}

#[tokio::test]
async fn who_is_kicked_is_told_loses_the_seat_and_may_come_back() {
    for way in WAYS {
        let mut stage = Stage::new().await;
        let kick = done_to("kick", &stage.other);
        stage.does(way, kick).await;
        let told = stage.others.wait("exception").await;
        assert_eq!(told["code"], "kicked");
        let line = stage.own.wait("chat").await;
        assert_eq!(
            (&line["line"], &line["visitor"]),
            (&json!("kicked"), &json!(stage.other.id))
        );
        assert_eq!((&line["user"], &line["count"]), (&json!("system"), &json!(1)));
        stage
            .others
            .ask_in_vain("chat", json!({ "chat": "x" }), "not_a_member")
            .await;
        stage
            .other
            .post_chat(&stage.room, "x")
            .await
            .refused(403, "not_a_member");
        // What is said now is not for them.
        stage.own.post("단둘이").await;
        assert!(
            stage
                .others
                .try_events()
                .iter()
                .all(|event| event.data["chat"] != "단둘이")
        );
        stage.others.join(&stage.room).await;
        assert_eq!(stage.others.post("다시").await["chat"], "다시");
        assert_eq!(stage.own.wait("join").await["visitor"], json!(stage.other.id));
    }
}

#[tokio::test]
async fn who_is_banned_can_not_come_back_until_they_are_let_in_again() {
    for way in WAYS {
        let mut stage = Stage::new().await;
        let (ban, unban) = (done_to("ban", &stage.other), done_to("unban", &stage.other));
        stage.does(way, ban).await;
        assert_eq!(stage.others.wait("exception").await["code"], "banned");
        assert_eq!(stage.own.wait("chat").await["line"], "banned");
        stage.others.ask_in_vain("join", &stage.room, "banned").await;
        stage.other.post_chat(&stage.room, "x").await.refused(403, "banned");
        let path = format!("/room/{}", stage.room);
        assert_eq!(stage.other.get(&path).await.status, 403);
        let history = format!("{path}/messages");
        stage.other.get_json(&history).await.refused(403, "banned");
        let bans = stage.owner.get_json(&format!("{path}/bans")).await.ok().json();
        assert_eq!(
            (&bans["count"], &bans["data"][0]["id"]),
            (&json!(1), &json!(stage.other.id))
        );
        assert_eq!(bans["data"][0]["until"], Value::Null);
        stage
            .other
            .get_json(&format!("{path}/bans"))
            .await
            .refused(403, "not_the_owner");
        stage.does(way, unban).await;
        stage.others.join(&stage.room).await;
    }
}

#[tokio::test]
async fn who_is_banned_for_a_time_is_told_its_end_at_once() {
    for (seconds, left) in [(3_600, "60 min"), (86_400, "24 hours")] {
        let mut stage = Stage::new().await;
        let ban = json!({ "action": "ban", "visitor": stage.other.id, "seconds": seconds });
        stage.does(Way::Socket, ban).await;
        let told = stage.others.wait("exception").await;
        assert_eq!(told["code"], "banned");
        let sentence = told["message"].as_str().unwrap();
        assert!(sentence.contains(left), "{sentence}");
        let refused = stage.others.ask("join", &stage.room).await;
        assert_eq!(refused["message"], told["message"], "the same as whoever asks again");
    }
}

#[tokio::test]
async fn a_ban_for_a_time_ends_and_survives_a_restart() {
    let mut stage = Stage::new().await;
    let ban = json!({ "action": "ban", "visitor": stage.other.id, "seconds": 3 });
    let began = std::time::Instant::now();
    stage.does(Way::Socket, ban).await;
    assert_eq!(stage.others.wait("exception").await["code"], "banned");
    stage.app.restart().await;
    let mut socket = stage.other.connect("/chat").await;
    let refused = socket.ask("join", &stage.room).await;
    assert_eq!(refused["code"], "banned", "{refused} after {:?}", began.elapsed());
    eventually("the ban is over", async || {
        (socket.ask("join", &stage.room).await["ok"] == true).then_some(())
    })
    .await;
    assert!(began.elapsed().as_secs() >= 2);
    // Who has come in again is not kept out any more, whatever the clock says after a restart.
    stage.app.restart().await;
    let unban = done_to("unban", &stage.other);
    let path = format!("/room/{}/moderate", stage.room);
    stage.owner.post_json(&path, unban).await.refused(422, "invalid");
}

#[tokio::test]
async fn a_ban_holds_against_a_new_cookie_from_the_same_address_and_spares_who_sits() {
    let mut stage = Stage::with(&["--trusted-proxies", "127.0.0.1"]).await;
    let (home, away) = ("203.0.113.7", "198.51.100.9");
    let (bad, neighbour, fresh, stranger) = (
        stage.app.visitor().await.behind_proxy(home),
        stage.app.visitor().await.behind_proxy(home),
        stage.app.visitor().await.behind_proxy(home),
        stage.app.visitor().await.behind_proxy(away),
    );
    let (mut bads, mut neighbours) = (bad.join(&stage.room).await, neighbour.join(&stage.room).await);
    let ban = done_to("ban", &bad);
    stage.does(Way::Http, ban).await;
    assert_eq!(bads.wait("exception").await["code"], "banned");
    let mut again = fresh.connect("/chat").await;
    again.ask_in_vain("join", &stage.room, "banned").await;
    neighbours.post("아직 여기").await;
    neighbours.join(&stage.room).await;
    stranger.join(&stage.room).await.post("나는 다른 곳").await;
    // Nowhere is the address itself.
    let kept = stage.app.bytes_stored().await;
    for address in [home.as_bytes(), &[203, 0, 113, 7]] {
        assert!(kept.windows(address.len()).all(|window| window != address));
    }
}

#[tokio::test]
async fn a_closed_room_keeps_who_is_in_it_and_takes_nobody_new() {
    let mut stage = Stage::with(&["--seat-grace", "5s"]).await;
    let late = stage.app.visitor().await;
    let path = format!("/room/{}", stage.room);
    let close = |closed: bool| json!({ "closed": closed });
    let changed = stage.owner.patch(&stage.room, close(true)).await.ok().json();
    assert_eq!(changed["closed"], true);
    assert_eq!(stage.others.wait("updateRoom").await["closed"], true);
    let mut socket = late.connect("/chat").await;
    socket.ask_in_vain("join", &stage.room, "closed").await;
    assert_eq!(late.get(&path).await.status, 403);
    // A reload does not cost the seat, and the owner is always let in.
    drop(stage.others);
    let mut back = stage.other.join(&stage.room).await;
    back.post("아직 여기").await;
    assert_eq!(stage.own.ask("leave", Value::Null).await["ok"], true);
    stage.own.join(&stage.room).await;
    stage.owner.patch(&stage.room, close(false)).await.ok();
    socket.join(&stage.room).await;
    for wrong in [
        json!({ "closed": "maybe" }),
        json!({ "slow": -1 }),
        json!({ "slow": 3_601 }),
        json!({ "slow": "x" }),
    ] {
        stage.owner.patch(&stage.room, wrong).await.refused(422, "invalid");
    }
}

#[tokio::test]
async fn nobody_but_the_owner_does_any_of_it_over_any_way_in() {
    let mut stage = Stage::new().await;
    let message = stage.own.post("글").await;
    let moderate = format!("/room/{}/moderate", stage.room);
    let stranger = stage.app.visitor().await;
    let actions = [
        done_to("kick", &stage.owner),
        done_to("kick", &stage.other),
        done_to("ban", &stage.owner),
        done_to("unban", &stage.owner),
        done_to("clear", &stage.owner),
        done_to("handover", &stage.other),
        json!({ "action": "delete", "message": message["_id"] }),
    ];
    for action in actions {
        stage.others.ask_in_vain("moderate", &action, "not_the_owner").await;
        // Only a member can have something of its own to delete.
        let strangers = match action["action"] == "delete" {
            true => "not_a_member",
            false => "not_the_owner",
        };
        for (who, code) in [(&stage.other, "not_the_owner"), (&stranger, strangers)] {
            who.post_json(&moderate, action.clone()).await.refused(403, code);
        }
    }
    let mut outside = stranger.connect("/chat").await;
    outside
        .ask_in_vain("moderate", done_to("kick", &stage.owner), "not_a_member")
        .await;
    for change in [
        json!({ "closed": true }),
        json!({ "slow": 5 }),
        json!({ "title": "x" }),
        json!({ "max": 5 }),
    ] {
        stage
            .other
            .patch(&stage.room, change)
            .await
            .refused(403, "not_the_owner");
    }
    assert_eq!(stage.owner.written(&stage.room).await, [message]);
    assert_eq!(stage.owner.room(&stage.room).await.json()["count"], 2);
}

#[tokio::test]
async fn what_is_asked_of_an_owner_wrongly_is_refused_by_its_field() {
    let mut stage = Stage::new().await;
    let (gone, moderate) = (stage.app.visitor().await, format!("/room/{}/moderate", stage.room));
    let cases = [
        (json!({}), "action"),
        (json!({ "action": "explode" }), "action"),
        (json!({ "action": ["kick"] }), "action"),
        (json!({ "action": "kick" }), "visitor"),
        (json!({ "action": "kick", "visitor": "x" }), "visitor"),
        (done_to("kick", &gone), "visitor"),
        (done_to("handover", &gone), "visitor"),
        (done_to("unban", &gone), "visitor"),
        (done_to("clear", &gone), "visitor"),
        (done_to("kick", &stage.owner), "visitor"),
        (done_to("ban", &stage.owner), "visitor"),
        (
            json!({ "action": "delete", "message": "000000000000000000000000" }),
            "message",
        ),
        (
            json!({ "action": "ban", "visitor": stage.other.id, "seconds": 0 }),
            "seconds",
        ),
    ];
    for (fields, field) in cases {
        let answer = stage.owner.post_json(&moderate, fields.clone()).await;
        assert_eq!(
            (answer.status, &answer.json()["field"]),
            (422, &json!(field)),
            "{fields}"
        );
        let ack = stage.own.ask("moderate", &fields).await;
        assert_eq!(
            (&ack["code"], &ack["field"]),
            (&json!("invalid"), &json!(field)),
            "{fields}"
        );
    }
    let nowhere = "/room/00000000000000000000000000000000/moderate";
    stage
        .owner
        .post_json(nowhere, done_to("kick", &stage.other))
        .await
        .refused(404, "room_not_found");
}
