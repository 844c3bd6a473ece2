//! What an owner does on one server reaches people on the others; what two whisper reaches nobody else.

use serde_json::{Value, json};

use super::Fleet;
use crate::{fixtures::animated, support::eventually};

fn done_to(action: &str, visitor: &str) -> Value {
    json!({ "action": action, "visitor": visitor })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn who_is_kicked_or_banned_on_one_server_is_sent_out_on_the_others() {
    let fleet = Fleet::new();
    let [a, b, c] = fleet.servers(&[]).await;
    let (owner, guest) = (a.visitor().await, b.visitor().await);
    let room = owner.create_room("방").await;
    let (mut owners, mut guests) = (owner.join(&room).await, guest.join(&room).await);
    let mut elsewhere = c.meets(&guest).join(&room).await;

    owners.ask("moderate", done_to("kick", &guest.id)).await;
    for socket in [&mut guests, &mut elsewhere] {
        assert_eq!(socket.wait("exception").await["code"], "kicked");
        socket
            .ask_in_vain("chat", json!({ "chat": "아직" }), "not_a_member")
            .await;
    }
    let mut back = c.meets(&guest).join(&room).await;

    owners.ask("moderate", done_to("ban", &guest.id)).await;
    assert_eq!(back.wait("exception").await["code"], "banned");
    for server in [&a, &b, &c] {
        let mut socket = server.meets(&guest).connect("/chat").await;
        socket.ask_in_vain("join", &room, "banned").await;
    }
    back.ask_in_vain("moderate", done_to("kick", &owner.id), "not_the_owner")
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn a_gif_deleted_on_one_server_is_gone_from_the_others_that_had_a_copy() {
    let fleet = Fleet::new();
    let [a, b] = fleet.servers(&[]).await;
    let (owner, guest) = (a.visitor().await, b.visitor().await);
    let room = owner.create_room("움짤").await;
    let (mut owners, mut guests) = (owner.join(&room).await, guest.join(&room).await);
    let message = guest.upload(&room, animated(64, 64, 10)).await.ok().json();
    assert_eq!(owners.wait("chat").await, message);
    let path = format!("/gif/{}", message["gif"].as_str().unwrap());
    for visitor in [&owner, &guest] {
        visitor.get(&path).await.ok();
    }

    let delete = json!({ "action": "delete", "message": message["_id"] });
    owners.ask("moderate", delete).await;
    assert_eq!(guests.wait("chat").await["_id"], message["_id"]);
    assert_eq!(guests.wait("chat").await["line"], "deleted");
    for visitor in [&owner, &guest] {
        eventually("the GIF is gone", async || {
            (visitor.get(&path).await.status == 404).then_some(())
        })
        .await;
    }
    eventually("so are the copies", async || {
        (a.files().is_empty() && b.files().is_empty()).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn a_whisper_is_heard_by_the_two_on_whatever_server_and_by_nobody_else() {
    let fleet = Fleet::new();
    let [a, b, c] = fleet.servers(&[]).await;
    let (one, other, third) = (a.visitor().await, b.visitor().await, c.visitor().await);
    let room = one.create_room("방").await;
    let (mut ones, mut others, mut thirds) = (one.join(&room).await, other.join(&room).await, third.join(&room).await);
    let mut tab = c.meets(&other).join(&room).await;
    let acked = ones.ask("whisper", json!({ "to": other.id, "chat": "우리끼리" })).await;
    for socket in [&mut ones, &mut others, &mut tab] {
        assert_eq!(socket.wait("whisper").await, acked["whisper"]);
    }
    others.post("다 같이").await;
    assert_eq!(thirds.wait("chat").await["chat"], "다 같이");
    assert!(thirds.try_events().iter().all(|event| event.name != "whisper"));
    assert!(
        third
            .history(&room)
            .await
            .iter()
            .all(|message| message["chat"] != "우리끼리")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn a_gif_deleted_as_abuse_on_one_server_is_taken_by_no_other() {
    let fleet = Fleet::new();
    let [a, b] = fleet.servers(&[]).await;
    let (owner, guest) = (a.visitor().await, b.visitor().await);
    let room = owner.create_room("움짤").await;
    let (mut owners, mut guests) = (owner.join(&room).await, guest.join(&room).await);
    let bad = animated(64, 64, 10);
    let message = guest.upload(&room, bad.clone()).await.ok().json();
    let kept = guests.ask("chat", json!({ "gif": message["gif"] })).await;
    let delete = json!({ "action": "delete", "message": message["_id"], "forbid": true });
    owners.ask("moderate", delete).await;
    guest.upload(&room, bad).await.refused(403, "forbidden_gif");
    let again = json!({ "gif": kept["message"]["gif"] });
    guests.ask_in_vain("chat", again, "forbidden_gif").await;
}
