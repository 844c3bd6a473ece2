//! Rooms that live on while everybody in them is away, and seats that wait.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::support::{Socket, TestApp, Visitor, eventually};

/// A server on which whoever leaves is gone soon, and whoever loses the connection is not.
async fn app(flags: &[&str]) -> TestApp {
    TestApp::with(&[&["--room-grace", "200ms"], flags].concat()).await
}

/// Waits until a room is gone that was left after `since`: what was due by then has been done.
async fn all_that_is_due_is_done(app: &TestApp) {
    let visitor = app.visitor().await;
    let left = visitor.create_room("떠난 방").await;
    visitor.join(&left).await.goodbye().await;
    is_gone(&visitor, &left).await;
}

async fn is_gone(visitor: &Visitor, room: &str) {
    eventually("the room is gone", async || {
        (visitor.room(room).await.status == 404).then_some(())
    })
    .await;
}

async fn is_asleep(visitor: &Visitor, room: &str) {
    eventually("the room is asleep", async || {
        (visitor.room(room).await.json()["asleep"] == true).then_some(())
    })
    .await;
}

/// The next `updateRoom` of a room that says whether it is asleep as wanted.
async fn told_asleep(lobby: &mut Socket, room: &str, asleep: bool) {
    loop {
        let told = lobby.wait("updateRoom").await;
        if told["_id"] == json!(room) && told["asleep"] == json!(asleep) {
            return;
        }
    }
}

/// The next `updateRoom` of a room with two seats taken that says how many of these are of people who are away.
async fn told_away(lobby: &mut crate::support::Socket, room: &str, away: u32) {
    loop {
        let told = lobby.wait("updateRoom").await;
        if told["_id"] == json!(room) && told["count"] == json!(2) && told["away"] == json!(away) {
            return;
        }
    }
}

#[tokio::test]
async fn a_room_waits_for_friends_while_its_maker_shares_the_link() {
    let app = app(&["--seat-grace", "100ms", "--lost-grace", "100ms"]).await;
    let (maker, friend) = (app.visitor().await, app.visitor().await);
    let mut lobby = friend.connect("/room").await;
    let room = maker.create_room("첫 방").await;
    // The phone goes to sleep.
    drop(maker.join(&room).await);
    told_asleep(&mut lobby, &room, true).await;
    all_that_is_due_is_done(&app).await;
    let seen = friend.room(&room).await.json();
    assert_eq!((&seen["count"], &seen["asleep"]), (&json!(0), &json!(true)), "{seen}");
    let mut friends = friend.join(&room).await;
    told_asleep(&mut lobby, &room, false).await;
    let mut makers = maker.join(&room).await;
    makers.post("왔어요?").await;
    assert_eq!(friends.wait("chat").await["chat"], "왔어요?");
    // Now that others came, it waits for a lost connection only.
    drop((friends, makers));
    is_gone(&friend, &room).await;
}

#[tokio::test]
async fn a_room_waits_while_an_invite_is_good() {
    let app = app(&["--seat-grace", "100ms", "--lost-grace", "100ms"]).await;
    let (maker, friend) = (app.visitor().await, app.visitor().await);
    let room = maker.create_room_of(json!({ "title": "방", "password": "비밀" })).await;
    let invite = maker
        .post_json(&format!("/room/{room}/invite"), json!({}))
        .await
        .ok()
        .json();
    assert!(invite["url"].is_string(), "{invite}");
    friend.unlock(&room, "비밀").await.ok();
    drop((maker.join(&room).await, friend.join(&room).await));
    is_asleep(&maker, &room).await;
    all_that_is_due_is_done(&app).await;
    assert_eq!(maker.room(&room).await.status, 200);
    let withdrawn = maker
        .send(maker.request(reqwest::Method::DELETE, &format!("/room/{room}/invite")))
        .await;
    assert!(withdrawn.status < 300);
    is_gone(&maker, &room).await;
}

#[tokio::test]
async fn who_closes_the_page_has_left_and_who_loses_the_connection_is_away() {
    let app = app(&[]).await;
    let (closing, losing, watcher) = (app.visitor().await, app.visitor().await, app.visitor().await);
    let room = watcher.create_room("방").await;
    let mut watching = watcher.join(&room).await;
    let (close, lose) = (closing.join(&room).await, losing.join(&room).await);
    drop(lose);
    assert_eq!(
        watching.wait("away").await,
        json!({ "visitor": losing.id, "away": true })
    );
    let since = Instant::now();
    closing.close_page(&room).await.ok();
    drop(close);
    assert_eq!(watching.wait("exit").await["visitor"], json!(closing.id));
    assert!(
        since.elapsed() >= Duration::from_millis(4_900),
        "it might have been a reload"
    );
    // Who comes later sees who is away, too.
    let mut late = app.visitor().await.connect("/chat").await;
    let joined = late.join(&room).await;
    assert_eq!(
        (&joined["away"], &joined["room"]["count"]),
        (&json!([losing.id]), &json!(3))
    );
    // The last one closes the page: nobody is expected back but the one who is away.
    late.goodbye().await;
    watcher.close_page(&room).await.ok();
    drop(watching);
    is_asleep(&watcher, &room).await;
    all_that_is_due_is_done(&app).await;
    assert_eq!(watcher.room(&room).await.json()["count"], 2, "the two who are away");
}

#[tokio::test]
async fn a_room_whose_last_visitor_closed_the_page_ends_soon() {
    let app = app(&["--seat-grace", "100ms"]).await;
    let visitor = app.visitor().await;
    let room = visitor.create_room("방").await;
    let page = visitor.join(&room).await;
    visitor.close_page(&room).await.ok();
    drop(page);
    is_gone(&visitor, &room).await;
    // Who is not there and what does not exist is nothing to complain about.
    assert_eq!(visitor.close_page(&room).await.status, 204);
}

