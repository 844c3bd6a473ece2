//! Uploads that bring next to nothing: they keep nobody else out, and come to an end.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinHandle,
};

use crate::{
    fixtures,
    gifs::Stage,
    support::{COUNTED, Visitor, eventually, in_time, raw},
};

/// A stage whose room has seats for all.
async fn stage(flags: &[&str]) -> Stage {
    let mut stage = Stage::with(flags).await;
    stage.room = stage
        .visitor
        .create_room_of(json!({ "title": "움짤", "max": 40 }))
        .await;
    stage.socket = stage.visitor.join(&stage.room).await;
    stage
}

/// Begins an upload and sends some of it.
async fn begin(stage: &Stage, visitor: &Visitor, more: &str, body: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(stage.app.address()).await.unwrap();
    let from = visitor.forwarded_for.unwrap_or("192.0.2.200");
    let headers = format!("X-Forwarded-For: {from}\r\n{more}Content-Length: 9000000");
    let head = raw::upload_head(&stage.room, &visitor.cookie().unwrap(), &headers);
    stream.write_all(&[&head, body].concat()).await.unwrap();
    stream
}

/// The status that comes, whenever that is, and the connection, which stays open.
type Answer = JoinHandle<(String, TcpStream)>;

fn status(mut stream: TcpStream) -> Answer {
    tokio::spawn(async move {
        let mut line = vec![0; 12];
        let read = stream.read_exact(&mut line).await;
        let status = read.map(|_| String::from_utf8_lossy(&line[9..]).into_owned());
        (status.unwrap_or_default(), stream)
    })
}

