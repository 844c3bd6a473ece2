//! Uploads that end in the middle: nothing is left of them.

use std::time::Duration;

use gifchat::{
    domain::{RoomId, Visitor, VisitorId},
    media::uploads::{AtOnce, Uploads},
};
use tokio::{io::AsyncWriteExt, net::TcpStream};

use crate::fixtures;
use crate::gifs::Stage;
use crate::support::{eventually, raw};

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
    let body = [raw::GIF_PART, &fixtures::sized(5_000), raw::FORM_END].concat();
    let length = format!("Connection: close\r\nContent-Length: {}", body.len());
    stream
        .write_all(&raw::upload_head(
            &stage.room,
            &stage.visitor.cookie().unwrap(),
            &length,
        ))
        .await
        .unwrap();
    stream.write_all(&body[..2_000]).await.unwrap();
    eventually("the upload has begun", async || {
        (!stage.app.files().is_empty()).then_some(())
    })
    .await;
    stage.visitor.delete(&stage.room).await.ok();
    stream.write_all(&body[2_000..]).await.unwrap();
    let answer = raw::rest(&mut stream).await;
    assert!(
        answer.starts_with("HTTP/1.1 404") && answer.contains("room_not_found"),
        "{answer}"
    );
    stage.app.no_files_left().await;
}

#[tokio::test]
async fn an_upload_given_up_while_it_begins_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let at_once = AtOnce {
        all: 1_000,
        each: 4,
        rate: 10_000,
    };
    let uploads = Uploads::open(folder.path(), Default::default(), at_once).unwrap();
    let begin = async || {
        let slot = uploads.slot(&Visitor::new(VisitorId::random()).into(), 0).unwrap();
        uploads.begin(slot, RoomId::random()).await.unwrap()
    };
    let gif = fixtures::sized(2_000);
    for _ in 0..300 {
        let mut upload = begin().await;
        let mut push = Box::pin(upload.push(&gif));
        // Polled once, and dropped while another thread opens the file.
        let _ = futures_util::poll!(&mut push);
    }
    // What was begun earlier is at work in order; behind it the threads are idle.
    eventually("every begun file was opened", async || {
        begin().await.push(&gif).await.ok()
    })
    .await;
    eventually("no file is left", async || {
        std::fs::read_dir(folder.path()).unwrap().next().is_none().then_some(())
    })
    .await;
}
