//! The door of a room with a password.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tokio::time::Instant;

use crate::{
    fixtures::animated,
    support::{TestApp, Visitor, eventually},
};

pub(crate) const PASSWORD: &str = "열려라-참깨-7391";

pub(crate) async fn locked(owner: &Visitor) -> String {
    owner
        .create_room_of(json!({ "title": "잠긴 방", "password": PASSWORD }))
        .await
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
    other.join(&room).await.emit_bare("leave").await;
    // Opened and locked again, nobody keeps what an open room gave.
    let edited = owner.patch(&room, json!({ "password": "" })).await.ok().json();
    assert_eq!(edited["password"], false);
    let passer_by = app.visitor().await;
    let mut socket = passer_by.join(&room).await;
    owner.patch(&room, json!({ "password": PASSWORD })).await.ok();
    let history = format!("/room/{room}/messages");
    eventually("who left is out", async || {
        (other.get_json(&history).await.status == 403).then_some(())
    })
    .await;
    owner.join(&room).await;
    // Who sits in it reads on, with the pictures, until they leave.
    let gif = owner.upload(&room, animated(8, 8, 2)).await.ok().json();
    socket.wait("chat").await;
    let gif = format!("/gif/{}", gif["gif"].as_str().unwrap());
    for path in [&history, &gif] {
        passer_by.get_json(path).await.ok();
    }
    passer_by.unlock(&room, "틀린-것").await.refused(403, "wrong_password");
    socket.emit_bare("leave").await;
    eventually("the seat is free", async || {
        (passer_by.get_json(&history).await.status == 403).then_some(())
    })
    .await;
    passer_by.get_json(&gif).await.refused(403, "wrong_password");
}

#[tokio::test]
async fn who_sits_in_a_room_and_gives_its_new_password_may_come_back() {
    let app = TestApp::start().await;
    let (owner, seated) = (app.visitor().await, app.visitor().await);
    let room = owner.create_room("방").await;
    let mut socket = seated.join(&room).await;
    owner.patch(&room, json!({ "password": PASSWORD })).await.ok();
    seated.unlock(&room, PASSWORD).await.ok();
    socket.ask("leave", ()).await;
    seated.get_json(&format!("/room/{room}/messages")).await.ok();
    seated.join(&room).await;
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

/// The old password is checked while the new one is hashed, so that the grant for it comes late.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_that_is_changed_while_it_is_checked_lets_nobody_in() {
    let app = TestApp::start().await;
    let (owner, other) = (app.visitor().await, app.visitor().await);
    let room = owner
        .create_room_of(json!({ "title": "경주", "password": "pw-0" }))
        .await;
    let history = format!("/room/{room}/messages");
    let mut late = Vec::new();
    for round in 0..30 {
        let (old, new) = (format!("pw-{round}"), format!("pw-{}", round + 1));
        let (changed, entered) = tokio::join!(
            owner.patch(&room, json!({ "password": new })),
            other.unlock(&room, &old)
        );
        changed.ok();
        if entered.status != 200 {
            entered.refused(403, "wrong_password");
        }
        if other.get_json(&history).await.status != 403 {
            late.push(round);
        }
    }
    assert!(late.is_empty(), "the old password opened the room in rounds {late:?}");
    other.unlock(&room, "pw-30").await.ok();
    other.get_json(&history).await.ok();
}

/// More attempts than the 256 that may wait for one room, so that some are sent away; the chat goes on meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_hundred_passwords_tried_at_once_do_not_stop_the_chat() {
    const GUESSERS: usize = 50;
    const TRIES: usize = 8 * GUESSERS;
    let app = TestApp::start().await;
    let (owner, other) = (app.visitor().await, app.visitor().await);
    let room = locked(&owner).await;
    let mut guessers = Vec::new();
    for _ in 0..GUESSERS {
        guessers.push(app.visitor().await);
    }
    let mut socket = owner.join(&room).await;
    let tries: Vec<_> = (0..TRIES)
        .map(|n| {
            let path = format!("/room/{room}/enter");
            let request = guessers[n % GUESSERS]
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
