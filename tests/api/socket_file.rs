//! A server on a socket file, behind a proxy on the same machine.

use std::{
    os::unix::fs::{FileTypeExt, PermissionsExt},
    time::Duration,
};

use nix::sys::signal::Signal;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
    time::{Instant, sleep},
};

use crate::{
    fixtures,
    gifs::path_of,
    slow_reader::{LONG, flood},
    support::{Server, Visitor, WITH_SLOW_READERS, eventually, in_time},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_file_serves_the_group_goes_by_what_the_proxy_says_and_ends_with_the_server() {
    let server = Server::at_socket_file(&[]).await;
    let path = server.folder().join("gifchat.sock");
    let file = path.symlink_metadata().unwrap();
    assert!(file.file_type().is_socket());
    assert_eq!(file.permissions().mode() & 0o777, 0o660);

    let owner = server.visitor().await.behind_proxy("192.0.2.1");
    let room = owner.create_room("방").await;
    let mut watching = owner.join(&room).await;
    let guest = server.visitor().await.behind_proxy("192.0.2.2");
    let mut socket = guest.join(&room).await;
    socket.post("안녕").await;
    assert_eq!(watching.wait("chat").await["chat"], "안녕");
    let gif = guest.upload(&room, fixtures::animated(8, 8, 2)).await.ok().json();
    guest.get(&path_of(&gif)).await.ok();

    let ban = serde_json::json!({ "action": "ban", "visitor": guest.id });
    assert_eq!(watching.ask("moderate", ban).await["ok"], true);
    let status = async |address| {
        let newcomer = server.visitor().await.behind_proxy(address);
        newcomer.get_json(&format!("/room/{room}")).await.json()["code"].clone()
    };
    assert_eq!(
        status("192.0.2.2").await,
        "banned",
        "the same address with a new cookie"
    );
    assert_eq!(status("192.0.2.3").await, serde_json::Value::Null);

    server.signal(Signal::SIGTERM);
    eventually("the server ends", async || (!server.lives()).then_some(())).await;
    assert!(!path.exists(), "the file stays");
}

/// Asks for a GIF over the socket file.
async fn ask(server: &Server, visitor: &Visitor, path: &str) -> UnixStream {
    let mut stream = UnixStream::connect(server.folder().join("gifchat.sock")).await.unwrap();
    let cookie = visitor.cookie().unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: gifchat\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_takes_an_answer_too_slowly_by_a_socket_file_is_given_up_and_a_slow_line_is_not() {
    let server = Server::at_socket_file(&["--answer-timeout", "3s"]).await;
    let visitor = server.visitor().await;
    let room = visitor.create_room("방").await;
    let _seat = visitor.join(&room).await;
    let gif = fixtures::sized(3_000_000);
    let path = path_of(&visitor.upload(&room, gif.clone()).await.ok().json());
    let mut miser = ask(&server, &visitor, &path).await;
    let mut slow = ask(&server, &visitor, &path).await;
    // Writing to it fails as soon as the server has closed its end.
    let given_up = eventually("the end of patience", async || miser.write_all(b"\r\n").await.err());
    let got_through = async {
        let (begun, mut got, mut bytes) = (Instant::now(), 0, [0; 2_000]);
        while begun.elapsed() < Duration::from_secs(6) {
            got += slow.read(&mut bytes).await.unwrap();
            sleep(Duration::from_millis(50)).await;
        }
        let mut rest = Vec::new();
        in_time("the rest", slow.read_to_end(&mut rest)).await.unwrap();
        (got, rest.len())
    };
    let ((got, rest), _) = tokio::join!(got_through, given_up);
    assert!(got > 100_000 && got + rest > gif.len(), "{got} and {rest}");
    // What the other one left is not the file: it was cut off.
    let mut left = Vec::new();
    let _ = in_time("the end", miser.read_to_end(&mut left)).await;
    assert!(left.len() < gif.len() / 2, "{}", left.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whose_websocket_takes_nothing_by_a_socket_file_is_given_up_and_the_seat_is_free() {
    let without_pings = &WITH_SLOW_READERS[..WITH_SLOW_READERS.len() - 2];
    let flags: Vec<_> = without_pings
        .iter()
        .map(|flag| if *flag == "120s" { "3s" } else { flag })
        .chain(["--seat-grace", "300ms"])
        .collect();
    let server = Server::at_socket_file(&flags).await;
    let (dead, other) = (
        server.visitor().await.behind_proxy("192.0.2.1"),
        server.visitor().await.behind_proxy("192.0.2.2"),
    );
    let room = dead.create_room("느림보").await;
    let mut watching = other.join(&room).await;
    let sleeping = dead.join_with_small_window(&room).await;
    tokio::join!(flood(&other, &room, 200, LONG), watching.messages_to(202));
    eventually("the seat is free", async || {
        (other.room(&room).await.json()["count"] == 1).then_some(())
    })
    .await;
    watching.post("아직 여기").await;
    drop(sleeping);
}
