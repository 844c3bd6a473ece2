//! What an owner clears: gone at once, deleted in slices, also when the server dies.

use std::time::{Duration, Instant};

use gifchat::{
    domain::{Action, Body, Message, Refusal},
    store::{StoreError, Window},
};
use mongodb::bson::{Document, doc};

use super::sites::*;

/// Messages that one write does not delete in the time of a call.
const MANY: i32 = 60_000;

/// Time to delete them, of which another server takes some to believe that the first is dead.
const DELETED_WITHIN: Duration = Duration::from_secs(90);

/// Makes copies of the last message of a room, at the positions after it. The servers take them for those of another one.
async fn multiply(site: &Site, message: &Message) {
    let log = site.database().await.collection::<Document>("log");
    let last = log
        .find_one(doc! { "message": message.id.to_string() })
        .await
        .unwrap()
        .unwrap();
    let position: i64 = last.get_str("_id").unwrap().split_once(':').unwrap().1.parse().unwrap();
    for first in (1..i64::from(MANY)).step_by(10_000) {
        let copies = (first..(first + 10_000).min(i64::from(MANY))).map(|n| {
            let mut copy = last.clone();
            copy.remove("nonce");
            copy.insert("_id", format!("{}:{:012}", message.room, position + n));
            copy.insert("seq", i64::try_from(message.seq).unwrap() + n);
            copy.insert("message", format!("{:024x}", n));
            copy
        });
        log.insert_many(copies).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn a_clear_of_many_messages_is_answered_and_seen_at_once_and_another_server_ends_it() {
    let site = Site::new();
    let [dying, other] = site.servers().await;
    drop((dying.changes(), other.changes()));
    let (owner, flooder) = (someone(), someone());
    let room = room_of(&dying, owner, 3).await.id;
    dying.enter(room, owner.into(), 1).await.unwrap();
    dying.enter(room, flooder.into(), 2).await.unwrap();
    other.enter(room, owner.into(), 1).await.unwrap();
    let first = post(&dying, says(room, flooder, "x", Some("n"))).await.unwrap();
    multiply(&site, first.message()).await;
    let all = first.message().seq + MANY as u64 - 1;
    for server in [&dying, &other] {
        // They read so many not by one call, but hear of them.
        until(async || matches!(server.room(room).await, Ok(Some(room)) if room.seq == all)).await;
    }
    let clear = Action::Clear {
        visitor: flooder.id,
        forbid: false,
    };
    let begun = Instant::now();
    let done = dying.moderate(room, owner, clear).await;
    let answered = begun.elapsed();
    println!("a clear of {MANY} messages is answered after {answered:?}");
    done.unwrap();
    assert!(answered < Duration::from_secs(3), "{answered:?}");
    let page = other
        .history(room, Window::After(first.message().seq - 1), 1)
        .await
        .unwrap();
    assert_eq!(page[0].body, Body::Deleted, "the first is gone for readers");
    let resent = post(&other, says(room, flooder, "x", Some("n"))).await.unwrap();
    assert_eq!(resent.message().id, first.message().id);
    assert_eq!(resent.message().body, Body::Deleted, "and for who sends it again");
    let delete = Action::Delete {
        message: first.message().id,
        forbid: false,
    };
    let refused = other.moderate(room, owner, delete).await.unwrap_err();
    assert!(matches!(refused, StoreError::Refused(_)), "{refused:?}");
    // Somebody else posts meanwhile, and what the flooder says from now on stays.
    let said = post(&other, says(room, owner, "still here", None)).await.unwrap();
    let again = post(&other, says(room, flooder, "again", None)).await.unwrap();
    assert_eq!(again.message().seq, said.message().seq + 1);

    let messages = site.database().await.collection::<Document>("log");
    let left = async || {
        let speaks = doc! { "visitor": flooder.id.to_string(), "chat": { "$exists": true } };
        messages.count_documents(speaks).await.unwrap()
    };
    assert!(left().await > 1, "it is not deleted yet");
    drop(dying);
    let ended = async {
        while left().await > 1 {
            other
                .expire(gifchat::rules::Graces {
                    room: SOON,
                    ..no_graces()
                })
                .await
                .unwrap();
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    };
    tokio::time::timeout(DELETED_WITHIN, ended).await.unwrap();
    println!("all of it is deleted after {:?}", begun.elapsed());
    until(async || messages.count_documents(doc! { "pending": true }).await.unwrap() == 0).await;
    assert_eq!(
        messages.count_documents(doc! { "kind": "erased" }).await.unwrap(),
        1,
        "once"
    );
    let behind = Window::After(again.message().seq - 1);
    let page = other.history(room, behind, 1).await.unwrap();
    assert_eq!(page[0].body, again.message().body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn the_positions_of_a_removed_room_stay_taken_although_nothing_else_is_left_of_it() {
    let site = Site::new();
    let [server, other] = site.servers().await;
    let owner = someone();
    let room = room_of(&server, owner, 2).await.id;
    server.enter(room, owner.into(), 1).await.unwrap();
    post(&server, says(room, owner, "secret", Some("n"))).await.unwrap();
    server.remove_room(room).await.unwrap();
    let log = site.database().await.collection::<Document>("log");
    until(async || {
        log.count_documents(doc! { "emptied": { "$exists": false } })
            .await
            .unwrap()
            == 0
    })
    .await;
    // Created, joined, posted, ended.
    for position in 1..=4 {
        // What a server would append that does not know of the end.
        let late = doc! { "_id": format!("{room}:{position:012}"), "room": room.to_string(), "kind": "posted" };
        let refused = log.insert_one(late).await.unwrap_err();
        assert!(refused.to_string().contains("E11000"), "{refused}");
        let left = doc! { "_id": format!("{room}:{position:012}") };
        let left = log.find_one(left).await.unwrap().unwrap();
        let fields: Vec<_> = left.keys().collect();
        assert_eq!(fields, ["_id", "room", "at", "by", "kind", "emptied"]);
        assert_eq!(left.get_str("kind").unwrap(), "ended");
    }
    for server in [&server, &other, &site.server().await] {
        assert!(server.room(room).await.unwrap().is_none());
        let refused = post(server, says(room, owner, "x", Some("n"))).await.unwrap_err();
        assert!(
            matches!(refused, StoreError::Refused(Refusal::RoomNotFound)),
            "{refused:?}"
        );
    }
}
