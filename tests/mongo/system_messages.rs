//! System messages across servers: each is stored once, whichever server moves it to the messages.

use gifchat::{
    domain::{Action, Body, LineKind, Refusal},
    store::{Change, StoreError, Window},
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
async fn a_line_left_behind_by_a_server_that_died_is_told_and_counted_once_by_those_that_live() {
    let site = Site::new();
    let [a, b] = site.servers().await;
    let (owner, other) = (someone(), someone());
    let room = room_of(&a, owner, 5).await.id;
    a.enter(room, owner.into(), 1).await.unwrap();
    let mut changes = b.changes().unwrap();
    assert!(next_message(&mut changes).await.is_line());
    // As a server leaves them that dies directly after it appended them, before it answers or tells anybody.
    let entry = |position: i64, kind: &str, count: i64| {
        let (visitor, color) = (other.id.to_string(), other.color.to_string());
        let message = format!("0123456789abcdef0123456{position}");
        doc! {
            "_id": format!("{room}:{position:012}"), "room": room.to_string(), "at": 1_i64, "kind": kind,
            "visitor": visitor, "color": color, "server": "0000000000000001", "socket": 1_i64,
            "seq": position - 1, "message": message, "count": count,
        }
    };
    let log = site.database().await.collection::<mongodb::bson::Document>("log");
    let left = [entry(3, "joined", 2), entry(4, "left", 1)];
    log.insert_many(left).await.unwrap();
    // Whoever appends next, on whatever server, comes after them.
    let (one, two) = tokio::join!(
        post(&a, says(room, owner, "a", None)),
        a.enter(room, someone().into(), 2)
    );
    one.unwrap();
    two.unwrap();
    post(&a, says(room, owner, "b", None)).await.unwrap();
    for seq in 2..=6 {
        assert_eq!(next_message(&mut changes).await.seq, seq);
    }
    for server in [&a, &b] {
        assert_eq!(server.members(room).await.unwrap().len(), 2);
        let history = server.history(room, Window::After(0), 10).await.unwrap();
        let lines = history.iter().filter_map(|line| match line.body {
            Body::Line(line_of) => Some((line.author == other, line_of.kind)),
            _ => None,
        });
        let kinds: Vec<_> = lines.filter(|(theirs, _)| *theirs).map(|(_, kind)| kind).collect();
        assert_eq!(kinds, [LineKind::Joined, LineKind::Left]);
    }
}
