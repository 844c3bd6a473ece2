//! How much there may be at once of one visitor, one address, one room and the site: open rooms, and GIFs on disk.

use futures_util::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::{
    fixtures::{animated, sized},
    support::{Answer, COUNTED, Server, TestApp, TestStore, Visitor, eventually, form_of, in_time, raw},
};

/// Fails unless there is no space for it, by a sentence that says where and how much.
#[track_caller]
fn full(answer: &Answer, says: &[&str]) {
    answer.refused(507, "storage_full");
    let sentence = answer.json()["message"].as_str().unwrap().to_owned();
    for part in says {
        assert!(sentence.contains(part), "{sentence}");
    }
}

/// Bytes of the GIFs that messages of a room name, without stills.
async fn bytes_in(visitor: &Visitor, room: &str) -> u64 {
    let messages = visitor.written(room).await;
    messages
        .iter()
        .map(|message| message["bytes"].as_u64().unwrap_or(0))
        .sum()
}

#[tokio::test]
async fn a_visitor_and_an_address_may_have_so_many_rooms_open_until_one_of_them_is_gone() {
    let flags = ["--limit-open-rooms", "3", "--limit-open-rooms-visitor", "2"];
    let app = TestApp::with(&[&COUNTED, flags.as_slice()].concat()).await;
    let (ann, bea) = (app.visitor().await, app.visitor().await);
    let first = ann.create_room("하나").await;
    ann.create_room("둘").await;
    let refused = ann.post_json("/room", json!({ "title": "셋" })).await;
    refused.refused(429, "rate_limited");
    assert!(refused.header("retry-after").is_some());
    let sentence = refused.json()["message"].as_str().unwrap().to_owned();
    assert!(sentence.contains("too many rooms open"), "{sentence}");
    let form = ann.post_form("/room", &[("title", "셋"), ("max", "5")]).await;
    assert_eq!(form.status, 429);
    bea.create_room("셋").await;
    let of_address = bea.post_json("/room", json!({ "title": "넷" })).await;
    of_address.refused(429, "rate_limited");
    assert_eq!(app.rows("rooms").await, 3, "no other was made");
    ann.delete(&first).await.ok();
    bea.create_room("넷").await;
}

#[tokio::test]
async fn twenty_uploads_at_once_never_take_more_than_the_space_of_their_room() {
    let app = TestApp::with(&["--quota-room", "200KiB", "--uploads-per-visitor", "64"]).await;
    let ann = app.visitor().await;
    let room = ann.create_room("방").await;
    let _socket = ann.join(&room).await;
    let gif = sized(30_000);
    let all = join_all((0..20).map(|_| ann.upload(&room, gif.clone()))).await;
    let (stored, refused): (Vec<_>, Vec<_>) = all.into_iter().partition(|answer| answer.status == StatusCode::CREATED);
    assert!(!stored.is_empty() && !refused.is_empty(), "{} fit", stored.len());
    for answer in &refused {
        full(answer, &["This room has no more space for GIFs", "204 kB"]);
    }
    let held = bytes_in(&ann, &room).await;
    assert!(held <= 200 << 10, "{held}");
    assert_eq!(
        app.files().len(),
        2 * stored.len(),
        "nothing is left of those that were refused"
    );
    // One that is small enough still fits, unless the space is used up to its size.
    let elsewhere = ann.create_room("딴 방").await;
    let _there = ann.join(&elsewhere).await;
    ann.upload(&elsewhere, gif).await.ok();
}

#[tokio::test]
async fn what_is_deleted_makes_space_at_once_and_a_restart_forgets_nothing() {
    let mut app = TestApp::with(&["--quota-room-files", "2"]).await;
    let ann = app.visitor().await;
    let room = ann.create_room("방").await;
    let mut socket = ann.join(&room).await;
    let first = ann.upload(&room, animated(20, 20, 2)).await;
    let name = first.json()["gif"].as_str().unwrap().to_owned();
    ann.upload(&room, animated(21, 20, 2)).await.ok();
    full(&ann.upload(&room, animated(22, 20, 2)).await, &["2 of at most 2"]);
    let bea = app.visitor().await;
    let _whispered_to = bea.join(&room).await;
    let whisper = form_of(animated(22, 20, 2)).text("to", bea.id.clone());
    let whisper = ann
        .request(Method::POST, &format!("/room/{room}/whisper/gif"))
        .multipart(whisper);
    full(&ann.send(whisper).await, &["2 of at most 2"]);
    // To send one again takes no space.
    let again = json!({ "gif": name.rsplit('/').next().unwrap() });
    assert_eq!(socket.ask("chat", &again).await["ok"], true);

    app.restart().await;
    let mut socket = ann.join(&room).await;
    full(&ann.upload(&room, animated(22, 20, 2)).await, &["2 of at most 2"]);
    let second = ann.written(&room).await.remove(1);
    let deed = json!({ "action": "delete", "message": second["_id"] });
    assert_eq!(socket.ask("moderate", &deed).await["ok"], true);
    ann.upload(&room, animated(22, 20, 2)).await.ok();
    full(&ann.upload(&room, animated(23, 20, 2)).await, &["2 of at most 2"]);
    ann.delete(&room).await.ok();
    let kept = if app.sqlite().is_some() { "gifs" } else { "files" };
    eventually("nobody knows whose they were", async || {
        (app.rows(kept).await == 0).then_some(())
    })
    .await;
    let other = ann.create_room("딴 방").await;
    let _socket = ann.join(&other).await;
    ann.upload(&other, animated(20, 20, 2)).await.ok();
}

