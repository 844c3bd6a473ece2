//! What operators see and do, by the interface of their own and from a shell.

mod gifs;
mod pages;
mod reports;
mod tokens;
mod underway;
mod wrong;

use std::{fs, process::Command, time::Duration};

use reqwest::{Method, header};
use serde_json::{Value, json};

use crate::{
    fixtures::animated,
    support::{Console, Server, Visitor, in_time},
};

async fn server(flags: &[&str]) -> (Server, Console) {
    let server = Server::alone(&[&Console::FLAGS, flags].concat()).await;
    let console = Console::of(&server).await;
    (server, console)
}

/// What is in the audit log: who, what, to what and why, the latest first.
async fn audit(console: &Console) -> Vec<[String; 4]> {
    let log = console.get("/audit").await.ok().json();
    let text = |entry: &Value, field: &str| entry[field].as_str().unwrap().to_owned();
    let entry = |entry: &Value| ["who", "what", "target", "why"].map(|field| text(entry, field));
    log["audit"].as_array().unwrap().iter().map(entry).collect()
}

#[tokio::test]
async fn an_operator_sees_how_full_the_site_is_its_rooms_and_what_was_said_there() {
    let (server, console) = server(&["--name", "움짤방"]).await;
    let ann = server.visitor().await;
    let room = ann
        .create_room_of(json!({ "title": "비밀", "password": "sesame" }))
        .await;
    let mut socket = ann.join(&room).await;
    socket.post("쉿").await;
    ann.upload(&room, animated(20, 20, 2)).await.ok();

    let site = console.get("/").await.ok().json();
    assert_eq!(
        (&site["name"], &site["rooms"]["open"], &site["seats"]),
        (&json!("움짤방"), &json!(1), &json!(1))
    );
    assert_eq!(site["gifs"]["files"], 1);
    let rooms = console.get("/rooms").await.ok().json();
    assert_eq!((&rooms["rooms"][0]["_id"], &rooms["total"]), (&json!(room), &json!(1)));
    let one = console.get(&format!("/rooms/{room}")).await.ok().json();
    assert_eq!(
        (&one["title"], &one["members"][0]["id"]),
        (&json!("비밀"), &json!(ann.id))
    );
    assert_eq!(
        (&one["messages"][1]["chat"], &one["gifs"]["files"]),
        (&json!("쉿"), &json!(1))
    );
    let text = one.to_string();
    assert!(
        !text.contains("sesame") && !text.contains("argon2") && !text.contains("127.0.0.1"),
        "{text}"
    );
    console
        .get("/rooms/5f5f5f5f5f5f5f5f5f5f5f5f")
        .await
        .refused(404, "room_not_found");
    console.get("/nothing").await.refused(404, "page_not_found");
    // The site itself knows none of it.
    for path in ["/audit", "/bans", "/pauses"] {
        assert_eq!(ann.get_json(path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn an_operator_removes_a_message_and_a_room_and_it_is_written_down() {
    let (server, console) = server(&[]).await;
    let ann = server.visitor().await;
    let room = ann.create_room("방").await;
    let mut socket = ann.join(&room).await;
    let gif = ann.upload(&room, animated(20, 20, 2)).await.ok().json();
    let [id, name] = ["_id", "gif"].map(|field| gif[field].as_str().unwrap().to_owned());
    let path = format!("/rooms/{room}/messages/{id}/remove");
    assert_eq!(console.post(&path, json!({ "why": "not here" })).await.status, 204);
    let line = loop {
        let line = socket.wait("chat").await;
        if line["line"] == "deleted" {
            break line;
        }
    };
    assert_eq!(line["message"], json!(id), "its room is told");
    assert_eq!(ann.get(&format!("/gif/{name}")).await.status, 404);
    ann.upload(&room, animated(20, 20, 2))
        .await
        .refused(403, "forbidden_gif");
    console.post(&path, json!({})).await.refused(404, "message_not_found");

    let path = format!("/rooms/{room}/remove");
    assert_eq!(console.post(&path, json!({})).await.status, 204);
    socket.wait("removeRoom").await;
    ann.room(&room).await.refused(404, "room_not_found");
    console.post(&path, json!({})).await.refused(404, "room_not_found");
    let done = audit(&console).await;
    let shown: Vec<_> = done.iter().map(|entry| entry.each_ref().map(String::as_str)).collect();
    let target = format!("{id} of room {room}");
    assert_eq!(
        shown,
        [
            ["operator", "remove room", &room, ""],
            ["operator", "remove message", &target, "not here"]
        ]
    );
    assert_eq!(server.logged(&["takedown", "operator"]), 2);
}

/// Whether a visitor is kept out of pages, JSON and sockets.
async fn is_out(visitor: &Visitor, room: &str) -> bool {
    let page = visitor.get(&format!("/room/{room}")).await;
    let list = visitor.get_json("/rooms").await;
    let post = visitor
        .post_json(&format!("/room/{room}/chat"), json!({ "chat": "hi" }))
        .await;
    let out: Vec<_> = [&page, &list, &post]
        .map(|answer| answer.text().contains("banned_from_site"))
        .into();
    let page_says = page.status == 403 && page.text().contains("can use this site again in");
    assert!(
        out[1] == out[2] && out[1] == page_says,
        "one way in is another: {out:?} {}",
        page.text()
    );
    out[1]
}

#[tokio::test]
async fn who_is_banned_from_the_site_is_out_by_every_way_until_it_is_lifted() {
    let (server, console) = server(&["--trusted-proxies", "127.0.0.1"]).await;
    let ann = server.visitor().await.behind_proxy("203.0.113.1");
    let bea = server.visitor().await.behind_proxy("203.0.113.2");
    let room = ann.create_room("방").await;
    let (mut anns, mut beas) = (ann.join(&room).await, bea.join(&room).await);
    let site = console
        .post("/bans", json!({ "who": bea.id, "seconds": 3600, "why": "spam" }))
        .await
        .ok()
        .json();
    in_time("the socket is closed", beas.closed()).await;
    assert!(is_out(&bea, &room).await && !is_out(&ann, &room).await);
    assert!(
        crate::support::Socket::try_connect(&bea, "/chat").await.is_none(),
        "the handshake is refused"
    );
    anns.post("still here").await;
    let ban = site["bans"][0]["id"].as_u64().unwrap();
    console.post(&format!("/bans/{ban}/lift"), json!({})).await.ok();
    assert!(!is_out(&bea, &room).await);
    console
        .post(&format!("/bans/{ban}/lift"), json!({}))
        .await
        .refused(404, "page_not_found");

    // A network holds whoever comes from it, with a cookie or without.
    console
        .post("/bans", json!({ "who": "203.0.113.0/31", "seconds": 90 }))
        .await
        .ok();
    in_time("the socket is closed", anns.closed()).await;
    assert!(is_out(&ann, &room).await && !is_out(&bea, &room).await);
    let stranger = server.stranger().behind_proxy("203.0.113.1");
    stranger.get_json("/rooms").await.refused(403, "banned_from_site");
    for wrong in ["nobody", "", "203.0.113.0/99"] {
        console
            .post("/bans", json!({ "who": wrong }))
            .await
            .refused(422, "invalid");
    }
    let why = "x".repeat(201);
    console
        .post("/bans", json!({ "who": bea.id, "why": why }))
        .await
        .refused(422, "invalid");
    let entries = audit(&console).await;
    assert_eq!(entries.len(), 3, "{entries:?}");
    assert_eq!(entries[2], ["operator", "ban", &bea.id, "spam"]);
}

#[tokio::test]
async fn what_is_paused_is_refused_by_a_sentence_and_goes_on_later() {
    let (server, console) = server(&[]).await;
    let ann = server.visitor().await;
    let room = ann.create_room("방").await;
    let mut socket = ann.join(&room).await;
    let pause = async |body: Value| console.post("/pauses", body).await.ok();
    pause(json!({ "rooms": true, "uploads": true })).await;
    let refused = ann.post_json("/room", json!({ "title": "하나 더" })).await;
    refused.refused(403, "paused");
    assert!(refused.text().contains("No new rooms"), "{}", refused.text());
    ann.upload(&room, animated(20, 20, 2)).await.refused(403, "paused");
    socket.post("goes on").await;

    pause(json!({ "newcomers": true })).await;
    assert_eq!(socket.ask("chat", json!({ "chat": "hi" })).await["code"], "paused");
    assert_eq!(socket.ask("typing", json!({})).await["ok"], true);
    ann.post_json(&format!("/room/{room}/chat"), json!({ "chat": "hi" }))
        .await
        .refused(403, "paused");
    ann.post_json("/room", json!({ "title": "x" }))
        .await
        .refused(403, "paused");
    ann.get_json(&format!("/room/{room}/messages")).await.ok();
    let mut again = ann.join(&room).await;
    assert_eq!(again.ask("leave", json!({})).await["ok"], true);

    pause(json!({})).await;
    socket.post("again").await;
    ann.upload(&room, animated(20, 20, 2)).await.ok();
    ann.create_room("하나 더").await;
    let done: Vec<_> = audit(&console)
        .await
        .into_iter()
        .map(|[_, what, target, _]| [what, target])
        .collect();
    assert_eq!(
        done,
        [["go on", ""], ["pause", "newcomers"], ["pause", "rooms, uploads"]]
    );
}

#[tokio::test]
async fn a_notice_stands_on_every_page_as_text() {
    let (server, console) = server(&[]).await;
    let ann = server.visitor().await;
    let room = ann.create_room("방").await;
    let _socket = ann.join(&room).await;
    let pages = ["/", "/room", &format!("/room/{room}"), "/nowhere"];
    console
        .post("/notice", json!({ "text": "Back <b>at</b>\nnoon" }))
        .await
        .ok();
    for page in pages {
        let text = ann.get(page).await.text();
        assert!(
            text.contains("Back &#60;b&#62;at&#60;/b&#62; noon</p>"),
            "{page}: {text}"
        );
    }
    console.post("/notice", json!({ "text": "" })).await.ok();
    for page in pages {
        assert!(!ann.get(page).await.text().contains("class=\"bulletin\""), "{page}");
    }
    console
        .post("/notice", json!({ "text": "x".repeat(501) }))
        .await
        .refused(422, "invalid");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shell_does_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("admin.sock");
    let listen = format!("unix:{}", path.display());
    let server = Server::alone(&["--admin", &listen]).await;
    let ann = server.visitor().await;
    let room = ann.create_room("방").await;
    let _socket = ann.join(&room).await;
    let gifchat = async |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gifchat"));
        command.arg("admin").args(args).args(["--admin", &listen]);
        let run = tokio::task::spawn_blocking(move || command.output().unwrap());
        let out = tokio::time::timeout(Duration::from_secs(30), run)
            .await
            .unwrap()
            .unwrap();
        let said = [out.stdout, out.stderr].concat();
        (out.status.success(), String::from_utf8(said).unwrap())
    };
    let (ok, said) = gifchat(&["rooms"]).await;
    assert!(ok && said.contains(&room), "{said}");
    let gif = ann.upload(&room, animated(20, 20, 2)).await.ok().json();
    for what in [&ann.id, gif["gif"].as_str().unwrap()] {
        let (ok, said) = gifchat(&["find", what]).await;
        assert!(ok && said.contains(gif["_id"].as_str().unwrap()), "{said}");
    }
    let (ok, said) = gifchat(&["remove-gif", gif["gif"].as_str().unwrap(), "not here"]).await;
    assert!(ok && said.contains(r#""removed": 1"#), "{said}");
    let (ok, said) = gifchat(&["ban", &ann.id, "2h", "spam"]).await;
    assert!(ok && said.contains(&ann.id), "{said}");
    ann.get_json("/rooms").await.refused(403, "banned_from_site");
    let (ok, said) = gifchat(&["pause", "rooms", "uploads", "--reason", "a flood"]).await;
    assert!(ok && said.contains(r#""uploads": true"#), "{said}");
    let (ok, said) = gifchat(&["remove-room", &room, "gone"]).await;
    assert!(ok, "{said}");
    let (ok, said) = gifchat(&["remove-room", &room]).await;
    assert!(!ok && said.contains("404"), "{said}");
    let (ok, said) = gifchat(&["audit"]).await;
    assert!(ok && said.contains("a flood") && said.contains("remove room"), "{said}");
    let (ok, said) = gifchat(&["ban", &ann.id, "soon"]).await;
    assert!(!ok && said.contains("30m, 2h, 7d, or good"), "{said}");
}
