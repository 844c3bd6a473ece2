//! Databases of the version before rooms were logs.

use gifchat::{
    domain::{Body, InviteToken, LineKind, RoomId, Visitor},
    store::{Window, mongo::MongoStore},
};
use mongodb::{
    Database,
    bson::{Binary, DateTime, Document, doc, spec::BinarySubtype},
};

use super::{costs::kept_earlier_states, sites::*};

/// What that version left of a room: the owner and a member, who wrote and was cleared, somebody banned, one who may enter,
/// an invite, a system message on its way, and a message that had to go.
struct Old {
    room: RoomId,
    owner: Visitor,
    member: Visitor,
    banned: Visitor,
    granted: Visitor,
    invite: InviteToken,
}

impl Old {
    async fn left_in(database: &Database) -> Self {
        let old = Self {
            room: RoomId::random(),
            owner: someone(),
            member: someone(),
            banned: someone(),
            granted: someone(),
            invite: InviteToken::random(),
        };
        let member = |visitor: Visitor| {
            let holds = [doc! { "server": "0123456789abcdef0123456789abcdef", "socket": 1_i64 }];
            doc! { "visitor": visitor.id.to_string(), "color": visitor.color.to_string(), "holds": holds.to_vec(), "exit": "x" }
        };
        let (id, color) = (old.owner.id.to_string(), old.owner.color.to_string());
        let banned =
            doc! { "visitor": old.banned.id.to_string(), "color": old.banned.color.to_string(), "addresses": [] };
        let invite = Binary {
            subtype: BinarySubtype::Generic,
            bytes: old.invite.hash().to_bytes().to_vec(),
        };
        let room = doc! {
            "_id": old.room.to_string(), "title": "옛 방", "max": 5_i64, "password": "$argon2id$x", "lock": 2_i64,
            "invites": [invite], "withdrawn": 1_i64, "owner": &id, "color": &color, "created": 1_700_000_000_000_i64,
            "members": [member(old.owner), member(old.member)], "closed": false, "slow": 0_i64, "bans": [banned],
            "lines": [
                old.message(4, old.member, doc! { "line": "cleared", "count": 2_i64, "place": 4_i64, "forbid": false }),
                old.message(9, old.member, doc! { "line": "left", "count": 1_i64 }),
            ],
            "key": "11".repeat(32), "joined": true, "floor": 6_i64, "version": 9_i64,
        };
        // That version followed rooms by what they were before and after a change.
        let images = doc! { "create": "rooms", "changeStreamPreAndPostImages": { "enabled": true } };
        database.run_command(images).await.unwrap();
        database.collection("rooms").insert_one(room).await.unwrap();
        let messages = [
            (
                1,
                old.owner,
                doc! { "line": "joined", "count": 1_i64, "address": "22".repeat(16) },
            ),
            (2, old.owner, doc! { "chat": "하나", "nonce": "n" }),
            (3, old.member, doc! { "chat": "지워질 말" }),
            (4, old.member, doc! { "line": "cleared", "count": 2_i64 }),
            (5, old.owner, doc! {}),
        ];
        let messages = messages.map(|(seq, author, what)| {
            let mut message = old.message(seq, author, what);
            message.insert("room", old.room.to_string());
            message.insert("seq", seq);
            message
        });
        database.collection("messages").insert_many(messages).await.unwrap();
        let grant = |visitor: Visitor, lock: i64| {
            doc! { "room": old.room.to_string(), "visitor": visitor.id.to_string(), "lock": lock }
        };
        let grants = [grant(old.granted, 2), grant(old.banned, 1)];
        database.collection("grants").insert_many(grants).await.unwrap();
        old
    }

