//! GIFs: checked, stripped and stored whole, or not at all.

use std::{io::Write, time::Duration};

use reqwest::{
    Body, Method,
    multipart::{Form, Part},
};
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt, net::TcpStream};

use crate::{
    fixtures,
    support::{Answer, Socket, TestApp, Visitor, eventually, form_of, raw},
};

struct Stage {
    app: TestApp,
    visitor: Visitor,
    room: String,
    socket: Socket,
}

impl Stage {
    async fn with(flags: &[&str]) -> Self {
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

    async fn upload(&self, gif: Vec<u8>) -> Answer {
        self.visitor.upload(&self.room, gif).await
    }

    /// No message, no file, and the next GIF goes through.
    async fn nothing_happened(&mut self) {
        self.app.no_files_left().await;
        assert_eq!(self.visitor.written(&self.room).await, Vec::<Value>::new());
        let heard = self.socket.heard(&self.room).await;
        assert!(heard.is_empty(), "{heard:?}");
        self.app.still_answers().await;
        let message = self.upload(fixtures::animated(8, 8, 2)).await.ok().json();
        assert_eq!(message["seq"], 2);
    }

    /// The answer to bytes written by hand.
    async fn raw(&self, length: &str, body: &[u8]) -> String {
        let mut request = raw::upload_head(&self.room, &self.visitor.cookie().unwrap(), length);
        request.extend_from_slice(body);
        raw::exchange(self.app.address(), &request).await
    }
}

fn path_of(message: &Value) -> String {
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
        assert!(answer.header("cache-control").unwrap().contains("immutable"));
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
async fn what_is_no_whole_gif_is_refused_and_leaves_nothing() {
    let mut stage = Stage::with(&[]).await;
    let gif = fixtures::animated(16, 16, 3);
    for (what, bytes) in [
        ("nothing", Vec::new()),
        ("a PNG", fixtures::png()),
        ("HTML that begins like a GIF", fixtures::html_polyglot()),
        ("bytes after the end", fixtures::with_trailing(&gif, b"<script>")),
        ("one byte after the end", fixtures::with_trailing(&gif, b"\0")),
        ("a GIF in a GIF", fixtures::with_trailing(&gif, &gif)),
        ("a frame outside of the canvas", fixtures::frame_outside_canvas()),
        ("no frame", fixtures::by_hand(4, 4, b"")),
        (
            "a canvas of no size",
            fixtures::by_hand(0, 0, &fixtures::image(0, 0, 0, 0, &[0x44, 0x01])),
        ),
        (
            "data that does not decode",
            fixtures::by_hand(9, 9, &fixtures::image(0, 0, 9, 9, &[0xFF; 4])),
        ),
        ("text", b"GIF89a".to_vec()),
    ] {
        let answer = stage.upload(bytes).await;
        assert_eq!((what, answer.status), (what, 422));
        assert_eq!((what, answer.code()), (what, "not_a_gif".into()));
    }
    stage.nothing_happened().await;
}

#[tokio::test]
async fn what_is_beyond_a_limit_is_refused_and_leaves_nothing() {
    let mut stage = Stage::with(&[]).await;
    let mut million = fixtures::million_frames();
    million.truncate(10 << 20);
    for (what, bytes) in [
        ("a canvas of 65,535 pixels", fixtures::huge_canvas()),
        ("a million frames", million),
        ("960 Mpx in 1 MB", fixtures::pixel_bomb()),
        ("a thousand and one frames", fixtures::frames(1_001)),
    ] {
        let answer = stage.upload(bytes).await;
        assert_eq!((what, answer.status), (what, 413));
        assert_eq!((what, answer.code()), (what, "too_large".into()));
    }
    stage.nothing_happened().await;
}

#[tokio::test]
async fn a_gif_cut_anywhere_is_refused_and_leaves_nothing() {
    let mut stage = Stage::with(&[]).await;
    let gif = fixtures::animated(32, 32, 8);
    for n in 0..100 {
        let at = n * gif.len() / 100;
        let answer = stage.upload(fixtures::cut_at(&gif, at)).await;
        assert_eq!((at, answer.status, answer.code()), (at, 422, "not_a_gif".into()));
    }
    stage.nothing_happened().await;
}

#[tokio::test]
async fn a_form_that_is_not_one_gif_is_refused_and_leaves_nothing() {
    let mut stage = Stage::with(&[]).await;
    let gif = || fixtures::animated(8, 8, 2);
    let part = || Part::bytes(gif()).file_name("a.gif");
    for (what, form) in [
        ("two files", Form::new().part("gif", part()).part("gif", part())),
        ("no file", Form::new().text("alt", "x")),
        ("an unknown field", form_of(gif()).text("title", "x")),
        ("an unknown file", Form::new().part("picture", part())),
        ("two descriptions", form_of(gif()).text("alt", "x").text("alt", "y")),
        ("two nonces", form_of(gif()).text("nonce", "x").text("nonce", "y")),
        ("a long description", form_of(gif()).text("alt", "가".repeat(201))),
        ("a description with NUL", form_of(gif()).text("alt", "a\0b")),
        (
            "a description that is not UTF-8",
            form_of(gif()).part("alt", Part::bytes(b"\xFF\xFE".to_vec())),
        ),
        ("a long nonce", form_of(gif()).text("nonce", "x".repeat(65))),
        ("a nonce with a space", form_of(gif()).text("nonce", "a b")),
        ("nothing", Form::new()),
    ] {
        let answer = stage.visitor.upload_form(&stage.room, form).await;
        assert_eq!((what, answer.status), (what, 422), "{}", answer.text());
        assert_eq!((what, answer.code()), (what, "invalid".into()));
    }
    let path = format!("/room/{}/gif", stage.room);
    for (kind, body) in [
        ("image/gif", gif()),
        ("multipart/form-data", gif()),
        ("multipart/form-data; boundary=x", b"no form at all".to_vec()),
        (
            "multipart/form-data; boundary=x",
            b"--x\r\nContent-Disposition: nonsense\r\n\r\n".to_vec(),
        ),
        ("application/json", b"{}".to_vec()),
    ] {
        let request = stage
            .visitor
            .request(Method::POST, &path)
            .header("content-type", kind)
            .body(body);
        stage.visitor.send(request).await.refused(422, "invalid");
    }
    stage.nothing_happened().await;
}

#[tokio::test]
async fn a_form_cut_off_before_its_end_is_refused_and_leaves_nothing() {
    let mut stage = Stage::with(&[]).await;
    let whole = [raw::GIF_PART, &fixtures::animated(16, 16, 4), raw::FORM_END].concat();
    for at in [10, raw::GIF_PART.len(), raw::GIF_PART.len() + 50, whole.len() - 9] {
        let answer = stage
            .raw(&format!("Connection: close\r\nContent-Length: {at}"), &whole[..at])
            .await;
        assert!(answer.starts_with("HTTP/1.1 422"), "cut at {at}: {answer}");
    }
    stage.nothing_happened().await;
}

#[tokio::test]
async fn a_gif_that_is_too_large_is_refused_by_its_announced_length() {
    let mut stage = Stage::with(&["--gif-limit", "100000"]).await;
    let answer = stage.upload(fixtures::sized(300_000)).await;
    answer.refused(413, "too_large");
    let message = answer.json()["message"].as_str().unwrap().to_owned();
    assert!(
        message.contains("98 KB") || message.contains("100") || message.contains("97"),
        "{message}"
    );
    stage.nothing_happened().await;
}

#[tokio::test]
async fn a_gif_that_is_too_large_is_refused_without_an_announced_length() {
    let mut stage = Stage::with(&["--gif-limit", "100000"]).await;
    for size in [101_000, 300_000] {
        let parts: Vec<_> = fixtures::sized(size)
            .chunks(8_192)
            .map(|part| Ok::<_, std::io::Error>(part.to_vec()))
            .collect();
        let body = Body::wrap_stream(futures_util::stream::iter(parts));
        let form = Form::new().part("gif", Part::stream(body).file_name("a.gif"));
        stage
            .visitor
            .upload_form(&stage.room, form)
            .await
            .refused(413, "too_large");
    }
    stage.nothing_happened().await;
}

/// A browser reads the answer only when it has sent everything: a connection that is reset before shows an error of
/// the network instead.
#[tokio::test]
async fn who_sends_all_of_a_too_large_file_first_still_reads_the_answer() {
    let mut stage = Stage::with(&["--gif-limit", "1000000"]).await;
    // More than the buffers of both sides hold.
    let body = [
        raw::GIF_PART,
        &fixtures::sized(100_000),
        &vec![0; 20 << 20],
        raw::FORM_END,
    ]
    .concat();
    for round in 0..5 {
        let length = format!("Connection: close\r\nContent-Length: {}", body.len());
        let answer = stage.raw(&length, &body).await;
        assert!(
            answer.starts_with("HTTP/1.1 413") && answer.contains("too_large"),
            "round {round}: {answer}"
        );
    }
    stage.nothing_happened().await;
}

#[tokio::test]
async fn a_slow_upload_is_given_up() {
    let mut stage = Stage::with(&["--body-timeout", "500ms"]).await;
    for begin in [&b""[..], raw::GIF_PART, &[raw::GIF_PART, b"GIF89a"].concat()] {
        let answer = stage.raw("Content-Length: 5000", begin).await;
        assert!(
            answer.starts_with("HTTP/1.1 408") && answer.contains("timed_out"),
            "{answer}"
        );
    }
    stage.nothing_happened().await;
}

#[tokio::test]
async fn an_upload_that_trickles_has_an_end_too() {
    let mut stage = Stage::with(&["--body-timeout", "10s", "--upload-timeout", "1s"]).await;
    let mut stream = TcpStream::connect(stage.app.address()).await.unwrap();
    let head = raw::upload_head(&stage.room, &stage.visitor.cookie().unwrap(), "Content-Length: 100000");
    stream
        .write_all(&[head.as_slice(), raw::GIF_PART].concat())
        .await
        .unwrap();
    let (mut reading, mut writing) = stream.into_split();
    let trickle = tokio::spawn(async move {
        for byte in fixtures::animated(64, 64, 50) {
            if writing.write_all(&[byte]).await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let mut answer = vec![0; 12];
    let read = tokio::io::AsyncReadExt::read_exact(&mut reading, &mut answer);
    crate::support::in_time("the end of patience", read).await.unwrap();
    assert_eq!(String::from_utf8_lossy(&answer), "HTTP/1.1 408");
    trickle.abort();
    drop(reading);
    stage.nothing_happened().await;
}

#[tokio::test]
async fn a_client_that_goes_away_in_the_middle_leaves_nothing() {
    let mut stage = Stage::with(&[]).await;
    let gif = fixtures::sized(600_000);
    let cookie = stage.visitor.cookie().unwrap();
    let whole = [raw::GIF_PART, gif.as_slice(), raw::FORM_END].concat();
    for n in 0..60 {
        let at = n * (raw::GIF_PART.len() + 2_000) / 50 + if n % 3 == 0 { 400_000 } else { 0 };
        let mut request = raw::upload_head(&stage.room, &cookie, &format!("Content-Length: {}", whole.len()));
        request.extend_from_slice(&whole[..at]);
        let mut stream = TcpStream::connect(stage.app.address()).await.unwrap();
        stream.write_all(&request).await.unwrap();
    }
    stage.nothing_happened().await;
}

#[tokio::test]
async fn an_upload_whose_room_goes_meanwhile_leaves_nothing() {
    let stage = Stage::with(&[]).await;
    let mut stream = TcpStream::connect(stage.app.address()).await.unwrap();
    let body = [raw::GIF_PART, &fixtures::animated(16, 16, 4), raw::FORM_END].concat();
    let length = format!("Connection: close\r\nContent-Length: {}", body.len());
    stream
        .write_all(&raw::upload_head(
            &stage.room,
            &stage.visitor.cookie().unwrap(),
            &length,
        ))
        .await
        .unwrap();
    stream.write_all(&body[..300]).await.unwrap();
    eventually("the upload has begun", async || {
        (!stage.app.files().is_empty()).then_some(())
    })
    .await;
    stage.visitor.delete(&stage.room).await.ok();
    stream.write_all(&body[300..]).await.unwrap();
    let answer = raw::rest(&mut stream).await;
    assert!(
        answer.starts_with("HTTP/1.1 404") && answer.contains("room_not_found"),
        "{answer}"
    );
    stage.app.no_files_left().await;
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
    let tries = (0..5).map(|_| stage.visitor.upload_form(&room, form()));
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
async fn uploads_beyond_those_at_once_are_told_to_come_back() {
    let mut stage = Stage::with(&["--uploads-at-once", "1"]).await;
    let mut stream = TcpStream::connect(stage.app.address()).await.unwrap();
    let head = raw::upload_head(&stage.room, &stage.visitor.cookie().unwrap(), "Content-Length: 5000");
    stream
        .write_all(&[head.as_slice(), raw::GIF_PART, b"GIF89a"].concat())
        .await
        .unwrap();
    eventually("the first upload has begun", async || {
        (!stage.app.files().is_empty()).then_some(())
    })
    .await;
    let second = stage.upload(fixtures::animated(8, 8, 2)).await;
    second.refused(429, "rate_limited");
    assert!(second.header("retry-after").is_some());
    drop(stream);
    stage.nothing_happened().await;
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

#[tokio::test]
async fn an_upload_given_up_while_it_begins_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let uploads = gifchat::uploads::Uploads::open(folder.path(), Default::default(), 1_000).unwrap();
    for _ in 0..300 {
        let mut begin = Box::pin(uploads.begin());
        // Polled once, and dropped while another thread opens the file.
        let _ = futures_util::poll!(&mut begin);
    }
    // What was begun earlier is at work in order; behind it the threads are idle.
    eventually("every begun file was opened", async || uploads.begin().await.ok()).await;
    eventually("no file is left", async || {
        std::fs::read_dir(folder.path()).unwrap().next().is_none().then_some(())
    })
    .await;
}