/// Begins that many uploads and sends no more than their first bytes; waits until all are told to go on, or refused.
async fn trickle(stage: &Stage, visitors: &[Visitor], count: usize) -> Vec<Answer> {
    let begun = [raw::GIF_PART, &fixtures::sized(5_000)[..2_000]].concat();
    let mut answers = Vec::new();
    for visitor in visitors.iter().cycle().take(count) {
        // Who waits for permission to send is answered at once.
        answers.push(status(begin(stage, visitor, "Expect: 100-continue\r\n", &begun).await));
    }
    eventually("all are answered", async || {
        answers.iter().all(Answer::is_finished).then_some(())
    })
    .await;
    answers
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_cookie_with_seventy_uploads_that_trickle_keeps_nobody_out() {
    let stage = stage(&[]).await;
    let answers = trickle(&stage, std::slice::from_ref(&stage.visitor), 70).await;
    let others = join_all((0..10).map(async |_| {
        let other = stage.app.visitor().await;
        let _socket = other.join(&stage.room).await;
        other.upload(&stage.room, fixtures::sized(3_000)).await.status
    }));
    assert_eq!(others.await, [201; 10]);
    let answers = join_all(answers).await.into_iter().map(Result::unwrap);
    assert_eq!(answers.filter(|(status, _)| status == "429").count(), 66);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_cookies_of_one_address_have_the_slots_of_one() {
    let stage = stage(&["--trusted-proxies", "127.0.0.1", COUNTED[0], COUNTED[1]]).await;
    let mut visitors = Vec::new();
    for _ in 0..12 {
        let visitor = stage.app.visitor().await.behind_proxy("192.0.2.1");
        visitors.push(visitor);
    }
    let _sockets = join_all(visitors.iter().map(|visitor| visitor.join(&stage.room))).await;
    let _answers = trickle(&stage, &visitors, 12).await;
    let last = visitors[0].upload(&stage.room, fixtures::sized(3_000)).await;
    last.refused(429, "rate_limited");
    let sentence = last.json()["message"].as_str().unwrap().to_owned();
    let says = ["No more than 4 of the GIFs", "your network", "try again in 2 s"];
    assert!(says.iter().all(|words| sentence.contains(words)), "{sentence}");
    let elsewhere = stage.app.visitor().await.behind_proxy("192.0.2.2");
    let _socket = elsewhere.join(&stage.room).await;
    elsewhere.upload(&stage.room, fixtures::sized(3_000)).await.ok();
}

/// Without an address to bound them by: with four uploads each they have all that run side by side.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixteen_cookies_that_hold_all_uploads_keep_nobody_out() {
    let stage = stage(&["--uploads-at-once", "64"]).await;
    let visitors = join_all((0..16).map(async |_| stage.app.visitor().await)).await;
    let _sockets = join_all(visitors.iter().map(|visitor| visitor.join(&stage.room))).await;
    let answers = trickle(&stage, &visitors, 64).await;
    eventually("all turns are taken", async || {
        (stage.app.files().len() == 64).then_some(())
    })
    .await;
    let others = join_all((0..10).map(async |_| {
        let other = stage.app.visitor().await;
        let _socket = other.join(&stage.room).await;
        other.upload(&stage.room, fixtures::sized(3_000)).await.status
    }));
    assert_eq!(others.await, [201; 10]);
    // Who gave way is told so at once, and the others go on.
    let streams = join_all(answers).await.into_iter().map(|answer| answer.unwrap().1);
    let mut ended = 0;
    for stream in streams {
        let mut answer = [0; 1_000];
        let read = stream.try_read(&mut answer).unwrap_or(0);
        ended += usize::from(String::from_utf8_lossy(&answer[..read]).contains(" 429 "));
    }
    assert!((1..=10).contains(&ended), "{ended}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_that_lost_its_turn_ends_although_only_its_words_are_missing() {
    let stage = stage(&["--uploads-at-once", "2"]).await;
    let words = b"\r\n--cut\r\nContent-Disposition: form-data; name=\"alt\"\r\n\r\nA b";
    let all_but_words = [raw::GIF_PART, &fixtures::sized(5_000), words].concat();
    let greedy = stage.app.visitor().await;
    let _socket = greedy.join(&stage.room).await;
    let mut streams = Vec::new();
    for _ in 0..2 {
        streams.push(begin(&stage, &greedy, "", &all_but_words).await);
    }
    eventually("all turns are taken", async || {
        (stage.app.files().len() == 2).then_some(())
    })
    .await;
    stage.visitor.upload(&stage.room, fixtures::sized(3_000)).await.ok();
    let answered = streams.into_iter().map(|mut stream| {
        Box::pin(async move {
            let mut line = [0; 12];
            stream.read_exact(&mut line).await.unwrap();
            String::from_utf8_lossy(&line[9..]).into_owned()
        })
    });
    let (first, ..) = in_time("one of them is told", futures_util::future::select_all(answered)).await;
    assert_eq!(first, "429");
}

#[tokio::test]
async fn an_upload_takes_no_turn_before_its_first_kilobyte() {
    let mut stage = Stage::with(&["--uploads-at-once", "1"]).await;
    let other = stage.app.visitor().await;
    let _socket = other.join(&stage.room).await;
    let gif = fixtures::sized(5_000);
    let mut waiting = begin(&stage, &other, "", &[raw::GIF_PART, &gif[..1_000]].concat()).await;
    // It is there: its visitor has a slot less.
    let room = stage.room.clone();
    stage.visitor.upload(&room, gif.clone()).await.ok();
    waiting.write_all(&gif[1_000..2_000]).await.unwrap();
    eventually("the other upload has its turn", async || {
        let answer = stage.visitor.upload(&room, gif.clone()).await;
        (answer.status == 429).then_some(())
    })
    .await;
    drop(waiting);
    eventually("the turn is free again", async || {
        (stage.visitor.upload(&room, gif.clone()).await.status == 201).then_some(())
    })
    .await;
    stage.socket.wait("chat").await;
}

#[tokio::test]
async fn an_upload_below_the_rate_is_given_up() {
    let mut stage = Stage::with(&["--body-timeout", "1s"]).await;
    let gif = fixtures::sized(60_000);
    let body = [raw::GIF_PART, &gif[..20_000]].concat();
    let mut stream = begin(&stage, &stage.visitor, "", &body).await;
    let (mut reading, mut writing) = stream.split();
    let trickle = async {
        for bytes in gif[20_000..].chunks(100) {
            if writing.write_all(bytes).await.is_err() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        std::future::pending::<()>().await;
    };
    let mut answer = vec![0; 2_000];
    let read = tokio::select! {
        () = trickle => unreachable!(),
        read = in_time("the end of patience", reading.read(&mut answer)) => read.unwrap(),
    };
    let answer = String::from_utf8_lossy(&answer[..read]).into_owned();
    assert!(
        answer.starts_with("HTTP/1.1 408") && answer.contains("timed_out"),
        "{answer}"
    );
    drop(stream);
    stage.nothing_happened().await;
}

#[tokio::test]
async fn a_slow_phone_gets_its_gif_through() {
    let stage = Stage::with(&[]).await;
    let gif = fixtures::sized(60_000);
    let body = [raw::GIF_PART, &gif, raw::FORM_END].concat();
    let length = format!("Connection: close\r\nContent-Length: {}", body.len());
    let head = raw::upload_head(&stage.room, &stage.visitor.cookie().unwrap(), &length);
    let mut stream = TcpStream::connect(stage.app.address()).await.unwrap();
    stream.write_all(&head).await.unwrap();
    // 12 kB a second: longer than the beginning lasts.
    for bytes in body.chunks(1_200) {
        stream.write_all(bytes).await.unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let answer = raw::rest(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
}

#[tokio::test]
async fn a_form_brings_little_but_its_file() {
    let mut stage = Stage::with(&[]).await;
    let filler = vec![b'a'; 1 << 20];
    let endless_head = [&b"--cut\r\nX-Long: "[..], &filler].concat();
    for body in [&filler, &endless_head] {
        let mut stream = begin(&stage, &stage.visitor, "Expect: 100-continue\r\n", body).await;
        let mut answer = vec![0; 2_000];
        let mut read = 0;
        while !String::from_utf8_lossy(&answer[..read]).contains("\"invalid\"") {
            let more = in_time("an answer", stream.read(&mut answer[read..]))
                .await
                .unwrap_or(0);
            assert!(more > 0, "{}", String::from_utf8_lossy(&answer[..read]));
            read += more;
        }
    }
    stage.nothing_happened().await;
}