    fn message(&self, seq: i64, author: Visitor, what: Document) -> Document {
        let mut message = doc! {
            "_id": format!("{seq:024x}"), "visitor": author.id.to_string(), "color": author.color.to_string(),
            "at": 1_700_000_000_000_i64 + seq,
        };
        message.extend(what);
        message
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn the_rooms_of_the_version_before_are_as_they_were() {
    let site = Site::new();
    let database = site.database().await;
    let old = Old::left_in(&database).await;
    let server = site.server().await;
    drop(server.changes());
    let record = server.room(old.room).await.unwrap().unwrap();
    assert_eq!((record.room.title.as_str(), record.room.owner), ("옛 방", old.owner));
    assert_eq!(
        (record.password_version, record.invites(), record.bans.len()),
        (2, 1, 1)
    );
    assert_eq!(
        record.seq, 7,
        "the first after the one that had to go is the line that was on its way"
    );
    assert_eq!(server.members(old.room).await.unwrap(), [old.owner, old.member]);
    let history = server.history(old.room, Window::After(0), 100).await.unwrap();
    let seqs: Vec<_> = history.iter().map(|message| message.seq).collect();
    assert_eq!(seqs, [1, 2, 3, 4, 5, 7]);
    assert!(matches!(&history[1].body, Body::Chat(chat) if chat.as_str() == "하나"));
    assert_eq!(history[2].body, Body::Deleted, "it was being cleared");
    assert!(matches!(history[3].body, Body::Line(line) if line.kind == LineKind::Cleared));
    assert_eq!(history[4].body, Body::Deleted);
    let access = async |visitor: Visitor| server.access(old.room, visitor.into()).await.unwrap().unwrap();
    assert!(access(old.granted).await.granted && !access(someone()).await.granted);
    assert!(access(old.banned).await.banned.is_some() && !access(old.banned).await.granted);
    let invited = someone();
    assert_eq!(
        server.redeem(old.invite.hash(), invited.into()).await.unwrap(),
        old.room
    );
    server.enter(old.room, invited.into(), 1).await.unwrap();
    server.enter(old.room, old.owner.into(), 2).await.unwrap();
    let again = post(&server, says(old.room, old.owner, "다르게", Some("n")))
        .await
        .unwrap();
    assert_eq!(*again.message().as_ref(), history[1], "its nonce is known");
    let said = post(&server, says(old.room, old.owner, "둘", None)).await.unwrap();
    assert_eq!(said.message().seq, 9);
    // What was being deleted is deleted, and nothing is left of the old collections.
    let log = database.collection::<Document>("log");
    until(async || {
        server
            .expire(gifchat::rules::Graces {
                seat: SOON,
                room: SOON,
                ..no_graces()
            })
            .await
            .unwrap();
        log.count_documents(doc! { "chat": "지워질 말" }).await.unwrap() == 0
    })
    .await;
    let names = database.list_collection_names().await.unwrap();
    assert!(
        ["messages", "grants", "spoke"]
            .iter()
            .all(|old| names.iter().all(|name| name != old)),
        "{names:?}"
    );
    assert_eq!(kept_earlier_states(&database).await, [""; 0]);
    server.close().await;
    let again = site.server().await;
    assert_eq!(again.room(old.room).await.unwrap().unwrap().seq, 9);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn a_database_that_a_server_of_the_version_before_still_uses_is_left_as_it_is() {
    let site = Site::new();
    let database = site.database().await;
    let old = Old::left_in(&database).await;
    let until_then = DateTime::from_millis(DateTime::now().timestamp_millis() + 60_000);
    let lease = doc! { "_id": "0123456789abcdef0123456789abcdef", "until": until_then };
    database.collection("servers").insert_one(lease).await.unwrap();
    let refused = MongoStore::open(&site.url(), 1_000, FAST).await.err().unwrap();
    assert!(refused.to_string().contains("earlier version"), "{refused}");
    let rooms = database.collection::<Document>("rooms");
    let room = rooms
        .find_one(doc! { "_id": old.room.to_string() })
        .await
        .unwrap()
        .unwrap();
    assert!(room.contains_key("members"));
    assert_eq!(
        database
            .collection::<Document>("log")
            .count_documents(doc! {})
            .await
            .unwrap(),
        0
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn a_database_that_another_server_is_converting_is_left_to_it() {
    let site = Site::new();
    let database = site.database().await;
    let old = Old::left_in(&database).await;
    // Servers in containers often have the same process id.
    let by = std::process::id().to_string();
    let taken = doc! { "_id": "log", "by": by, "at": DateTime::now() };
    let migrations = database.collection::<Document>("migrations");
    migrations.insert_one(taken).await.unwrap();
    let refused = MongoStore::open(&site.url(), 1_000, FAST).await.err().unwrap();
    assert!(refused.to_string().contains("another server"), "{refused}");
    let rooms = database.collection::<Document>("rooms");
    let room = rooms.find_one(doc! { "_id": old.room.to_string() }).await;
    assert!(room.unwrap().unwrap().contains_key("members"));
    assert_eq!(
        migrations.count_documents(doc! {}).await.unwrap(),
        1,
        "it is still taken"
    );
}