#[tokio::test]
async fn a_visitor_an_address_and_the_site_have_so_much_space_in_all_rooms_together() {
    let flags = [
        "--quota-visitor-files",
        "2",
        "--quota-address-files",
        "3",
        "--quota-site-files",
        "5",
    ];
    let proxied = ["--trusted-proxies", "127.0.0.1"];
    let app = TestApp::with(&[&COUNTED, &proxied, flags.as_slice()].concat()).await;
    let arrive = async |address: &'static str| app.visitor().await.behind_proxy(address);
    let (ann, bea, cat) = (
        arrive("203.0.113.1").await,
        arrive("203.0.113.1").await,
        arrive("203.0.113.2").await,
    );
    let (one, two) = (ann.create_room("하나").await, ann.create_room("둘").await);
    let mut sockets = Vec::new();
    for visitor in [&ann, &bea, &cat] {
        sockets.push(visitor.join(&one).await);
        sockets.push(visitor.join(&two).await);
    }
    let gif = || animated(20, 20, 2);
    ann.upload(&one, gif()).await.ok();
    ann.upload(&two, gif()).await.ok();
    full(
        &ann.upload(&two, gif()).await,
        &["You have no more space", "2 of at most 2"],
    );
    bea.upload(&one, gif()).await.ok();
    full(&bea.upload(&one, gif()).await, &["Your network", "3 of at most 3"]);
    cat.upload(&one, gif()).await.ok();
    cat.upload(&two, gif()).await.ok();
    let dot = arrive("203.0.113.3").await;
    let _socket = dot.join(&one).await;
    full(&dot.upload(&one, gif()).await, &["This site", "5 of at most 5"]);
    // A room that ends makes space for everybody.
    ann.delete(&two).await.ok();
    dot.upload(&one, gif()).await.ok();
    ann.upload(&one, gif()).await.ok();
}

#[tokio::test]
async fn what_says_that_it_does_not_fit_is_refused_before_it_is_read() {
    let app = TestApp::with(&["--quota-room", "100KiB"]).await;
    let ann = app.visitor().await;
    let room = ann.create_room("방").await;
    let _socket = ann.join(&room).await;
    let head = raw::upload_head(&room, &ann.cookie().unwrap(), "Content-Length: 400000");
    let mut stream = tokio::net::TcpStream::connect(app.address()).await.unwrap();
    stream
        .write_all(&[head, raw::GIF_PART.to_vec()].concat())
        .await
        .unwrap();
    let mut line = [0; 12];
    in_time("an answer", stream.read_exact(&mut line)).await.unwrap();
    assert_eq!(&line[9..], b"507");
}

#[tokio::test]
async fn what_is_used_is_known_after_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let store = TestStore::in_folder(folder.path());
    let uploads = folder.path().join("uploads").to_str().unwrap().to_owned();
    let (url, flags) = (store.url(), ["--quota-room-files", "2", "--uploads", uploads.as_str()]);
    let server = Server::start(&url, &flags).await;
    let ann = server.visitor().await;
    let room = ann.create_room("방").await;
    let socket = ann.join(&room).await;
    ann.upload(&room, animated(20, 20, 2)).await.ok();
    ann.upload(&room, animated(20, 20, 2)).await.ok();
    server.kill();
    drop(socket);
    eventually("it has ended", async || (!server.lives()).then_some(())).await;
    let again = Server::start(&url, &flags).await;
    let ann = again.meets(&ann);
    let _socket = ann.join(&room).await;
    full(&ann.upload(&room, animated(20, 20, 2)).await, &["2 of at most 2"]);
}
