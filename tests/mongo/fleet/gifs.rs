//! GIFs that one server took in, seen through the others.

use mongodb::bson::{Document, doc};
use serde_json::{Value, json};

use super::{
    Fleet, Server,
    outages::{behind_a_proxy, rename_out_of_history},
};
use crate::{
    fixtures::{animated, sized},
    proxy::Way,
    support::{Visitor, eventually, mongod},
};

/// How often a GIF or a still was looked for in the database.
async fn lookups(fleet: &Fleet) -> u64 {
    let database = mongod::behind(&fleet.url).await;
    let profile = database.collection::<Document>("system.profile");
    let found = doc! { "op": "query", "ns": format!("{}.gifs", database.name()) };
    profile.count_documents(found).await.unwrap()
}

fn paths(message: &Value) -> [String; 2] {
    let gif = format!("/gif/{}", message["gif"].as_str().unwrap());
    [gif.clone(), format!("{gif}/still")]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn a_gif_is_seen_through_every_server_is_fetched_once_and_goes_everywhere_with_its_room() {
    let fleet = Fleet::new();
    let [a, b, c] = fleet.servers(&[]).await;
    let (owner, guest) = (a.visitor().await, b.visitor().await);
    let room = owner.create_room("움짤").await;
    let (_seat, mut hearing) = (owner.join(&room).await, guest.join(&room).await);
    let database = mongod::behind(&fleet.url).await;
    database.run_command(doc! { "profile": 2 }).await.unwrap();
    let gif = animated(64, 64, 10);
    let message = owner.upload(&room, gif.clone()).await.ok().json();
    assert_eq!(hearing.wait("chat").await, message);
    let [path, still] = paths(&message);
    // Where it was taken in it lies in the folder, elsewhere it is fetched, once: the file and its still.
    assert!(owner.get(&path).await.ok().body == gif);
    assert_eq!((a.files().len(), b.files().len(), lookups(&fleet).await), (2, 0, 0));
    for _ in 0..3 {
        assert!(guest.get(&path).await.ok().body == gif);
        assert_eq!(guest.get(&still).await.ok().header("content-type"), Some("image/gif"));
    }
    assert_eq!((b.files().len(), lookups(&fleet).await), (2, 2));
    // Twenty who ask a third server at once make it fetch once, too.
    let third = c.visitor().await;
    let asking = (0..20).map(|n| third.get(if n % 2 == 0 { &path } else { &still }));
    for answer in futures_util::future::join_all(asking).await {
        let answer = answer.ok();
        assert!(answer.body.starts_with(b"GIF89a"));
    }
    assert_eq!((c.files().len(), lookups(&fleet).await), (2, 4));
    // The room goes, and with it all copies and what they are copies of.
    c.meets(&owner).delete(&room).await.ok();
    for server in [&a, &b, &c] {
        eventually("the copies are gone", async || server.files().is_empty().then_some(())).await;
        for path in [&path, &still] {
            assert_eq!(server.meets(&guest).get_json(path).await.status, 404);
        }
    }
    let kept = database.collection::<Document>("gifs");
    eventually("the GIF is gone from the database", async || {
        (kept.count_documents(doc! {}).await.unwrap() == 0).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn the_copies_of_a_server_are_bounded_and_those_longest_unseen_go_first() {
    const GIF: usize = 200_000;
    const CACHE: u64 = 1_000_000;
    let fleet = Fleet::new();
    let flags = ["--gif-limit", "250000", "--cache-bytes", &CACHE.to_string()];
    let [a, b]: [Server; 2] = fleet.servers(&flags).await;
    let (owner, guest) = (a.visitor().await, b.visitor().await);
    let room = owner.create_room("움짤").await;
    let _seat = owner.join(&room).await;
    let gif = sized(GIF);
    let mut messages = Vec::new();
    for _ in 0..8 {
        messages.push(owner.upload(&room, gif.clone()).await.ok().json());
        is_bounded(&a, CACHE).await;
    }
    let sees = async |visitor: &Visitor, message: &Value| {
        assert!(visitor.get(&paths(message)[0]).await.ok().body == gif);
    };
    let has = |server: &Server, message: &Value| server.files().contains(&message["gif"].as_str().unwrap().to_owned());
    for message in &messages {
        // The first is looked at all the time, and so it stays.
        sees(&guest, &messages[0]).await;
        sees(&guest, message).await;
        is_bounded(&b, CACHE).await;
    }
    assert!(has(&b, &messages[0]) && has(&b, &messages[7]));
    assert!(!has(&b, &messages[1]) && !has(&b, &messages[2]));
    // What had to go is fetched again when it is asked for, also where it was taken in.
    for message in &messages {
        sees(&guest, message).await;
        sees(&owner, message).await;
    }
    is_bounded(&b, CACHE).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn a_server_that_missed_which_gifs_were_deleted_shows_no_copy_of_them() {
    let (fleet, proxy, cut) = behind_a_proxy(&[]).await;
    let [other] = fleet.servers(&[]).await;
    let (owner, guest) = (other.visitor().await, cut.visitor().await);
    let room = owner.create_room("움짤").await;
    let (mut own, mut guests) = (owner.join(&room).await, guest.join(&room).await);
    let mut lobby = guest.connect("/room").await;
    let [bad, kept] = [animated(64, 64, 10), animated(64, 64, 11)];
    let mut messages = Vec::new();
    for gif in [&bad, &kept] {
        messages.push(owner.upload(&room, gif.clone()).await.ok().json());
        assert_eq!(guests.wait("chat").await, messages[messages.len() - 1]);
    }
    for message in &messages {
        for path in paths(message) {
            guest.get(&path).await.ok();
        }
    }
    assert_eq!(cut.files().len(), 4);
    proxy.set(Way::Cut);
    rename_out_of_history(&fleet, &owner, &room).await;
    let delete = json!({ "action": "delete", "message": messages[0]["_id"] });
    own.ask("moderate", delete).await;
    proxy.set(Way::Open);
    lobby.wait("missed").await;
    assert_eq!(cut.logged(&["can't go on"]), 1);
    for path in paths(&messages[0]) {
        guest.get_json(&path).await.refused(404, "page_not_found");
    }
    assert!(guest.get(&paths(&messages[1])[0]).await.ok().body == kept);
    assert_eq!(cut.files().len(), 2);
}

/// Fails unless the files of a server are no more than that.
async fn is_bounded(server: &Server, bytes: u64) {
    eventually("the folder is within its bound", async || {
        (server.bytes_of_files() <= bytes).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn a_gif_that_was_deleted_while_the_answer_to_its_upload_was_late_is_not_served() {
    let (fleet, proxy, late) = behind_a_proxy(&[]).await;
    let [other] = fleet.servers(&[]).await;
    let (owner, author) = (other.visitor().await, late.visitor().await);
    let room = owner.create_room("움짤").await;
    let (mut owners, mut authors) = (owner.join(&room).await, author.join(&room).await);
    proxy.set(Way::PostsUnanswered);
    let deletion = async {
        let message = owners.wait("chat").await;
        let delete = json!({ "action": "delete", "message": message["_id"] });
        let done = owners.ask("moderate", delete).await;
        assert_eq!(done["ok"], true, "{done}");
        // The server that waits for the answer has been told of both.
        while authors.wait("chat").await["line"] != "deleted" {}
        proxy.set(Way::Open);
        message
    };
    let (uploaded, message) = tokio::join!(author.upload(&room, animated(64, 64, 10)), deletion);
    // In time, unless the machine is very busy.
    assert!([201, 503].contains(&uploaded.status), "{}", uploaded.text());
    for path in paths(&message) {
        assert_eq!(author.get(&path).await.status, 404);
        assert_eq!(owner.get(&path).await.status, 404);
    }
    assert_eq!(late.files(), Vec::<String>::new());
}
