//! Files that are no GIF to be stored: refused with the reason, and nothing is left of them.

use reqwest::multipart::{Form, Part};
use reqwest::{Body, Method};
use tokio::{io::AsyncWriteExt, net::TcpStream};

use crate::fixtures;
use crate::gifs::Stage;
use crate::support::{Answer, Server, eventually, form_of, raw};

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

/// The technical detail is of no use to a visitor, but whoever runs the server may want to know it.
#[tokio::test]
async fn a_damaged_gif_is_refused_in_plain_words_and_logged_in_technical_ones() {
    let server = Server::alone(&["--log", "info,gifchat::media=debug"]).await;
    let visitor = server.visitor().await;
    let room = visitor.create_room("움짤").await;
    let _member = visitor.join(&room).await;
    let said = |answer: Answer| answer.json()["message"].as_str().unwrap().to_owned();
    let gif = fixtures::animated(16, 16, 3);
    let cut = visitor.upload(&room, fixtures::cut_at(&gif, gif.len() - 40)).await;
    assert_eq!(
        said(cut),
        "This GIF is damaged (it ends too early). Try saving it again."
    );
    let damaged = visitor.upload(&room, fixtures::frame_outside_canvas()).await;
    assert_eq!(
        said(damaged),
        "This GIF is damaged. Try saving it again, or choose another one."
    );
    for (reason, detail) in [
        ("truncated", "cut off before its end"),
        ("frame_outside_canvas", "reaches beyond its canvas"),
    ] {
        eventually("it is in the log", async || {
            (server.logged(&["DEBUG", reason, detail]) == 1).then_some(())
        })
        .await;
    }
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
async fn a_gif_that_is_too_large_is_refused_by_its_announced_length() {
    let mut stage = Stage::with(&["--gif-limit", "100000"]).await;
    let answer = stage.upload(fixtures::sized(300_000)).await;
    answer.refused(413, "too_large");
    let message = answer.json()["message"].as_str().unwrap().to_owned();
    assert!(message.ends_with("The limit is 100 kB."), "{message}");
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
async fn uploads_beyond_those_at_once_are_told_to_come_back() {
    let mut stage = Stage::with(&["--uploads-at-once", "1"]).await;
    let mut stream = TcpStream::connect(stage.app.address()).await.unwrap();
    let head = raw::upload_head(&stage.room, &stage.visitor.cookie().unwrap(), "Content-Length: 5000");
    stream
        .write_all(&[head.as_slice(), raw::GIF_PART, &fixtures::sized(5_000)[..2_000]].concat())
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
