//! GIFs: checked, stripped and stored whole, or not at all.

use std::io::Write;

use reqwest::{
    Body, Method,
    multipart::{Form, Part},
};
use serde_json::{Value, json};

use crate::{
    fixtures,
    support::{Answer, Socket, TestApp, Visitor, eventually, form_of, raw},
};

pub(crate) struct Stage {
    pub(crate) app: TestApp,
    pub(crate) visitor: Visitor,
    pub(crate) room: String,
    pub(crate) socket: Socket,
}

impl Stage {
    pub(crate) async fn with(flags: &[&str]) -> Self {
        let app = TestApp::with(flags).await;
        let visitor = app.visitor().await;
        let room = visitor.create_room("움짤").await;
        let socket = visitor.join(&room).await;
        Self {
            app,
            visitor,
            room,
            socket,
        }
    }

    pub(crate) async fn upload(&self, gif: Vec<u8>) -> Answer {
        self.visitor.upload(&self.room, gif).await
    }

    /// No message, no file, and the next GIF goes through.
    pub(crate) async fn nothing_happened(&mut self) {
        self.app.no_files_left().await;
        assert_eq!(self.visitor.written(&self.room).await, Vec::<Value>::new());
        let heard = self.socket.heard(&self.room).await;
        assert!(heard.is_empty(), "{heard:?}");
        self.app.still_answers().await;
        let message = self.upload(fixtures::animated(8, 8, 2)).await.ok().json();
        assert_eq!(message["seq"], 2);
    }

    /// The answer to bytes written by hand.
    pub(crate) async fn raw(&self, length: &str, body: &[u8]) -> String {
        let mut request = raw::upload_head(&self.room, &self.visitor.cookie().unwrap(), length);
        request.extend_from_slice(body);
        raw::exchange(self.app.address(), &request).await
    }
}

pub(crate) fn path_of(message: &Value) -> String {
    format!("/gif/{}", message["gif"].as_str().unwrap())
}

#[tokio::test]
async fn a_gif_is_stored_told_and_served_with_its_still() {
    let mut stage = Stage::with(&[]).await;
    let gif = fixtures::animated(40, 30, 12);
    let form = form_of(gif.clone())
        .text("alt", " 막대가 움직인다 ")
        .text("nonce", "g-1");
    let posted = stage.visitor.upload_form(&stage.room, form).await;
    assert_eq!(posted.status, 201);
    let message = posted.json();
    for (key, value) in [
        ("width", json!(40)),
        ("height", json!(30)),
        ("frames", json!(12)),
        ("duration", json!(1_200)),
        ("bytes", json!(gif.len())),
        ("alt", json!("막대가 움직인다")),
        ("nonce", json!("g-1")),
        ("seq", json!(2)),
        ("user", json!(stage.visitor.color)),
        ("visitor", json!(stage.visitor.id)),
    ] {
        assert_eq!(message[key], value, "{key}");
    }
    assert_eq!(message.get("chat"), None);
    assert_eq!(stage.socket.wait("chat").await, message);
    assert_eq!(stage.visitor.written(&stage.room).await, std::slice::from_ref(&message));

    let served = stage.visitor.get(&path_of(&message)).await.ok();
    assert_eq!(served.body, gif);
    let still = stage.visitor.get(&format!("{}/still", path_of(&message))).await.ok();
    assert!(still.body.starts_with(b"GIF89a") && still.body.len() < gif.len());
    let mut decoder = gif::DecodeOptions::new().read_info(&*still.body).unwrap();
    let frame = decoder.read_next_frame().unwrap().unwrap();
    assert_eq!((frame.width, frame.height), (40, 30));
    assert!(decoder.read_next_frame().unwrap().is_none());
    for answer in [&served, &still] {
        assert_eq!(answer.header("content-type"), Some("image/gif"));
        assert_eq!(
            answer.header("content-security-policy"),
            Some("sandbox; default-src 'none'")
        );
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("cross-origin-resource-policy"), Some("same-origin"));
        // Where several share a cache, nothing that an owner may delete is kept.
        let kept = answer.header("cache-control").unwrap();
        assert_eq!(kept, "private, max-age=31536000, immutable");
        assert_eq!(answer.header("content-length"), Some(&*answer.body.len().to_string()));
    }
    let tag = served.header("etag").unwrap();
    let again = stage
        .visitor
        .plain(Method::GET, &path_of(&message))
        .header("if-none-match", tag);
    assert_eq!(stage.visitor.send(again).await.status, 304);
    // The page knows the size before the bytes have come.
    let page = stage.visitor.get(&format!("/room/{}", stage.room)).await.text();
    assert!(page.contains("width=\"40\" height=\"30\"") && page.contains("막대가 움직인다"));
}

