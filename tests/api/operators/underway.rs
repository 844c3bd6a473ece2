//! Decisions of operators reach requests that are still on their way.

use serde_json::json;
use tokio::io::AsyncWriteExt;

use super::server;
use crate::{
    fixtures::animated,
    support::{Server, Visitor, eventually, in_time, raw},
};

/// A request that comes in two pieces.
struct Slow {
    path: String,
    kind: &'static str,
    body: Vec<u8>,
}

impl Slow {
    fn chat(room: &str) -> Self {
        Self {
            path: format!("/room/{room}/chat"),
            kind: "application/json",
            body: json!({ "chat": "too late" }).to_string().into_bytes(),
        }
    }

    fn gif(path: String, fields: &[u8]) -> Self {
        Self {
            path,
            kind: "multipart/form-data; boundary=cut",
            body: [fields, raw::GIF_PART, &animated(16, 16, 4), raw::FORM_END].concat(),
        }
    }

    /// Sends half of it, lets something happen, and sends the rest; what is answered.
    async fn with(&self, server: &Server, visitor: &Visitor, decided: impl AsyncFnOnce()) -> String {
        let Self { path, kind, body } = self;
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: gifchat\r\nCookie: {}\r\nX-Forwarded-For: 203.0.113.7\r\nAccept: application/json\r\n\
             Content-Type: {kind}\r\nContent-Length: {}\r\n",
            visitor.cookie().unwrap(),
            body.len()
        );
        let mut stream = raw::begin_asked(server.address(), &head).await;
        let (first, rest) = body.split_at(body.len() / 2);
        stream.write_all(first).await.unwrap();
        decided().await;
        // It may be refused before it has all come.
        let _ = stream.write_all(rest).await;
        raw::rest(&mut stream).await
    }
}

#[tokio::test]
async fn who_is_kept_out_while_a_request_comes_stores_nothing_by_it() {
    let (server, console) = server(&["--trusted-proxies", "127.0.0.1"]).await;
    let ann = server.visitor().await.behind_proxy("203.0.113.1");
    let room = ann.create_room("방").await;
    let _there = ann.join(&room).await;
    let to = format!(
        "--cut\r\nContent-Disposition: form-data; name=\"to\"\r\n\r\n{}\r\n",
        ann.id
    );
    for kind in ["visitor", "address", "newcomers"] {
        for slow in [
            Slow::chat(&room),
            Slow::gif(format!("/room/{room}/gif"), b""),
            Slow::gif(format!("/room/{room}/whisper/gif"), to.as_bytes()),
        ] {
            let bea = server.visitor().await.behind_proxy("203.0.113.7");
            let _inside = bea.join(&room).await;
            let decide = async || match kind {
                "newcomers" => drop(console.post("/pauses", json!({ "newcomers": true })).await.ok()),
                _ => {
                    let who = if kind == "visitor" { &bea.id } else { "203.0.113.7" };
                    console.post("/bans", json!({ "who": who, "seconds": 3600 })).await.ok();
                }
            };
            let answer = slow.with(&server, &bea, decide).await;
            let code = if kind == "newcomers" {
                "paused"
            } else {
                "banned_from_site"
            };
            assert!(
                answer.starts_with("HTTP/1.1 403") && answer.contains(code),
                "{kind} {}: {answer}",
                slow.path
            );
            console.post("/pauses", json!({})).await.ok();
            let bans = console.get("/bans").await.ok().json();
            for ban in bans["bans"].as_array().unwrap() {
                console.post(&format!("/bans/{}/lift", ban["id"]), json!({})).await.ok();
            }
        }
    }
    let site = console.get("/").await.ok().json();
    assert_eq!(site["gifs"]["files"], 0, "nothing was stored");
    let said = ann.get_json(&format!("/room/{room}/messages")).await.ok().text();
    assert!(!said.contains("too late") && !said.contains(".gif"), "{said}");
}

#[tokio::test]
async fn what_else_is_decided_while_a_request_comes_does_not_disturb_it() {
    let (server, console) = server(&[]).await;
    let (ann, bea) = (server.visitor().await, server.visitor().await);
    let room = ann.create_room("방").await;
    let _there = ann.join(&room).await;
    for slow in [Slow::chat(&room), Slow::gif(format!("/room/{room}/gif"), b"")] {
        let decide = async || {
            drop(
                console
                    .post("/bans", json!({ "who": bea.id, "seconds": 3600 }))
                    .await
                    .ok(),
            )
        };
        let answer = slow.with(&server, &ann, decide).await;
        assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    }
}

#[tokio::test]
async fn who_is_banned_from_the_site_gives_up_their_seat_and_their_room() {
    let (server, console) = server(&["--seat-grace", "1h", "--owner-grace", "100ms"]).await;
    let (ann, bea) = (server.visitor().await, server.visitor().await);
    let room = ann.create_room("방").await;
    let (mut anns, mut beas) = (ann.join(&room).await, bea.join(&room).await);
    console.post("/bans", json!({ "who": ann.id })).await.ok();
    in_time("the socket is closed", anns.closed()).await;
    let members = eventually("one is inside", async || {
        let inside = console.get(&format!("/rooms/{room}")).await.ok().json();
        let members = inside["members"].as_array()?.clone();
        (members.len() == 1).then_some(members)
    })
    .await;
    assert_eq!(members[0]["id"], json!(bea.id));
    in_time("the room has another owner", async {
        while beas.wait("chat").await["line"] != "owner" {}
    })
    .await;
}
