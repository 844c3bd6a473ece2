//! Rooms: made, listed, changed and removed.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{
    passwords::{PASSWORD, locked},
    support::{TestApp, eventually},
};

#[tokio::test]
async fn a_new_room_has_the_fields_of_the_interface_and_its_owner_is_in() {
    let app = TestApp::start().await;
    let owner = app.visitor().await;
    let made = owner
        .post_json("/room", json!({ "title": " 새 방 ", "max": 5, "password": PASSWORD }))
        .await;
    assert_eq!(made.status, 201);
    let room = made.json();
    let keys: BTreeSet<_> = room.as_object().unwrap().keys().map(String::as_str).collect();
    for key in ["_id", "title", "max", "count", "owner", "password", "createdAt"] {
        assert!(keys.contains(key), "{key}: {room}");
    }
    assert_eq!(
        (&room["title"], &room["max"], &room["count"]),
        (&json!("새 방"), &json!(5), &json!(0))
    );
    assert_eq!((&room["owner"], &room["password"]), (&json!(owner.color), &json!(true)));
    let id = room["_id"].as_str().unwrap();
    assert!(
        id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "{id}"
    );
    assert_eq!(made.header("location"), Some(&*format!("/room/{id}")));
    // The owner needs no password for a room of their own.
    owner.get(&format!("/room/{id}")).await.ok();
    owner.join(id).await;
    let plain = owner.create_room("보통").await;
    assert_eq!(owner.room(&plain).await.json()["max"], 10);
    assert_eq!(owner.room(&plain).await.json()["password"], false);
}

#[tokio::test]
async fn a_form_makes_a_room_and_leads_into_it() {
    let app = TestApp::start().await;
    let owner = app.visitor().await;
    let made = owner
        .post_form("/room", &[("title", "폼 방"), ("max", "3"), ("password", "")])
        .await;
    assert_eq!(made.status, 303);
    let page = owner.get(made.header("location").unwrap()).await.ok().text();
    assert!(page.contains("폼 방"));
    let wrong = owner
        .post_form("/room", &[("title", ""), ("max", "1"), ("password", PASSWORD)])
        .await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.text().contains("aria-invalid") && !wrong.text().contains(PASSWORD));
}

#[tokio::test]
async fn a_title_that_is_missing_is_asked_for_without_nonsense() {
    let app = TestApp::start().await;
    let visitor = app.visitor().await;
    let refused = visitor.post_json("/room", json!({ "title": " " })).await;
    refused.refused(422, "invalid");
    let message = refused.json()["message"].as_str().unwrap().to_owned();
    assert!(!message.contains('0') || message.contains("60"), "{message}");
    let page = visitor.post_form("/room", &[("title", "")]).await.text();
    assert!(!page.contains("1 to 0"), "{page}");
}

#[tokio::test]
async fn seventy_five_rooms_are_listed_newest_first_page_by_page() {
    let app = TestApp::start().await;
    let owner = app.visitor().await;
    let mut made = BTreeSet::new();
    for n in 0..75 {
        made.insert(owner.create_room(&format!("방 {n}")).await);
    }
    // Several may be made in one millisecond, whose order is nobody's business as long as it stays.
    let all = owner.get_json("/rooms?limit=100").await.ok().json();
    let all = all["data"].as_array().unwrap();
    assert!(all.is_sorted_by(|newer, older| newer["createdAt"].as_str() >= older["createdAt"].as_str()));
    let of = |rooms: &[Value]| -> Vec<String> {
        rooms
            .iter()
            .map(|room| room["_id"].as_str().unwrap().to_owned())
            .collect()
    };
    let rooms = of(all);
    assert_eq!(rooms.iter().cloned().collect::<BTreeSet<_>>(), made);
    assert_eq!(rooms.len(), 75, "each once");
    for limit in [30, 7, 75] {
        let mut path = Some(format!("/rooms?limit={limit}"));
        let mut listed: Vec<String> = Vec::new();
        while let Some(next) = path {
            let page = owner.get_json(&next).await.ok().json();
            let some = page["data"].as_array().unwrap();
            assert!(some.len() <= limit && page["count"] == some.len());
            listed.extend(of(some));
            path = page["next"].as_str().map(String::from);
        }
        assert!(listed == rooms, "pages of {limit}");
    }
    let first = owner.get_json("/rooms").await.ok().json();
    assert_eq!(first["count"], 30);
    // The cursor stays good when the room it came from is gone.
    let cursor = first["cursor"]["after"].as_str().unwrap();
    owner.delete(&rooms[29]).await.ok();
    let second = owner
        .get_json(&format!("/rooms?after={cursor}&limit=1"))
        .await
        .ok()
        .json();
    assert_eq!(second["data"][0]["_id"], json!(rooms[30]));
    // The pages for people go the same way.
    let page = owner.get("/").await.text();
    assert_eq!(
        rooms
            .iter()
            .filter(|id| page.contains(&format!("href=\"/room/{id}\"")))
            .count(),
        30
    );
    let link = page.split_once("href=\"/?after=").unwrap().1.split_once('"').unwrap().0;
    let next = owner.get(&format!("/?after={link}")).await.ok().text();
    assert!(next.contains(&rooms[31]) && !next.contains(&rooms[30]));
    for wrong in ["?after=x", "?limit=0", "?limit=101", "?limit=many", "?after=1-2"] {
        owner.get_json(&format!("/rooms{wrong}")).await.refused(422, "invalid");
    }
}

