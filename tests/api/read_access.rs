//! Who may read a room over HTTP: no banned visitor, and no newcomer while it is closed.

use reqwest::Method;
use serde_json::json;

use crate::{
    fixtures::animated,
    support::{TestApp, Visitor},
};

const HOME: &str = "203.0.113.7";
const AWAY: &str = "198.51.100.9";

async fn behind_proxy() -> TestApp {
    TestApp::with(&["--trusted-proxies", "127.0.0.1"]).await
}

/// Everything of a room that can be read.
fn paths(room: &str, gif: &str) -> Vec<String> {
    let of_room = ["/messages", "/gifs", "/invite", "/whispers"].map(|end| format!("/room/{room}{end}"));
    let files = [format!("/gif/{gif}"), format!("/gif/{gif}/still")];
    of_room.into_iter().chain(files).collect()
}

async fn reads_all(visitor: &Visitor, room: &str, gif: &str) {
    visitor.get(&format!("/room/{room}")).await.ok();
    visitor.room(room).await.ok();
    for path in paths(room, gif) {
        visitor.get_json(&path).await.ok();
    }
}

async fn reads_nothing(visitor: &Visitor, room: &str, gif: &str) {
    for path in paths(room, gif) {
        visitor.get_json(&path).await.refused(403, "banned");
    }
    visitor.room(room).await.refused(403, "banned");
    visitor.unlock(room, "").await.refused(403, "banned");
}

#[tokio::test]
async fn a_new_cookie_from_the_address_of_somebody_banned_reads_nothing_of_the_room() {
    let app = behind_proxy().await;
    let (owner, elsewhere) = (app.visitor().await, app.visitor().await.behind_proxy(AWAY));
    let [bad, neighbour, fresh] =
        [app.visitor().await, app.visitor().await, app.visitor().await].map(|visitor| visitor.behind_proxy(HOME));
    let room = owner.create_room("비밀 아닌 방").await;
    let mut own = owner.join(&room).await;
    let (mut bads, _neighbours) = (bad.join(&room).await, neighbour.join(&room).await);
    let gif = bad.upload(&room, animated(20, 20, 3)).await.ok().json();
    let gif = gif["gif"].as_str().unwrap();
    let file = format!("/gif/{gif}");
    reads_all(&fresh, &room, gif).await;

    let ban = json!({ "action": "ban", "visitor": bad.id, "seconds": 3_600 });
    own.ask("moderate", ban).await;
    assert_eq!(bads.wait("exception").await["code"], "banned");
    let nobody = app.stranger().behind_proxy(HOME);
    nobody.get_json(&file).await.refused(403, "banned");
    for visitor in [&bad, &fresh] {
        reads_nothing(visitor, &room, gif).await;
        let page = visitor.get(&format!("/room/{room}")).await;
        assert_eq!(page.status, 403);
        let page = page.text();
        assert!(
            page.contains("The owner banned you from this room for another 60 min."),
            "{page}"
        );
        assert!(page.contains("비밀 아닌 방") && !page.contains("name=\"password\"") && !page.contains(gif));
    }
    for visitor in [&owner, &neighbour, &elsewhere] {
        reads_all(visitor, &room, gif).await;
    }
    own.ask("moderate", json!({ "action": "unban", "visitor": bad.id }))
        .await;
    reads_all(&fresh, &room, gif).await;
    app.stranger().behind_proxy(HOME).get_json(&file).await.ok();
}