#[tokio::test]
async fn a_large_gif_is_streamed_through() {
    let stage = Stage::with(&[]).await;
    let gif = fixtures::sized(4 << 20);
    // In small parts and without a length, as a slow line brings it.
    let parts: Vec<_> = gif
        .chunks(10_000)
        .map(|part| Ok::<_, std::io::Error>(part.to_vec()))
        .collect();
    let body = Body::wrap_stream(futures_util::stream::iter(parts));
    let form = Form::new().part("gif", Part::stream(body).file_name("큰.gif"));
    let message = stage.visitor.upload_form(&stage.room, form).await.ok().json();
    assert_eq!(message["bytes"], gif.len());
    assert!(stage.visitor.get(&path_of(&message)).await.ok().body == gif);
    assert_eq!(stage.app.files().len(), 2);
}

#[tokio::test]
async fn what_may_tell_on_its_maker_is_not_stored() {
    let stage = Stage::with(&[]).await;
    let gif = fixtures::animated(8, 8, 2);
    let chatty = fixtures::with_xmp(
        &fixtures::with_comment(&gif, "서울 37.5N"),
        "<x:xmpmeta>Kim</x:xmpmeta>",
    );
    let message = stage.upload(chatty).await.ok().json();
    let served = stage.visitor.get(&path_of(&message)).await.ok().body;
    assert_eq!(served, gif);
    assert_eq!(message["bytes"], gif.len());
    let still = stage
        .visitor
        .get(&format!("{}/still", path_of(&message)))
        .await
        .ok()
        .body;
    assert!(!String::from_utf8_lossy(&still).contains("Kim"));
}

#[tokio::test]
async fn what_a_file_is_called_matters_to_nobody() {
    let stage = Stage::with(&[]).await;
    for name in [
        "../../evil.gif",
        "/etc/passwd",
        "..\\x.gif",
        "a.html",
        "",
        "가\u{202e}fig.exe",
    ] {
        let part = Part::bytes(fixtures::animated(4, 4, 1))
            .file_name(name)
            .mime_str("text/html")
            .unwrap();
        let message = stage
            .visitor
            .upload_form(&stage.room, Form::new().part("gif", part))
            .await
            .ok()
            .json();
        let gif = message["gif"].as_str().unwrap();
        assert!(
            gif.len() == 36 && gif.ends_with(".gif") && !message.to_string().contains("evil"),
            "{gif}"
        );
        assert_eq!(
            stage.visitor.get(&path_of(&message)).await.header("content-type"),
            Some("image/gif")
        );
    }
    assert_eq!(stage.app.files().len(), 12);
    assert!(
        stage
            .app
            .files()
            .iter()
            .all(|file| file.trim_start_matches("still-").len() == 36)
    );
}

#[tokio::test]
async fn the_gif_of_a_locked_room_is_for_those_who_know_the_password() {
    let app = TestApp::start().await;
    let (owner, other) = (app.visitor().await, app.visitor().await);
    let room = owner
        .create_room_of(json!({ "title": "비밀", "password": "열쇠" }))
        .await;
    let _socket = owner.join(&room).await;
    let message = owner.upload(&room, fixtures::animated(8, 8, 2)).await.ok().json();
    for path in [path_of(&message), format!("{}/still", path_of(&message))] {
        let served = owner.get(&path).await.ok();
        assert!(served.header("cache-control").unwrap().starts_with("private"));
        other.get_json(&path).await.refused(403, "wrong_password");
        let stranger = app.stranger();
        let tag = format!("\"{}\"", message["gif"].as_str().unwrap());
        let request = stranger.request(Method::GET, &path).header("if-none-match", tag);
        stranger.send(request).await.refused(403, "wrong_password");
    }
    other.unlock(&room, "열쇠").await.ok();
    other.get(&path_of(&message)).await.ok();
    owner.patch(&room, json!({ "password": "새 열쇠" })).await.ok();
    other.get_json(&path_of(&message)).await.refused(403, "wrong_password");
}

