//! What Prometheus reads, and what the dashboard and the alerts in `deploy/` make of it.

mod text;

use std::{collections::BTreeSet, net::SocketAddr};

use reqwest::{Method, Response};
use serde_json::Value;

use self::text::Reading;
use crate::{
    fixtures,
    passwords::{PASSWORD, locked},
    slow_reader::{LONG, flood},
    support::{COUNTED, Server, Socket, TestApp, Visitor, WITH_SLOW_READERS, eventually},
};

/// A server that is measured.
struct Measured {
    server: Server,
    at: SocketAddr,
}

impl Measured {
    async fn with(flags: &[&str]) -> Self {
        let server = Server::alone(&[&["--metrics", "127.0.0.1:0"], flags].concat()).await;
        let at = eventually("it says where", async || address_in(&server.log())).await;
        Self { server, at }
    }

    async fn ask(&self, method: Method, path: &str) -> Response {
        let url = format!("http://{}{path}", self.at);
        reqwest::Client::new().request(method, url).send().await.unwrap()
    }

    async fn read(&self) -> Reading {
        let answer = self.ask(Method::GET, "/metrics").await;
        assert_eq!(answer.status(), 200);
        let kind = answer.headers()["content-type"].to_str().unwrap();
        assert_eq!(kind, "text/plain; version=0.0.4; charset=utf-8");
        Reading::parse(&answer.text().await.unwrap())
    }

    /// Reads until it is so, and what else there is then.
    async fn read_until(&self, what: &str, is_so: impl Fn(&Reading) -> bool) -> Reading {
        eventually(what, async || Some(self.read().await).filter(&is_so)).await
    }
}

/// Where the log says that metrics are.
fn address_in(log: &str) -> Option<SocketAddr> {
    let mut lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.find_map(|line| line["metrics"].as_str()?.parse().ok())
}

/// Two in a room, one by each transport.
struct Pair {
    room: String,
    owner: Visitor,
    owners: Socket,
    others: Socket,
}

/// One refused password, a room with two sockets, three texts and a GIF, of which everybody has heard.
async fn traffic(server: &Server) -> Pair {
    let (owner, other) = (server.visitor().await, server.visitor().await);
    let room = locked(&owner).await;
    other.unlock(&room, "wrong").await.refused(403, "wrong_password");
    other.unlock(&room, PASSWORD).await.ok();
    let mut owners = owner.join(&room).await;
    let mut others = other.connect_by_polling("/chat").await;
    others.join(&room).await;
    for chat in ["one", "two", "three"] {
        owners.post(chat).await;
    }
    owner.upload(&room, gif()).await.ok();
    // The first two are those of the joins.
    owners.messages_to(6).await;
    others.messages_to(6).await;
    Pair {
        room,
        owner,
        owners,
        others,
    }
}

fn gif() -> Vec<u8> {
    fixtures::animated(8, 8, 2)
}

#[tokio::test]
async fn nothing_is_exposed_unless_asked_for_and_never_where_visitors_are() {
    let app = TestApp::start().await;
    app.stranger().get_json("/metrics").await.refused(404, "page_not_found");
    let plain = Server::alone(&[]).await;
    assert_eq!(address_in(&plain.log()), None);
    let measured = Measured::with(&[]).await;
    let stranger = measured.server.stranger();
    stranger.get_json("/metrics").await.refused(404, "page_not_found");
    for path in ["/", "/healthz", "/metrics/", "/metrics/x", "/rooms"] {
        let answer = measured.ask(Method::GET, path).await;
        let status = answer.status();
        assert_eq!((status.as_u16(), &*answer.text().await.unwrap()), (404, ""), "{path}");
    }
    assert_eq!(measured.ask(Method::POST, "/metrics").await.status(), 405);
    assert_eq!(measured.ask(Method::HEAD, "/metrics").await.status(), 200);
    measured.read().await;
}