#[tokio::test]
async fn the_seat_of_who_is_away_goes_to_who_waits_at_the_door_of_a_full_room() {
    let app = app(&[]).await;
    let (owner, away, third) = (app.visitor().await, app.visitor().await, app.visitor().await);
    let room = owner.create_room_of(json!({ "title": "둘", "max": 2 })).await;
    let mut owners = owner.join(&room).await;
    let lost = away.join(&room).await;
    let mut lobby = third.connect("/room").await;
    let since = Instant::now();
    drop(lost);
    // The list says that there is a seat to be had.
    told_away(&mut lobby, &room, 1).await;
    owners.wait("away").await;
    let mut door = third.connect("/chat").await;
    door.ask_in_vain("join", &room, "room_full").await;
    assert_eq!(third.get(&format!("/room/{room}")).await.status, 303);
    let page = || async { third.get(&format!("/room/{room}")).await.status };
    eventually("the page opens", async || (page().await == 200).then_some(())).await;
    assert!(
        since.elapsed() >= Duration::from_millis(4_900),
        "it might have been a reload"
    );
    door.join(&room).await;
    told_away(&mut lobby, &room, 0).await;
    assert_eq!(owners.wait("exit").await["visitor"], json!(away.id));
    assert_eq!(owners.wait("join").await["visitor"], json!(away.id), "from before");
    let joined = owners.wait("join").await;
    assert_eq!((&joined["visitor"], &joined["count"]), (&json!(third.id), &json!(2)));
    away.connect("/chat")
        .await
        .ask_in_vain("join", &room, "room_full")
        .await;
}

/// Loses the connection of somebody in a room of its own, with an owner who stays, and waits until the seat may be given to
/// somebody else: what was left before may be by then, too.
async fn longer_than_a_reload_passes(app: &TestApp) -> Socket {
    let (owner, away, outside) = (app.visitor().await, app.visitor().await, app.visitor().await);
    let room = owner.create_room_of(json!({ "title": "둘", "max": 2 })).await;
    let mut owners = owner.join(&room).await;
    drop(away.join(&room).await);
    owners.wait("away").await;
    let page = || async { outside.get(&format!("/room/{room}")).await.status };
    eventually("the page opens", async || (page().await == 200).then_some(())).await;
    owners
}

#[tokio::test]
async fn newcomers_who_come_together_get_the_seats_of_all_who_are_away() {
    let app = app(&[]).await;
    let owner = app.visitor().await;
    let room = owner.create_room_of(json!({ "title": "넷", "max": 4 })).await;
    let mut owners = owner.join(&room).await;
    for _ in 0..3 {
        drop(app.visitor().await.join(&room).await);
        owners.wait("away").await;
    }
    let _awake = longer_than_a_reload_passes(&app).await;
    let mut doors = Vec::new();
    for _ in 0..6 {
        doors.push(app.visitor().await.connect("/chat").await);
    }
    let asked = doors.iter_mut().map(|door| door.ask("join", &room));
    let answers = join_all(asked).await;
    let (inside, outside): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer["ok"] == true);
    assert_eq!(inside.len(), 3, "{answers:?}");
    assert!(
        outside.iter().all(|answer| answer["code"] == "room_full"),
        "{outside:?}"
    );
}

#[tokio::test]
async fn who_make_rooms_together_get_the_places_of_all_that_sleep() {
    let app = TestApp::with(&["--rooms", "5"]).await;
    let sleeper = app.visitor().await;
    for n in 0..4 {
        let room = sleeper.create_room(&n.to_string()).await;
        drop(sleeper.join(&room).await);
        is_asleep(&sleeper, &room).await;
    }
    let _awake = longer_than_a_reload_passes(&app).await;
    let mut makers = Vec::new();
    for _ in 0..5 {
        makers.push(app.visitor().await);
    }
    let make = async |maker: &Visitor| maker.post_json("/room", json!({ "title": "새 방" })).await.status;
    let mut made = join_all(makers.iter().map(make)).await;
    made.sort_unstable();
    assert_eq!(made, [201, 201, 201, 201, 507]);
}

#[tokio::test]
async fn the_room_that_slept_longest_gives_way_when_there_may_be_no_more() {
    let app = TestApp::with(&["--rooms", "3"]).await;
    let (one, other) = (app.visitor().await, app.visitor().await);
    let first = one.create_room("먼저 잠든 방").await;
    drop(one.join(&first).await);
    let fell_asleep = Instant::now();
    is_asleep(&one, &first).await;
    let second = one.create_room("나중에 잠든 방").await;
    drop(one.join(&second).await);
    let third = other.create_room("깨어 있는 방").await;
    let _awake = other.join(&third).await;
    let since = fell_asleep;
    let made = || async { other.post_json("/room", json!({ "title": "새 방" })).await };
    let fresh = eventually("a room gives way", async || {
        let made = made().await;
        if made.status != 201 {
            made.refused(507, "storage_full");
            return None;
        }
        Some(made.json()["_id"].clone())
    })
    .await;
    assert!(
        since.elapsed() >= Duration::from_millis(4_500),
        "it might have been a reload"
    );
    let listed = other.get_json("/rooms").await.json();
    let listed: Vec<&Value> = listed["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|room| &room["_id"])
        .collect();
    assert_eq!(listed, [&fresh, &json!(third), &json!(second)]);
}
