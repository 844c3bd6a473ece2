//! Lines across servers: each once, whoever moves it to the messages.

use gifchat::{
    domain::{Action, Body, LineKind, Refusal},
    store::{Change, Store, StoreError, Window},
};
use mongodb::bson::doc;

use super::sites::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn a_kick_on_one_server_is_told_by_the_other_and_takes_the_seat_there() {
    let site = Site::new();
    let [a, b] = site.servers().await;
    let (owner, other) = (someone(), someone());
    let room = room_of(&a, owner, 5).await.id;
    a.enter(room, owner.into(), 1).await.unwrap();
    b.enter(room, other.into(), 1).await.unwrap();
    let mut changes = b.changes().unwrap();
    a.moderate(room, owner, Action::Kick(other.id)).await.unwrap();
    let kicked = next(&mut changes, |change| match change {
        Change::Posted(line) => match line.body {
            Body::Line(line_of) if line_of.kind == LineKind::Kicked => Some((line.seq, line.author, line_of.count)),
            _ => None,
        },
        _ => None,
    });
    assert_eq!(kicked.await, (3, other, 1));
    let refused = post(&b, says(room, other, "x", None)).await;
    assert!(
        matches!(refused, Err(StoreError::Refused(Refusal::NotAMember))),
        "{refused:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn a_line_left_behind_by_a_server_that_died_is_moved_once_by_those_that_live() {
    let site = Site::new();
    let [a, b] = site.servers().await;
    let (owner, other) = (someone(), someone());
    let room = room_of(&a, owner, 5).await.id;
    a.enter(room, owner.into(), 1).await.unwrap();
    // As a server leaves it that dies right behind the update of the room; and one that died before it took a line out.
    let first = a.history(room, Window::Newest, 1).await.unwrap();
    let line = |id: String, kind: &str| {
        let (visitor, color) = (other.id.to_string(), other.color.to_string());
        doc! { "_id": id, "line": kind, "count": 2_i64, "visitor": visitor, "color": color, "at": 1_i64 }
    };
    let left = [
        line(first[0].id.to_string(), "joined"),
        line("0123456789abcdef01234567".into(), "joined"),
        line("0123456789abcdef01234568".into(), "left"),
    ];
    let rooms = site.database().await.collection::<mongodb::bson::Document>("rooms");
    let pending = doc! { "$set": { "lines": left.to_vec() } };
    rooms
        .update_one(doc! { "_id": room.to_string() }, pending)
        .await
        .unwrap();
    let patient = gifchat::rules::Graces {
        room: SOON,
        seat: SOON,
        ..no_graces()
    };
    let (one, two) = tokio::join!(a.tend(patient), b.tend(patient));
    one.and(two).unwrap();
    until(async || {
        let room = rooms.find_one(doc! { "_id": room.to_string() }).await.unwrap().unwrap();
        room.get_array("lines").unwrap().is_empty()
    })
    .await;
    let history = b.history(room, Window::After(0), 10).await.unwrap();
    let kinds: Vec<_> = history
        .iter()
        .map(|line| match line.body {
            Body::Line(line_of) => (line.seq, line_of.kind),
            _ => panic!("{line:?}"),
        })
        .collect();
    assert_eq!(
        kinds,
        [(1, LineKind::Joined), (2, LineKind::Joined), (3, LineKind::Left)]
    );
}