#[tokio::test]
async fn a_ban_holds_in_every_form_in_which_a_proxy_names_the_address() {
    // What the proxy writes of somebody banned, and what it writes of them when they come back.
    let forms: [(&str, &[_]); 2] = [
        (
            "x-forwarded-for",
            &[
                ("203.0.113.7:5678", "203.0.113.7:5679"),
                ("203.0.113.7", "unknown, \"203.0.113.7:80\""),
                ("[2001:db8::1]:5678", "2001:db8::2"),
                ("[2001:db8::1]", "\"[2001:db8::1]:_port\""),
                ("unknown", "_hidden"),
                ("203.0.113.7,", ", 203.0.113.7, "),
            ],
        ),
        (
            "forwarded",
            &[
                ("for=203.0.113.7", "for=\"203.0.113.7:5678\";proto=https"),
                (
                    "For=\"[2001:db8::1]:5678\"",
                    "for=198.51.100.9, by=_x;for=\"[2001:db8::1]\"",
                ),
                ("for=unknown", "for=_hidden"),
            ],
        ),
    ];
    for (header, forms) in forms {
        let app = TestApp::with(&["--trusted-proxies", "127.0.0.1", "--address-header", header]).await;
        let owner = app.visitor().await;
        for &(form, again) in forms {
            let room = owner.create_room("방").await;
            let mut own = owner.join(&room).await;
            let (bad, fresh) = (app.visitor().await, app.visitor().await);
            let (bad, fresh) = (bad.behind_proxy(form), fresh.behind_proxy(again));
            let mut bads = bad.join(&room).await;
            fresh.room(&room).await.ok();
            own.ask("moderate", json!({ "action": "ban", "visitor": bad.id })).await;
            assert_eq!(bads.wait("exception").await["code"], "banned");
            let messages = format!("/room/{room}/messages");
            let answer = fresh.get_json(&messages).await;
            assert_eq!(answer.status, 403, "{header}: {form} and {again}");
            answer.refused(403, "banned");
            fresh.connect("/chat").await.ask_in_vain("join", &room, "banned").await;
            let elsewhere = if header == "forwarded" {
                "for=198.51.100.9"
            } else {
                AWAY
            };
            let elsewhere = app.visitor().await.behind_proxy(elsewhere);
            elsewhere.get_json(&messages).await.ok();
        }
    }
}

#[tokio::test]
async fn a_banned_visitor_is_told_so_at_the_door_of_a_locked_room_and_tries_no_password() {
    let app = behind_proxy().await;
    let (owner, bad) = (app.visitor().await, app.visitor().await.behind_proxy(HOME));
    let room = owner
        .create_room_of(json!({ "title": "방", "password": "열려라" }))
        .await;
    let mut own = owner.join(&room).await;
    bad.unlock(&room, "열려라").await.ok();
    let _bads = bad.join(&room).await;
    own.ask("moderate", json!({ "action": "ban", "visitor": bad.id })).await;
    let fresh = app.visitor().await.behind_proxy(HOME);
    for password in ["열려라", "닫혀라"] {
        fresh.unlock(&room, password).await.refused(403, "banned");
        let enter = format!("/room/{room}/enter");
        let page = fresh.post_form(&enter, &[("password", password)]).await;
        assert_eq!(page.status, 403);
        assert!(page.text().contains("The owner banned you from this room."));
    }
    own.ask("moderate", json!({ "action": "unban", "visitor": bad.id }))
        .await;
    let history = format!("/room/{room}/messages");
    fresh.get_json(&history).await.refused(403, "wrong_password");
}

#[tokio::test]
async fn a_closed_room_says_so_at_once_and_takes_no_password() {
    let app = TestApp::start().await;
    let (owner, inside, outside) = (app.visitor().await, app.visitor().await, app.visitor().await);
    for password in ["", "열려라"] {
        let room = owner
            .create_room_of(json!({ "title": "방", "password": password }))
            .await;
        let path = format!("/room/{room}");
        let _own = owner.join(&room).await;
        inside.unlock(&room, password).await.ok();
        let _there = inside.join(&room).await;
        let gif = owner.upload(&room, animated(20, 20, 3)).await.ok().json();
        let file = format!("/gif/{}", gif["gif"].as_str().unwrap());
        owner.patch(&room, json!({ "closed": true })).await.ok();
        let enter = format!("{path}/enter");
        for answer in [
            outside.get(&path).await,
            outside.post_form(&enter, &[("password", "열려라")]).await,
        ] {
            assert_eq!(answer.status, 403);
            let page = answer.text();
            assert!(
                page.contains("The owner has closed this room.") && page.contains("403 · closed"),
                "{page}"
            );
            assert!(!page.contains("name=\"password\""), "it is not asked for in vain");
        }
        outside.unlock(&room, "열려라").await.refused(403, "closed");
        for path in [format!("{path}/messages"), format!("{path}/gifs"), file.clone()] {
            outside.get_json(&path).await.refused(403, "closed");
            inside.get_json(&path).await.ok();
        }
        assert_eq!(outside.room(&room).await.ok().json()["closed"], true);
        let mut socket = outside.connect("/chat").await;
        socket.ask_in_vain("join", &room, "closed").await;
        owner.patch(&room, json!({ "closed": false })).await.ok();
        let asked = outside.get(&path).await;
        assert_eq!(asked.status == 403, !password.is_empty(), "no grant came of it");
        let plain = outside.send(outside.plain(Method::GET, &file)).await;
        assert_eq!(plain.status == 403, !password.is_empty());
    }
}
