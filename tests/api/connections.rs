//! Connections beyond the caps, few open files, and clients that take an answer byte by byte.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::{Instant, sleep},
};

use crate::{
    fixtures,
    gifs::{Stage, path_of},
    support::{Server, Visitor, in_time, raw},
};

#[tokio::test]
async fn with_few_open_files_connections_are_refused_and_work_goes_on() {
    let server = Server::with_open_files(128, &["--header-timeout", "10m"]).await;
    let visitor = server.visitor().await;
    let room = visitor.create_room("방").await;
    let mut socket = visitor.join(&room).await;
    let mut held = Vec::new();
    let mut refused = 0;
    for _ in 0..200 {
        let mut stream = TcpStream::connect(server.address()).await.unwrap();
        stream
            .write_all(b"GET /healthz HTTP/1.1\r\nHost: gifchat\r\n\r\n")
            .await
            .unwrap();
        let mut answer = vec![0; 1_000];
        let read = in_time("an answer at once", stream.read(&mut answer)).await.unwrap();
        let answer = String::from_utf8_lossy(&answer[..read]);
        if answer.starts_with("HTTP/1.1 503") {
            let answer = answer.to_lowercase();
            assert!(
                answer.contains("retry-after: ") && answer.contains("connection: close"),
                "{answer}"
            );
            refused += 1;
        } else {
            assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        }
        held.push(stream);
    }
    assert!(refused >= 160, "{refused}");
    // Who is there goes on, with files for pages, GIFs and the store.
    for n in 0..10 {
        visitor.get("/").await.ok();
        let gif = visitor.upload(&room, fixtures::sized(3_000 + n)).await.ok().json();
        visitor.get(&path_of(&gif)).await.ok();
        socket.post("아직 여기").await;
    }
    let log = server.log();
    let troubled = log
        .lines()
        .filter(|line| line.contains("\"WARN\"") || line.contains("\"ERROR\""));
    assert!(troubled.count() <= 4, "{log}");
    assert_eq!(server.logged(&["open files", "\"connections\":32"]), 1, "{log}");
    drop(held);
}

/// Asks for a GIF with a small window of receipt.
async fn ask(visitor: &Visitor, path: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let mut stream = socket.connect(visitor.address()).await.unwrap();
    let cookie = visitor.cookie().unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: gifchat\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_takes_an_answer_too_slowly_is_given_up_and_a_slow_line_is_not() {
    let stage = Stage::with(&["--answer-timeout", "3s", "--tcp-timeout", "10m"]).await;
    let gif = fixtures::sized(3_000_000);
    let path = path_of(&stage.upload(gif.clone()).await.ok().json());
    let mut miser = ask(&stage.visitor, &path).await;
    let mut slow = ask(&stage.visitor, &path).await;
    let begun = Instant::now();
    let given_up = async {
        let mut byte = [0; 16];
        // What has arrived can be read after a reset, too, so its own side of the connection is asked.
        while miser.take_error().unwrap().is_none() {
            if miser.read(&mut byte).await.is_err() {
                return;
            }
            sleep(Duration::from_millis(500)).await;
        }
    };
    let got_through = async {
        let mut got = 0;
        let mut bytes = [0; 2_000];
        while begun.elapsed() < Duration::from_secs(6) {
            got += slow.read(&mut bytes).await.unwrap();
            sleep(Duration::from_millis(50)).await;
        }
        let rest = raw::rest(&mut slow).await;
        (got, rest)
    };
    let ((got, rest), ()) = tokio::join!(got_through, in_time("the end of patience", given_up));
    assert!(rest.len() > gif.len() / 2 && got > 100_000, "{got} and {}", rest.len());
}