#[tokio::test]
async fn the_list_is_told_of_new_changed_and_removed_rooms() {
    let app = TestApp::start().await;
    let (owner, other) = (app.visitor().await, app.visitor().await);
    let mut lobby = other.connect("/room").await;
    let room = owner.create_room("첫 이름").await;
    assert_eq!(lobby.wait("newRoom").await, owner.room(&room).await.json());
    owner.patch(&room, json!({ "title": "새 이름" })).await.ok();
    assert_eq!(lobby.wait("updateRoom").await["title"], "새 이름");
    let socket = owner.join(&room).await;
    assert_eq!(lobby.wait("updateRoom").await["count"], 1);
    socket.goodbye().await;
    assert_eq!(lobby.wait("updateRoom").await["count"], 0);
    owner.delete(&room).await.ok();
    assert_eq!(lobby.wait("removeRoom").await, json!(room));
    assert_eq!(owner.get_json("/rooms").await.json()["data"], json!([]));
}

#[tokio::test]
async fn the_owner_edits_and_everybody_in_the_room_hears_of_it() {
    let app = TestApp::start().await;
    let (owner, member) = (app.visitor().await, app.visitor().await);
    let room = owner.create_room("전").await;
    let mut socket = member.join(&room).await;
    let edited = owner.patch(&room, json!({ "title": "후", "max": 7 })).await.ok().json();
    assert_eq!((&edited["title"], &edited["max"]), (&json!("후"), &json!(7)));
    assert_eq!(socket.wait("updateRoom").await["title"], "후");
    // What is not named stays.
    let edited = owner.patch(&room, json!({ "max": 3 })).await.ok().json();
    assert_eq!((&edited["title"], &edited["max"]), (&json!("후"), &json!(3)));
    assert_eq!(owner.patch(&room, json!({})).await.ok().json(), edited);
}

#[tokio::test]
async fn an_edit_survives_a_restart() {
    let mut app = TestApp::start().await;
    let owner = app.visitor().await;
    let room = owner.create_room("전").await;
    owner
        .patch(&room, json!({ "title": "후", "max": 7, "password": PASSWORD }))
        .await
        .ok();
    let before = owner.room(&room).await.json();
    app.restart().await;
    assert_eq!(owner.room(&room).await.json(), before);
    app.visitor().await.unlock(&room, PASSWORD).await.ok();
}

#[tokio::test]
async fn only_the_owner_changes_or_removes_a_room() {
    let app = TestApp::start().await;
    let (owner, member) = (app.visitor().await, app.visitor().await);
    let room = owner.create_room("내 방").await;
    let _socket = member.join(&room).await;
    member
        .patch(&room, json!({ "title": "남의 방" }))
        .await
        .refused(403, "not_the_owner");
    member.delete(&room).await.refused(403, "not_the_owner");
    member
        .post_json(&format!("/room/{room}/delete"), json!({}))
        .await
        .refused(403, "not_the_owner");
    app.visitor().await.delete(&room).await.refused(403, "not_the_owner");
    assert_eq!(owner.room(&room).await.ok().json()["title"], "내 방");
    // Smaller than those who sit: they stay, and nobody comes in.
    let _others = [
        app.visitor().await.join(&room).await,
        app.visitor().await.join(&room).await,
    ];
    owner.patch(&room, json!({ "max": 2 })).await.ok();
    let mut late = app.visitor().await.connect("/chat").await;
    late.ask_in_vain("join", &room, "room_full").await;
    assert_eq!(owner.room(&room).await.json()["count"], 3);
    // By a form, as without JavaScript.
    let removed = owner.post_form(&format!("/room/{room}/delete"), &[]).await;
    assert_eq!((removed.status, removed.header("location")), (303, Some("/")));
    owner.room(&room).await.refused(404, "room_not_found");
    owner.delete(&room).await.refused(404, "room_not_found");
}

#[tokio::test]
async fn a_removed_room_takes_messages_files_and_grants_along() {
    let app = TestApp::start().await;
    let (owner, member) = (app.visitor().await, app.visitor().await);
    let room = locked(&owner).await;
    member.unlock(&room, PASSWORD).await.ok();
    let mut socket = member.join(&room).await;
    socket.post("글").await;
    let gif = member
        .upload(&room, crate::fixtures::animated(8, 8, 3))
        .await
        .ok()
        .json();
    let gif = format!("/gif/{}", gif["gif"].as_str().unwrap());
    assert_eq!(app.files().len(), 2);
    let deleted = owner.delete(&room).await.ok();
    assert_eq!(deleted.text(), "ok");
    assert_eq!(socket.wait("removeRoom").await, json!(room));
    app.no_files_left().await;
    for path in [
        format!("/room/{room}"),
        format!("/room/{room}/messages"),
        gif.clone(),
        format!("{gif}/still"),
    ] {
        assert_eq!(member.get_json(&path).await.status, 404, "{path}");
    }
    for table in ["rooms", "messages", "grants"] {
        eventually(&format!("{table} are empty"), async || {
            (app.rows(table).await == 0).then_some(())
        })
        .await;
    }
    // The sockets are let go.
    socket
        .ask_in_vain("chat", json!({ "chat": "x" }), "room_not_found")
        .await;
}

#[tokio::test]
async fn no_more_rooms_are_made_at_once_than_may_be_open() {
    let app = TestApp::with(&["--rooms", "5"]).await;
    let visitor = app.visitor().await;
    let making = (0..40).map(async |n| {
        let fields = json!({ "title": format!("방 {n}") });
        visitor.post_json("/room", fields).await
    });
    let made = futures_util::future::join_all(making).await;
    let (made, refused): (Vec<_>, Vec<_>) = made.into_iter().partition(|answer| answer.status == 201);
    assert_eq!(made.len(), 5);
    refused.into_iter().for_each(|answer| {
        answer.refused(507, "storage_full");
    });
}
