//! Rooms: made, listed, changed and removed; and the door of those with a password.

use std::{collections::BTreeSet, time::Duration};

use reqwest::Method;
use serde_json::json;
use tokio::time::Instant;

use crate::support::{TestApp, Visitor, eventually};

const PASSWORD: &str = "열려라-참깨-7391";

async fn locked(owner: &Visitor) -> String {
    owner
        .create_room_of(json!({ "title": "잠긴 방", "password": PASSWORD }))
        .await
}

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
    let mut made = Vec::new();
    for n in 0..75 {
        made.push(owner.create_room(&format!("방 {n}")).await);
    }
    made.reverse();
    for limit in [30, 7, 75, 100] {
        let mut path = Some(format!("/rooms?limit={limit}"));
        let mut listed: Vec<String> = Vec::new();
        while let Some(next) = path {
            let page = owner.get_json(&next).await.ok().json();
            let rooms = page["data"].as_array().unwrap();
            assert!(rooms.len() <= limit && page["count"] == rooms.len());
            listed.extend(rooms.iter().map(|room| room["_id"].as_str().unwrap().to_owned()));
            path = page["next"].as_str().map(String::from);
        }
        assert!(listed == made, "pages of {limit}");
    }
    let first = owner.get_json("/rooms").await.ok().json();
    assert_eq!(first["count"], 30);
    // The cursor stays good when the room it came from is gone.
    let cursor = first["cursor"]["after"].as_str().unwrap();
    owner.delete(&made[29]).await.ok();
    let second = owner
        .get_json(&format!("/rooms?after={cursor}&limit=1"))
        .await
        .ok()
        .json();
    assert_eq!(second["data"][0]["_id"], json!(made[30]));
    // The pages for people go the same way.
    let page = owner.get("/").await.text();
    assert_eq!(
        made.iter()
            .filter(|id| page.contains(&format!("href=\"/room/{id}\"")))
            .count(),
        30
    );
    let link = page.split_once("href=\"/?after=").unwrap().1.split_once('"').unwrap().0;
    let next = owner.get(&format!("/?after={link}")).await.ok().text();
    assert!(next.contains(&made[31]) && !next.contains(&made[30]));
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
async fn a_locked_room_shows_a_password_form_and_nothing_of_what_is_said() {
    let app = TestApp::start().await;
    let (owner, other) = (app.visitor().await, app.visitor().await);
    let room = locked(&owner).await;
    let mut socket = owner.join(&room).await;
    socket.post("비밀 이야기").await;
    let gate = other.get(&format!("/room/{room}")).await;
    assert_eq!(gate.status, 403);
    assert!(gate.text().contains(&format!("action=\"/room/{room}/enter\"")) && !gate.text().contains("비밀 이야기"));
    other
        .get_json(&format!("/room/{room}/messages"))
        .await
        .refused(403, "wrong_password");
    let mut others = other.connect("/chat").await;
    others.ask_in_vain("join", &room, "wrong_password").await;
    others.emit("join", &room).await;
    assert_eq!(others.wait("exception").await["code"], "wrong_password");
    other.post_chat(&room, "x").await.refused(403, "not_a_member");
    other.unlock(&room, "아무거나").await.refused(403, "wrong_password");
    other.unlock(&room, "").await.refused(403, "wrong_password");
    let wrong = other
        .post_form(&format!("/room/{room}/enter"), &[("password", "틀린 것")])
        .await;
    assert_eq!(wrong.status, 403);
    assert!(wrong.text().contains("error-message") && !wrong.text().contains("틀린 것"));
    others.ask_in_vain("join", &room, "wrong_password").await;
}

#[tokio::test]
async fn the_right_password_opens_the_room_and_renames_the_session() {
    let app = TestApp::start().await;
    let (owner, other) = (app.visitor().await, app.visitor().await);
    let room = locked(&owner).await;
    other.get("/").await;
    // Connected before the unlock, it may join after it.
    let mut early = other.connect("/chat").await;
    early.ask_in_vain("join", &room, "wrong_password").await;
    let before = other.cookie().unwrap();
    let entered = other
        .post_form(&format!("/room/{room}/enter"), &[("password", PASSWORD)])
        .await;
    assert_eq!(
        (entered.status, entered.header("location")),
        (303, Some(&*format!("/room/{room}")))
    );
    let after = other.cookie().unwrap();
    assert_ne!(after, before);
    other.get(&format!("/room/{room}")).await.ok();
    other.get_json(&format!("/room/{room}/messages")).await.ok();
    early.join(&room).await;
    assert_eq!(
        other.look_in_the_mirror().await,
        (other.id.clone(), other.color.clone())
    );
    // Who has got hold of the old name has nothing.
    let thief = app.stranger();
    thief.set_cookie(&before);
    assert_eq!(thief.get(&format!("/room/{room}")).await.status, 403);
    assert_ne!(thief.look_in_the_mirror().await.0, other.id);
}

#[tokio::test]
async fn a_grant_survives_a_restart_and_is_for_one_visitor_and_one_room() {
    let mut app = TestApp::start().await;
    let (owner, granted) = (app.visitor().await, app.visitor().await);
    let (room, another) = (locked(&owner).await, locked(&owner).await);
    granted.unlock(&room, PASSWORD).await.ok();
    app.restart().await;
    granted.get(&format!("/room/{room}")).await.ok();
    granted.join(&room).await;
    assert_eq!(granted.get(&format!("/room/{another}")).await.status, 403);
    assert_eq!(app.visitor().await.get(&format!("/room/{room}")).await.status, 403);
}