#[tokio::test]
async fn an_address_that_is_taken_is_named_and_the_server_does_not_start() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let started = Server::try_start("sqlite:x.db", &["--metrics", &address]).await;
    let log = started.err().expect("it does not start");
    assert!(log.contains(&format!("--metrics {address}: ")), "{log}");
}

#[tokio::test]
async fn the_numbers_are_those_of_what_happened() {
    let measured = Measured::with(&[]).await;
    let before = measured.read().await;
    assert_eq!((before.get("rooms", &[]), before.sum("messages_total")), (0.0, 0.0));
    let pair = traffic(&measured.server).await;
    let chat = [("event", "chat")];
    let now = measured
        .read_until("all is counted", |now| now.get("deliveries_total", &chat) == 8.0)
        .await;
    let is = |name: &str, labels: &[(&str, &str)], value: f64| {
        assert_eq!(now.get(name, labels), value, "{name} {labels:?}");
    };
    for (name, value) in [("rooms", 1.0), ("seats", 2.0), ("visitors", 2.0), ("store_ready", 1.0)] {
        is(name, &[], value);
    }
    for transport in ["websocket", "polling"] {
        is("sockets", &[("transport", transport)], 1.0);
    }
    for (kind, stored) in [("text", 3.0), ("gif", 1.0), ("system", 2.0), ("whisper", 0.0)] {
        is("messages_total", &[("kind", kind)], stored);
    }
    is("refusals_total", &[("code", "wrong_password")], 1.0);
    assert_eq!((now.sum("refusals_total"), now.sum("limits_hit_total")), (1.0, 0.0));
    is("uploads_total", &[("outcome", "stored")], 1.0);
    assert_eq!((now.sum("uploads_total"), now.get("uploads_running", &[])), (1.0, 0.0));
    is("upload_bytes_total", &[], gif().len() as f64);
    is("gif_disk_bytes", &[], bytes_on_disk(&measured.server) as f64);
    let (enter, post) = (("route", "/room/{id}/enter"), ("method", "POST"));
    for (route, status, requests) in [
        ("/room/{id}/enter", "403", 1.0),
        ("/room/{id}/enter", "200", 1.0),
        ("/room", "201", 1.0),
        ("/room/{id}/gif", "201", 1.0),
    ] {
        let labels = [("route", route), post, ("status", status)];
        is("http_requests_total", &labels, requests);
    }
    is("http_request_duration_seconds_count", &[enter, post], 2.0);
    assert!(now.get("http_request_duration_seconds_sum", &[enter, post]) > 0.0);
    // Four messages, and the join that the first one heard of.
    is("fan_out_duration_seconds_count", &[], 5.0);
    assert!(now.get("commit_duration_seconds_count", &[]) >= 5.0);
    assert!(now.get("commit_duration_seconds_sum", &[]) > 0.0);
    for nothing in ["queue_length", "sockets_behind", "store_errors_total", "store_full"] {
        assert_eq!(now.sum(nothing), 0.0, "{nothing}");
    }
    assert_eq!(now.sum("build_info"), 1.0);

    pair.owners.goodbye().await;
    pair.owner.delete(&pair.room).await.ok();
    let gone =
        |now: &Reading| now.get("sockets", &[("transport", "websocket")]) + now.get("gif_disk_bytes", &[]) == 0.0;
    let after = measured.read_until("what is gone is not counted", gone).await;
    assert_eq!((after.get("rooms", &[]), after.get("seats", &[])), (0.0, 0.0));
    drop(pair.others);
}

/// Bytes of the GIFs in the folder of a server on either store.
fn bytes_on_disk(server: &Server) -> u64 {
    let uploads = server.folder().join("uploads");
    let files = [uploads.join("cache"), uploads]
        .into_iter()
        .filter_map(|folder| std::fs::read_dir(folder).ok());
    let sizes = files.flatten().map(|file| file.unwrap().metadata().unwrap());
    let bytes = sizes.filter(|file| file.is_file()).map(|file| file.len()).sum();
    assert!(bytes > 0);
    bytes
}

