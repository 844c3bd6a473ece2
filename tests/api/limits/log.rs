//! What the log says of limits, and of who asks.

use super::*;

/// The lines of the log about one event.
fn lines(server: &Server, event: &str) -> Vec<Value> {
    let log = server.log();
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter(|line| line["event"] == event).collect()
}

async fn provoke(server: &Server) -> [Vec<Value>; 3] {
    let (owner, bad) = (
        server.visitor().await,
        server.visitor().await.behind_proxy("203.0.113.7"),
    );
    let room = locked(&owner).await;
    bad.unlock(&room, "아니").await.refused(403, "wrong_password");
    bad.unlock(&room, PASSWORD).await.ok();
    let (mut own, mut socket) = (owner.join(&room).await, bad.join(&room).await);
    socket.post("하나").await;
    socket
        .ask_in_vain("chat", json!({ "chat": "둘" }), "rate_limited")
        .await;
    own.ask("moderate", json!({ "action": "ban", "visitor": bad.id })).await;
    eventually("all is in the log", async || {
        let found = ["password_refused", "limit_hit", "ban"].map(|event| lines(server, event));
        found.iter().all(|lines| lines.len() == 1).then_some(found)
    })
    .await
}

#[tokio::test]
async fn the_log_has_a_line_for_each_refused_password_limit_and_ban_and_addresses_only_if_asked() {
    let flags = [
        "--trusted-proxies",
        "127.0.0.1",
        "--limit-messages-visitor",
        "1/1h",
        COUNTED[0],
        COUNTED[1],
    ];
    let server = Server::alone(&flags).await;
    let [password, limit, ban] = provoke(&server).await;
    assert_eq!(password[0]["route"], "/room/{id}/enter");
    assert_eq!(
        (&limit[0]["limit"], &limit[0]["route"]),
        (&json!("messages"), &json!("chat"))
    );
    assert_eq!((&ban[0]["by"], &ban[0]["route"]), (&json!("owner"), &json!("moderate")));
    assert!(!server.log().contains("203.0.113.7"));
    let full = Server::alone(&[&flags[..], &["--log-address", "full"]].concat()).await;
    let [password, limit, _] = provoke(&full).await;
    for line in [&password[0], &limit[0]] {
        assert_eq!(line["address"], "203.0.113.7");
    }
    let hashed = Server::alone(&[&flags[..], &["--log-address", "hash"]].concat()).await;
    let [password, limit, _] = provoke(&hashed).await;
    assert_eq!(password[0]["address"], limit[0]["address"]);
    assert!(password[0]["address"].as_str().is_some_and(|hash| hash.len() == 16));
    assert!(!hashed.log().contains("203.0.113.7"));
}

#[tokio::test]
async fn when_nearly_all_visitors_come_from_a_private_address_the_log_asks_for_the_proxy_once() {
    let server = Server::alone(&[]).await;
    for _ in 0..250 {
        server.stranger().get("/").await.ok();
    }
    let asked = |server: &Server| server.log().matches("--trusted-proxies").count();
    eventually("the log asks", async || (asked(&server) == 1).then_some(())).await;
    let told = Server::alone(&["--trusted-proxies", "127.0.0.1"]).await;
    for n in 0..150 {
        let visitor: Visitor = told.stranger();
        let address = format!("203.0.113.{n}");
        visitor
            .send(visitor.plain(Method::GET, "/").header("x-forwarded-for", address))
            .await
            .ok();
    }
    assert_eq!(asked(&told), 0);
}
