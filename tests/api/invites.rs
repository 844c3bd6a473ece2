//! Invites: a link that lets into a locked room, until it is withdrawn.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{TestApp, Visitor, eventually};

async fn locked(owner: &Visitor) -> String {
    owner
        .create_room_of(json!({ "title": "움짤", "password": "열려라" }))
        .await
}

/// The path of an invite, and the whole answer.
async fn invite(owner: &Visitor, room: &str) -> (String, Value) {
    let made = owner.post_json(&format!("/room/{room}/invite"), json!({})).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let invite = made.json();
    let url = invite["url"].as_str().unwrap();
    let path = url.strip_prefix(&owner.url("")).unwrap_or_else(|| panic!("{url}"));
    (path.to_owned(), invite)
}

#[tokio::test]
async fn an_invite_leads_into_the_room_without_the_password() {
    let app = TestApp::start().await;
    let (ann, bea) = (app.visitor().await, app.visitor().await);
    let room = locked(&ann).await;
    let (path, invite) = invite(&ann, &room).await;
    assert!(
        path.starts_with("/invite/") && path.len() == "/invite/".len() + 32,
        "{path}"
    );
    let qr = invite["qr"].as_str().unwrap();
    assert!(
        qr.starts_with("<svg") && qr.ends_with("</svg>") && !qr.contains("script"),
        "{qr}"
    );
    bea.room(&room).await.ok();
    assert_eq!(bea.get(&format!("/room/{room}")).await.status, 403);
    let before = bea.cookie();
    let led = bea.get(&path).await;
    assert_eq!(
        (led.status, led.header("location")),
        (303, Some(&*format!("/room/{room}")))
    );
    assert_ne!(bea.cookie(), before, "a session that gains a right gets a new name");
    assert_eq!(bea.look_in_the_mirror().await.0, bea.id, "and stays the same visitor");
    assert_eq!(bea.get(&format!("/room/{room}")).await.status, 200);
    bea.join(&room).await;
    // Somebody who comes by the link first of all, and one who asks for JSON.
    let stranger = app.stranger();
    assert_eq!(stranger.get(&path).await.status, 303);
    assert_eq!(stranger.get(&format!("/room/{room}")).await.status, 200);
    let script = app.visitor().await;
    assert_eq!(script.get_json(&path).await.ok().json()["_id"], room);
}

#[tokio::test]
async fn a_withdrawn_invite_lets_nobody_in_and_takes_its_grants_along() {
    let app = TestApp::start().await;
    let (ann, bea, eve) = (app.visitor().await, app.visitor().await, app.visitor().await);
    let room = locked(&ann).await;
    let (path, _) = invite(&ann, &room).await;
    bea.get(&path).await;
    let mut seated = bea.join(&room).await;
    // Who knows the password does not depend on the invite.
    let dan = app.visitor().await;
    dan.get(&path).await;
    dan.unlock(&room, "닫혀라").await.refused(403, "wrong_password");
    dan.unlock(&room, "열려라").await.ok();
    let withdrawn = ann
        .send(ann.request(reqwest::Method::DELETE, &format!("/room/{room}/invite")))
        .await;
    assert_eq!(withdrawn.ok().text(), "ok");
    eve.get_json(&path).await.refused(404, "invite_not_found");
    let page = eve.get(&path).await;
    assert!(page.status == 404 && page.text().contains("This invite no longer works."));
    assert_eq!(seated.post("still here").await["seq"], 2);
    // Who sits there reads on; who left does not come back by it.
    let page = format!("/room/{room}");
    bea.get(&page).await.ok();
    seated.emit_bare("leave").await;
    eventually("the door is shut", async || {
        (bea.get(&page).await.status == 403).then_some(())
    })
    .await;
    bea.connect("/chat")
        .await
        .ask_in_vain("join", &room, "wrong_password")
        .await;
    dan.get(&page).await.ok();
    let (fresh, _) = invite(&ann, &room).await;
    assert_ne!(fresh, path);
    assert_eq!(eve.get(&fresh).await.status, 303);
    for wrong in [
        "/invite/x",
        "/invite/",
        "/invite/%ff",
        "/invite/0123456789ABCDEF0123456789abcdef",
    ] {
        assert_eq!(eve.get_json(wrong).await.status, 404, "{wrong}");
    }
}

#[tokio::test]
async fn only_the_owner_makes_and_withdraws_invites() {
    let app = TestApp::start().await;
    let (ann, bea) = (app.visitor().await, app.visitor().await);
    let room = locked(&ann).await;
    bea.unlock(&room, "열려라").await.ok();
    let path = format!("/room/{room}/invite");
    for method in [reqwest::Method::POST, reqwest::Method::DELETE] {
        bea.send(bea.request(method, &path)).await.refused(403, "not_the_owner");
    }
    let nowhere = "/room/0123456789abcdef0123456789abcdef/invite";
    ann.post_json(nowhere, json!({})).await.refused(404, "room_not_found");
    // Everybody inside may pass the plain link on; it asks for the password.
    let link = bea.get_json(&path).await.ok().json();
    assert_eq!(link["url"], bea.url(&format!("/room/{room}")));
    app.visitor().await.get_json(&path).await.refused(403, "wrong_password");
}