#[tokio::test]
async fn no_label_grows_with_rooms_visitors_or_what_clients_write() {
    let measured = Measured::with(&[]).await;
    let mut pairs = Vec::new();
    let mut known: Option<BTreeSet<String>> = None;
    for turn in 0..2 {
        let pair = traffic(&measured.server).await;
        let stranger = measured.server.stranger();
        for path in [
            format!("/x{turn}"),
            format!("/room/x{turn}"),
            format!("/gif/{turn}.gif"),
        ] {
            assert_eq!(stranger.get(&path).await.status, 404);
            let method = Method::from_bytes(format!("X{turn}").as_bytes()).unwrap();
            stranger.send(stranger.plain(method, &path)).await;
        }
        let count = 8.0 * f64::from(turn + 1);
        let chat = [("event", "chat")];
        let all = |now: &Reading| now.get("deliveries_total", &chat) == count;
        let now = measured.read_until("all is counted", all).await;
        let series: BTreeSet<String> = now.series().into_iter().map(|series| format!("{series:?}")).collect();
        for private in [&pair.room, &pair.owner.id] {
            assert!(series.iter().all(|series| !series.contains(private.as_str())));
        }
        if let Some(known) = known.replace(series.clone()) {
            let new: Vec<_> = series.difference(&known).collect();
            assert!(new.is_empty(), "{new:#?}");
        }
        pairs.push(pair);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_that_does_not_read_is_behind_until_it_reads() {
    // A server in a process of its own has its own `--ping-interval`.
    let (flags, _) = WITH_SLOW_READERS.split_last_chunk::<2>().unwrap();
    let measured = Measured::with(flags).await;
    let (slow, quick) = (measured.server.visitor().await, measured.server.visitor().await);
    let room = slow.create_room("느림보").await;
    let mut watching = quick.join(&room).await;
    let mut sleeping = slow.join_with_small_window(&room).await;
    tokio::join!(flood(&quick, &room, 120, LONG), watching.messages_to(122));
    let waiting = [("queue", "slow_sockets")];
    let is_behind = |now: &Reading| now.get("sockets_behind", &[]) == 1.0 && now.get("queue_length", &waiting) > 10.0;
    measured.read_until("one is behind", is_behind).await;
    sleeping.messages_to(122).await;
    let is_even = |now: &Reading| now.get("sockets_behind", &[]) + now.get("queue_length", &waiting) == 0.0;
    measured.read_until("nobody is behind", is_even).await;
}

/// What a server says that has counted something of everything.
pub async fn all_there_are() -> Reading {
    let flags = [&COUNTED[..], &["--limit-joins-visitor", "2/1h"]].concat();
    let measured = Measured::with(&flags).await;
    let mut pair = traffic(&measured.server).await;
    for _ in 0..2 {
        pair.owners.ask("join", &pair.room).await;
    }
    let is_counted = |now: &Reading| now.get("limits_hit_total", &[("limit", "joins")]) == 1.0;
    measured.read_until("the limit is counted", is_counted).await
}

#[tokio::test]
async fn the_dashboard_and_the_alerts_name_only_metrics_that_exist() {
    let now = all_there_are().await;
    let names = now.names();
    for (file, text) in [
        ("grafana.json", include_str!("../../deploy/grafana.json")),
        ("alerts.yml", include_str!("../../deploy/alerts.yml")),
    ] {
        let named = named_in(text);
        assert!(named.len() > 5, "{file} names {named:?}");
        let unknown: Vec<_> = named.difference(&names).collect();
        assert!(unknown.is_empty(), "{file} names {unknown:?}");
    }
    let dashboard: Value = serde_json::from_str(include_str!("../../deploy/grafana.json")).unwrap();
    assert!(dashboard["panels"].as_array().unwrap().len() > 5);
}

/// The words of a text that begin like our metrics.
fn named_in(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    words.filter(|word| word.starts_with("gifchat_")).collect()
}