#[tokio::test]
async fn an_upload_repeated_with_its_nonce_is_one_message_and_one_file() {
    let mut stage = Stage::with(&[]).await;
    let form = || form_of(fixtures::animated(8, 8, 2)).text("nonce", "same");
    let first = stage.visitor.upload_form(&stage.room, form()).await.ok().json();
    for _ in 0..3 {
        assert_eq!(stage.visitor.upload_form(&stage.room, form()).await.ok().json(), first);
    }
    let room = stage.room.clone();
    let tries = (0..4).map(|_| stage.visitor.upload_form(&room, form()));
    for answer in futures_util::future::join_all(tries).await {
        assert_eq!(answer.ok().json(), first);
    }
    // The nonce is the visitor's, whatever it marks.
    let chat = stage.socket.ask("chat", json!({ "chat": "x", "nonce": "same" })).await;
    assert_eq!(chat["message"], first);
    assert_eq!(stage.visitor.written(&stage.room).await.len(), 1);
    eventually("one GIF and its still are left", async || {
        (stage.app.files().len() == 2).then_some(())
    })
    .await;
    stage.visitor.get(&path_of(&first)).await.ok();
}

#[tokio::test]
async fn a_start_sweeps_away_files_without_a_message_and_messages_without_a_file() {
    let mut stage = Stage::with(&[]).await;
    let mut names = Vec::new();
    for n in 1..=4 {
        stage.socket.post(&n.to_string()).await;
        let message = stage.upload(fixtures::animated(8, 8, n)).await.ok().json();
        names.push(message["gif"].as_str().unwrap().to_owned());
    }
    stage.app.stop().await;
    let folder = stage.app.uploads();
    std::fs::remove_file(folder.join(&names[1])).unwrap();
    std::fs::remove_file(folder.join(format!("still-{}", names[2]))).unwrap();
    std::fs::remove_file(folder.join(&names[3])).unwrap();
    std::fs::remove_file(folder.join(format!("still-{}", names[3]))).unwrap();
    let orphan = "0123456789abcdef0123456789abcdef.gif";
    for name in [
        orphan,
        &format!("still-{orphan}"),
        &format!("{orphan}.part"),
        ".gitkeep",
    ] {
        std::fs::File::create(folder.join(name))
            .unwrap()
            .write_all(b"GIF89a")
            .unwrap();
    }
    stage.app.resume().await;
    let mut left = vec![".gitkeep".to_owned(), names[0].clone(), format!("still-{}", names[0])];
    left.sort();
    assert_eq!(stage.app.files(), left);
    let history = stage.visitor.written(&stage.room).await;
    let kept: Vec<_> = history.iter().map(|message| message["seq"].as_u64().unwrap()).collect();
    assert_eq!(kept, [2, 3, 4, 6, 8]);
    stage.visitor.get(&format!("/gif/{}", names[0])).await.ok();
    // A place is not given out twice, also after one more start.
    for next in [10, 11] {
        let mut socket = stage.visitor.join(&stage.room).await;
        assert_eq!(socket.post("weiter").await["seq"], next);
        stage.app.restart().await;
    }
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_may_read_the_gifs() {
    use std::{fs, os::unix::fs::PermissionsExt, path::Path};

    let mut stage = Stage::with(&["--seat-grace", "1h"]).await;
    let gif = stage.upload(fixtures::animated(8, 8, 2)).await.ok().json();
    let folder = stage.app.uploads();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let files = |stage: &Stage| -> Vec<_> { stage.app.files().iter().map(|file| folder.join(file)).collect() };
    let all_are_private = |stage: &Stage| {
        assert_eq!(mode(&folder), 0o700);
        let files = files(stage);
        assert_eq!(files.len(), 2, "a GIF and its still");
        for file in files {
            assert_eq!(mode(&file), 0o600, "{}", file.display());
        }
    };
    all_are_private(&stage);
    // Those of an earlier version, and where the folder is also for something else.
    for other in [false, true] {
        stage.app.stop().await;
        for path in files(&stage) {
            fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
        }
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
        if other {
            fs::write(folder.join("notes.txt"), "of somebody else").unwrap();
        }
        stage.app.resume().await;
        // On a store that keeps the GIFs, the files are copies, and fetched again.
        let picture = stage
            .visitor
            .get(&format!("/gif/{}", gif["gif"].as_str().unwrap()))
            .await
            .ok();
        assert!(!picture.body.is_empty());
        if other {
            fs::remove_file(folder.join("notes.txt")).unwrap();
            let shared = folder.ends_with("cache");
            assert_eq!(mode(&folder), if shared { 0o700 } else { 0o755 });
            fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
        }
        all_are_private(&stage);
    }
}
