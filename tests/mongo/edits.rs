//! Edits across servers: each is seen by all, whoever carries it out.

use gifchat::{
    domain::{Action, Chat, Message, MessageId, Refusal, RoomId, Visitor},
    rules::{Command, EDITS, Edit, NewBody},
    store::{Change, Store, StoreError, Window},
};
use mongodb::bson::{Document, doc};

use super::sites::*;

async fn edit(store: &impl Store, room: RoomId, by: Visitor, message: MessageId, chat: &str) {
    let chat = Some(Chat::from_store(chat));
    let edit = Command::Edit(Edit { by, message, chat });
    store.submit(room, edit, None).await.unwrap();
}

/// What the first message that somebody wrote says, and each line about it.
async fn read(store: &impl Store, room: RoomId) -> Vec<String> {
    let history = store.history(room, Window::After(1), 100).await.unwrap();
    let text = |message: &Message| message.text().map(|chat| chat.as_str().to_owned());
    let said = |message: &Message| match &message.refers {
        Some(reference) => reference.message().and_then(text),
        None => text(message),
    };
    history
        .iter()
        .map(|message| said(message).unwrap_or_default())
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn the_last_of_many_edits_on_two_servers_is_what_all_read() {
    let site = Site::new();
    let [a, b] = site.servers().await;
    drop(a.changes());
    let mut changes = b.changes().unwrap();
    let author = someone();
    let room = room_of(&a, author, 5).await.id;
    a.enter(room, author.into(), 1).await.unwrap();
    b.enter(room, author.into(), 1).await.unwrap();
    let said = post(&a, says(room, author, "0", None)).await.unwrap().message().clone();
    for n in 1..=EDITS {
        edit(
            if n % 2 == 0 { &*a } else { &*b },
            room,
            author,
            said.id,
            &n.to_string(),
        )
        .await;
    }
    for server in [&a, &b] {
        let read = read(&**server, room).await;
        assert_eq!(read, vec![EDITS.to_string(); EDITS + 1]);
    }
    let more = Command::Edit(Edit {
        by: author,
        message: said.id,
        chat: Some(Chat::from_store("more")),
    });
    let refused = b.submit(room, more, None).await;
    assert!(
        matches!(refused, Err(StoreError::Refused(Refusal::NotEditable))),
        "{refused:?}"
    );
    // What followers are told lets them look it up, or has it.
    let mut lines = 0;
    while lines < EDITS {
        if let Change::Posted(message) = changes.recv().await.unwrap() {
            lines += usize::from(message.refers.as_ref().is_some_and(|reference| reference.to == said.id));
        }
    }
    let edits = doc! { "room": room.to_string(), "kind": "edited", "chat": { "$exists": true } };
    let log = site.database().await.collection::<Document>("log");
    assert_eq!(
        log.count_documents(edits).await.unwrap(),
        0,
        "texts of edits that are carried out"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn an_edit_of_a_server_that_died_is_read_at_once_and_carried_out_by_another() {
    let site = Site::new();
    let [a, b] = site.servers().await;
    drop((a.changes(), b.changes()));
    let author = someone();
    let room = room_of(&a, author, 5).await.id;
    a.enter(room, author.into(), 1).await.unwrap();
    let said = post(&a, says(room, author, "before", None))
        .await
        .unwrap()
        .message()
        .clone();
    let answer = post(&a, says(room, author, "x", None)).await.unwrap().message().clone();
    let log = site.database().await.collection::<Document>("log");
    let last = log
        .find_one(doc! { "message": answer.id.to_string() })
        .await
        .unwrap()
        .unwrap();
    let position: i64 = last.get_str("_id").unwrap().split_once(':').unwrap().1.parse().unwrap();
    // As a server leaves it that dies directly after it appended it.
    let left = doc! {
        "_id": format!("{room}:{:012}", position + 1), "room": room.to_string(), "at": 1_i64, "kind": "edited",
        "by": "dead", "visitor": author.id.to_string(), "color": author.color.to_string(), "about": said.id.to_string(),
        "chat": "after", "pending": true, "seq": last.get_i64("seq").unwrap() + 1,
        "message": "0123456789abcdef01234567", "count": 1_i64,
    };
    log.insert_one(left).await.unwrap();
    for server in [&a, &b] {
        assert_eq!(read(&**server, room).await, ["after", "x", "after"]);
    }
    let done = doc! { "message": said.id.to_string(), "chat": "after", "edited": 1_i64 };
    until(async || {
        a.expire(no_graces()).await.unwrap();
        log.count_documents(done.clone()).await.unwrap() == 1
    })
    .await;
    let pending = doc! { "room": room.to_string(), "pending": true };
    until(async || log.count_documents(pending.clone()).await.unwrap() == 0).await;
    assert_eq!(read(&*b, room).await, ["after", "x", "after"]);
    // One that is late does not bring back what was deleted meanwhile.
    a.moderate(
        room,
        author,
        Action::Delete {
            message: said.id,
            forbid: false,
        },
    )
    .await
    .unwrap();
    let body = NewBody::Chat(Chat::from_store("y"));
    a.submit(room, Command::Post(author, body.into()), None).await.unwrap();
    assert_eq!(read(&*b, room).await, ["", "x", "", "", "y"]);
}
