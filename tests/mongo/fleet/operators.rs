//! What an operator decides at one of three servers.

use std::time::{Duration, Instant};

use serde_json::json;

use super::Fleet;
use crate::{
    fixtures::animated,
    support::{Console, eventually, in_time},
};

/// Time in which every server goes by it, and what a busy machine adds to that.
const EVERYWHERE: Duration = Duration::from_millis(1_000 + 500);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn what_an_operator_does_at_one_server_holds_at_all_of_them_within_a_second() {
    let fleet = Fleet::new();
    let [a, b, c] = fleet.servers(&Console::FLAGS).await;
    let console = Console::of(&a).await;
    let ann = a.visitor().await;
    let room = ann.create_room("움짤").await;
    let mut socket = ann.join(&room).await;
    let said = socket.post("weg damit").await;
    let there = [b.meets(&ann), c.meets(&ann)];
    let mut sockets = Vec::new();
    for visitor in &there {
        sockets.push(visitor.join(&room).await);
    }

    let begun = Instant::now();
    let message = said["_id"].as_str().unwrap();
    let path = format!("/rooms/{room}/messages/{message}/remove");
    assert_eq!(console.post(&path, json!({})).await.status, 204);
    for visitor in &there {
        eventually("it says nothing any more", async || {
            let messages = visitor.written(&room).await;
            messages[0].get("chat").is_none().then_some(())
        })
        .await;
    }
    assert!(begun.elapsed() < EVERYWHERE, "{:?}", begun.elapsed());

    let gif = animated(20, 20, 2);
    let sent = ann.upload(&room, gif.clone()).await.ok().json();
    let shown = console.get(&format!("/rooms/{room}")).await.ok().json();
    let hash = &shown["hashes"][sent["gif"].as_str().unwrap()];
    let begun = Instant::now();
    console.post("/blocked", json!({ "hashes": [hash] })).await.ok();
    let sent = there.iter().map(|visitor| visitor.upload(&room, gif.clone()));
    for answer in futures_util::future::join_all(sent).await {
        answer.refused(403, "forbidden_gif");
    }
    assert!(begun.elapsed() < EVERYWHERE, "{:?}", begun.elapsed());

    let begun = Instant::now();
    console.post("/pauses", json!({ "rooms": true })).await.ok();
    for visitor in &there {
        eventually("no rooms are made", async || {
            let made = visitor.post_json("/room", json!({ "title": "x" })).await;
            (made.status == 403).then_some(())
        })
        .await;
    }
    assert!(begun.elapsed() < EVERYWHERE, "{:?}", begun.elapsed());

    let begun = Instant::now();
    let ban = console.post("/bans", json!({ "who": ann.id })).await.ok().json();
    for socket in [&mut socket].into_iter().chain(&mut sockets) {
        in_time("the socket is closed", socket.closed()).await;
    }
    assert!(begun.elapsed() < EVERYWHERE, "{:?}", begun.elapsed());
    for visitor in [&ann].into_iter().chain(&there) {
        visitor.get_json("/rooms").await.refused(403, "banned_from_site");
    }

    // Another operator, at another server, knows of it.
    let other = Console::of(&c).await;
    let lift = format!("/bans/{}/lift", ban["bans"][0]["id"]);
    other.post(&lift, json!({})).await.ok();
    let done = other.get("/audit").await.ok().json();
    let done: Vec<_> = done["audit"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["what"].clone())
        .collect();
    assert_eq!(done, ["lift ban", "ban", "pause", "block GIFs", "remove message"]);

    let begun = Instant::now();
    assert_eq!(
        console.post(&format!("/rooms/{room}/remove"), json!({})).await.status,
        204
    );
    for visitor in &there {
        eventually("the room is gone", async || {
            (visitor.room(&room).await.status == 404).then_some(())
        })
        .await;
    }
    assert!(begun.elapsed() < EVERYWHERE, "{:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn what_else_an_operator_does_at_one_server_holds_at_all_of_them_within_a_second() {
    let fleet = Fleet::new();
    let [a, b, c] = fleet.servers(&Console::FLAGS).await;
    let (console, other) = (Console::of(&a).await, Console::of(&b).await);
    let ann = a.visitor().await;
    let rooms = [ann.create_room("one").await, ann.create_room("two").await];
    let (gif, mut sent, mut seats) = (animated(20, 20, 2), Vec::new(), Vec::new());
    for room in &rooms {
        seats.push(ann.join(room).await);
        sent.push(ann.upload(room, gif.clone()).await.ok().json()["gif"].clone());
    }
    let there = [b.meets(&ann), c.meets(&ann)];
    let reported = json!({ "reason": "rude title" });
    let report = format!("/room/{}/reports/site", rooms[0]);
    assert_eq!(b.visitor().await.post_json(&report, reported).await.status, 201);

    let begun = Instant::now();
    let name = sent[0].as_str().unwrap();
    console.post(&format!("/gifs/{name}/remove"), json!({})).await.ok();
    for (visitor, gif) in there.iter().zip(&sent) {
        let path = format!("/gif/{}", gif.as_str().unwrap());
        eventually("it is served no more", async || {
            (visitor.get(&path).await.status == 404).then_some(())
        })
        .await;
    }
    assert!(begun.elapsed() < EVERYWHERE, "{:?}", begun.elapsed());

    let begun = Instant::now();
    console
        .post("/notice", json!({ "text": "We close at <b>ten</b>" }))
        .await
        .ok();
    for visitor in &there {
        eventually("every page says it", async || {
            let page = visitor.get("/").await.ok().text();
            page.contains("We close at &#60;b&#62;ten").then_some(())
        })
        .await;
    }
    assert!(begun.elapsed() < EVERYWHERE, "{:?}", begun.elapsed());

    let begun = Instant::now();
    let paused = json!({ "uploads": true, "newcomers": true });
    console.post("/pauses", paused).await.ok();
    for server in [&b, &c] {
        let newcomer = server.visitor().await;
        eventually("newcomers only read", async || {
            let said = newcomer.post_chat(&rooms[1], "hi").await;
            (said.status == 403 && said.json()["code"] == "paused").then_some(())
        })
        .await;
    }
    assert!(begun.elapsed() < EVERYWHERE, "{:?}", begun.elapsed());

    let begun = Instant::now();
    let reports = other.get("/reports").await.ok().json();
    let dismiss = format!("/reports/{}/dismiss", reports["reports"][0]["id"]);
    other.post(&dismiss, json!({})).await.ok();
    eventually("another operator has it no more", async || {
        let left = console.get("/reports").await.ok().json();
        (left["reports"] == json!([])).then_some(())
    })
    .await;
    assert!(begun.elapsed() < EVERYWHERE, "{:?}", begun.elapsed());

    let begun = Instant::now();
    let hash = format!("{:064x}", 7);
    console.post("/blocked", json!({ "hashes": [hash] })).await.ok();
    other.post("/blocked/remove", json!({ "hashes": [hash] })).await.ok();
    eventually("it is not blocked", async || {
        let blocked = console.get("/blocked").await.ok().json();
        (blocked["blocked"] == json!([])).then_some(())
    })
    .await;
    assert!(begun.elapsed() < EVERYWHERE, "{:?}", begun.elapsed());
}