#[tokio::test]
async fn the_invite_to_an_open_room_is_its_link_under_the_public_address() {
    let app = TestApp::with(&["--public-url", "https://chat.example"]).await;
    let ann = app.visitor().await;
    let room = ann.create_room("움짤").await;
    let path = format!("/room/{room}/invite");
    let invite = ann.post_json(&path, json!({})).await.ok().json();
    assert_eq!(invite["url"], format!("https://chat.example/room/{room}"));
    assert_eq!(ann.get_json(&path).await.ok().json(), invite);
}

#[tokio::test]
async fn a_link_has_room_for_any_host_and_is_refused_for_what_is_none() {
    let app = TestApp::start().await;
    let ann = app.visitor().await;
    let room = ann.create_room("움짤").await;
    let path = format!("/room/{room}/invite");
    let longest = format!("{}.example", "a.".repeat(122) + "a");
    assert_eq!(longest.len(), 253);
    let ask = async |host: &str| {
        let request = ann.plain(Method::GET, &path).header("accept", "application/json");
        ann.send(request.header("host", host)).await
    };
    let link = ask(&longest).await.ok().json();
    assert_eq!(link["url"], format!("http://{longest}/room/{room}"));
    let refused = ask(&"a".repeat(2_300)).await;
    assert_eq!(refused.status, 422, "{}", refused.text());
}

/// What a browser says of a request, and what it is for.
fn fetched(visitor: &Visitor, path: &str, site: &str, mode: &str, dest: &str) -> reqwest::RequestBuilder {
    visitor
        .plain(Method::GET, path)
        .header("sec-fetch-site", site)
        .header("sec-fetch-mode", mode)
        .header("sec-fetch-dest", dest)
}

#[tokio::test]
async fn only_opening_the_link_redeems_an_invite() {
    let app = TestApp::start().await;
    let (ann, bea) = (app.visitor().await, app.visitor().await);
    let room = locked(&ann).await;
    let (path, _) = invite(&ann, &room).await;
    let page = format!("/room/{room}");
    let stranger = app.stranger();
    for asks in [&bea, &stranger] {
        let before = asks.cookie();
        for request in [
            asks.plain(Method::HEAD, &path),
            fetched(asks, &path, "cross-site", "no-cors", "image"),
            fetched(asks, &path, "cross-site", "navigate", "iframe"),
            fetched(asks, &path, "same-origin", "cors", "empty"),
            fetched(asks, &path, "none", "navigate", "document").header("sec-purpose", "prefetch"),
        ] {
            let answer = asks.send(request).await;
            assert_eq!((answer.status, answer.body.len()), (204, 0));
            assert_eq!(answer.header("cache-control"), Some("no-store"));
        }
        assert_eq!(asks.cookie(), before, "no session is made or renamed");
    }
    assert_eq!(bea.get(&page).await.status, 403);
    let foreign = bea.plain(Method::POST, &path).header("sec-fetch-site", "cross-site");
    assert_eq!(bea.send(foreign).await.status, 403);
    let foreign = bea.plain(Method::POST, &path).header("origin", "https://evil.example");
    assert_eq!(bea.send(foreign).await.status, 403);
    assert_eq!(bea.get(&page).await.status, 403, "nothing of that let anybody in");

    // Out of a messenger, and by a form of this site.
    let led = bea
        .send(fetched(&bea, &path, "cross-site", "navigate", "document"))
        .await;
    assert_eq!((led.status, led.header("location")), (303, Some(&*page)));
    bea.get(&page).await.ok();
    let cid = app.visitor().await;
    let posted = cid.post_form(&path, &[]).await;
    assert_eq!((posted.status, posted.header("location")), (303, Some(&*page)));
    cid.get(&page).await.ok();
}

#[tokio::test]
async fn an_invite_lets_nobody_in_whom_the_owner_banned() {
    let app = TestApp::with(&["--trusted-proxies", "127.0.0.1"]).await;
    let ann = app.visitor().await;
    let [bad, fresh] = [app.visitor().await, app.visitor().await].map(|one| one.behind_proxy("203.0.113.7"));
    let room = locked(&ann).await;
    let (path, _) = invite(&ann, &room).await;
    let mut own = ann.join(&room).await;
    bad.get_json(&path).await.ok();
    let mut bads = bad.join(&room).await;
    let ban = json!({ "action": "ban", "visitor": bad.id });
    assert_eq!(own.ask("moderate", ban).await["ok"], true);
    assert_eq!(bads.wait("exception").await["code"], "banned");
    for visitor in [&bad, &fresh] {
        visitor.get_json(&path).await.refused(403, "banned");
        visitor.post_json(&path, json!({})).await.refused(403, "banned");
        let page = visitor.get(&path).await;
        assert!(page.status == 403 && !page.text().contains("움짤"), "{}", page.text());
    }
    let lift = json!({ "action": "unban", "visitor": bad.id });
    assert_eq!(own.ask("moderate", lift).await["ok"], true);
    fresh.room(&room).await.ok();
    fresh
        .get_json(&format!("/room/{room}/messages"))
        .await
        .refused(403, "wrong_password");
    fresh.get_json(&path).await.ok();
    fresh.get_json(&format!("/room/{room}/messages")).await.ok();
}