#[tokio::test]
async fn a_new_password_takes_all_grants_back() {
    let app = TestApp::start().await;
    let (owner, other) = (app.visitor().await, app.visitor().await);
    let room = locked(&owner).await;
    other.unlock(&room, PASSWORD).await.ok();
    other.get_json(&format!("/room/{room}/messages")).await.ok();
    owner.patch(&room, json!({ "password": "새 비밀번호" })).await.ok();
    other
        .get_json(&format!("/room/{room}/messages"))
        .await
        .refused(403, "wrong_password");
    other.unlock(&room, PASSWORD).await.refused(403, "wrong_password");
    other
        .connect("/chat")
        .await
        .ask_in_vain("join", &room, "wrong_password")
        .await;
    other.unlock(&room, "새 비밀번호").await.ok();
    other.join(&room).await;
    // Opened and locked again, nobody keeps what an open room gave.
    let edited = owner.patch(&room, json!({ "password": "" })).await.ok().json();
    assert_eq!(edited["password"], false);
    app.visitor().await.join(&room).await;
    owner.patch(&room, json!({ "password": PASSWORD })).await.ok();
    other
        .get_json(&format!("/room/{room}/messages"))
        .await
        .refused(403, "wrong_password");
    owner.join(&room).await;
}

#[tokio::test]
async fn the_password_and_its_hash_are_shown_nowhere() {
    let app = TestApp::start().await;
    let (owner, other) = (app.visitor().await, app.visitor().await);
    let mut lobby = other.connect("/room").await;
    let made = owner
        .post_form("/room", &[("title", "방"), ("max", ""), ("password", PASSWORD)])
        .await;
    let path = made.header("location").unwrap().to_owned();
    let room = path.trim_start_matches("/room/").to_owned();
    let mut seen = vec![
        format!("{:?}", made.headers),
        made.text(),
        lobby.wait("newRoom").await.to_string(),
    ];
    let mut socket = owner.connect("/chat").await;
    seen.push(socket.join(&room).await.to_string());
    let entered = other
        .post_form(&format!("{path}/enter"), &[("password", PASSWORD)])
        .await;
    seen.push(format!("{:?}", entered.headers));
    seen.push(other.unlock(&room, PASSWORD).await.text());
    seen.push(owner.patch(&room, json!({ "password": PASSWORD })).await.ok().text());
    seen.push(socket.wait("updateRoom").await.to_string());
    seen.push(lobby.wait("updateRoom").await.to_string());
    seen.push(
        owner
            .post_form("/room", &[("title", ""), ("password", PASSWORD)])
            .await
            .text(),
    );
    let long = PASSWORD.repeat(20);
    seen.push(
        owner
            .post_form("/room", &[("title", "x"), ("password", &long)])
            .await
            .text(),
    );
    seen.push(other.unlock(&room, &long).await.text());
    for visitor in [&owner, &other] {
        for page in ["/", "/rooms", "/room", &path, &format!("{path}/messages")] {
            seen.push(visitor.get(page).await.text());
            seen.push(visitor.get_json(page).await.text());
        }
    }
    for text in seen {
        assert!(!text.contains(PASSWORD) && !text.contains("argon2"), "{text}");
        assert!(!text.contains("%EC%97%B4%EB%A0%A4"), "{text}");
    }
    // Nor does the store hold it.
    let bytes = app.bytes_stored().await;
    assert!(
        !bytes
            .windows(PASSWORD.len())
            .any(|window| window == PASSWORD.as_bytes())
    );
    assert!(bytes.windows(9).any(|window| window == b"$argon2id"));
}

/// More attempts than the queue of 256 takes, so that some are sent away; the chat goes on meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_hundred_passwords_tried_at_once_do_not_stop_the_chat() {
    const TRIES: usize = 400;
    let app = TestApp::start().await;
    let (owner, other) = (app.visitor().await, app.visitor().await);
    let room = locked(&owner).await;
    other.get("/").await;
    let mut socket = owner.join(&room).await;
    let tries: Vec<_> = (0..TRIES)
        .map(|n| {
            let path = format!("/room/{room}/enter");
            let request = other
                .request(Method::POST, &path)
                .json(&json!({ "password": format!("아니 {n}") }));
            tokio::spawn(async move { crate::support::Answer::of(request.send().await.unwrap()).await })
        })
        .collect();
    let tried_at = Instant::now();
    let mut slowest = Duration::ZERO;
    let mut posted = 0;
    while !tries.iter().all(tokio::task::JoinHandle::is_finished) {
        let begun = Instant::now();
        socket.post("그동안").await;
        slowest = slowest.max(begun.elapsed());
        posted += 1;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // Behind the passwords a text would wait for most of the time that they take, on a slow machine too.
    let bound = tried_at.elapsed() / 4 + Duration::from_millis(500);
    assert!(
        posted >= 5 && slowest < bound,
        "{posted} texts, the slowest in {slowest:?} of {bound:?}"
    );
    let (mut wrong, mut busy) = (0, 0);
    for answer in tries {
        let answer = answer.await.unwrap();
        if answer.status == 429 {
            answer.refused(429, "rate_limited");
            let seconds: u64 = answer.header("retry-after").unwrap().parse().unwrap();
            assert!(seconds >= 1);
            busy += 1;
        } else {
            answer.refused(403, "wrong_password");
            wrong += 1;
        }
    }
    assert!(
        wrong >= 200 && busy > 0 && wrong + busy == TRIES,
        "{wrong} answered, {busy} sent away"
    );
    // And then the right one.
    eventually("the password opens the room", async || {
        (other.unlock(&room, PASSWORD).await.status == 200).then_some(())
    })
    .await;
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
