//! What visitors see while the database does not answer, over real sockets of a real process.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use mongodb::bson::{Document, doc};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{
    proxy::{Proxy, Way},
    support::{Answer, Visitor, eventually, mongod, process::Process},
};

/// Time in which everything has its answer, whatever it is.
const LONGEST: Duration = Duration::from_secs(3);

/// Time for it once the server has noticed.
const AT_ONCE: Duration = Duration::from_millis(1_500);

/// Requests that come together.
const CROWD: usize = 100;

/// A server that reaches its database through a proxy.
struct Behind {
    /// The address of the database, past the proxy.
    database: String,
    process: Process,
    proxy: Proxy,
    address: Arc<Mutex<SocketAddr>>,
}

impl Behind {
    async fn start() -> Self {
        let proxy = Proxy::before(mongod::port()).await;
        let database = mongod::fresh_database();
        let store = proxy.before_url(&database);
        let args = ["--listen", "127.0.0.1:0", "--log-format", "json", "--store", &store];
        let process = Process::start(env!("CARGO_BIN_EXE_gifchat"), &args);
        let address = eventually("the server serves", async || {
            let lines = lines(&process);
            let serving = lines.iter().find(|line| line["message"] == "serving")?;
            serving["address"].as_str()?.parse().ok()
        });
        let address = Arc::new(Mutex::new(address.await));
        Self {
            database,
            process,
            proxy,
            address,
        }
    }

    /// Somebody whose session will not be written again today.
    async fn regular(&self) -> Visitor {
        let visitor = Visitor::arrive(Arc::clone(&self.address)).await;
        visitor.get("/").await.ok();
        visitor
    }

    fn stranger(&self) -> Visitor {
        Visitor::stranger(Arc::clone(&self.address))
    }

    /// The same visitor once more, for requests side by side.
    fn twin(&self, visitor: &Visitor) -> Visitor {
        let twin = self.stranger();
        for cookie in visitor.cookie().unwrap().split("; ") {
            twin.set_cookie(cookie);
        }
        twin
    }

    async fn until_ready(&self) {
        let visitor = self.stranger();
        eventually("the server is ready", async || {
            (visitor.get("/readyz").await.status == 200).then_some(())
        })
        .await;
    }

    /// Opens the way to the database again, for new connections.
    async fn mend(&self) {
        self.proxy.set(Way::Cut);
        self.proxy.set(Way::Open);
        self.until_ready().await;
    }

    /// What is in the log beside one line a request.
    fn said(&self) -> Vec<Value> {
        let mut lines = lines(&self.process);
        lines.retain(|line| line["message"] != "request");
        lines
    }
}

fn lines(process: &Process) -> Vec<Value> {
    process
        .log()
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect()
}

/// What a crowd got, and how long the last of it took.
async fn crowd(asks: impl Fn(usize) -> futures_util::future::BoxFuture<'static, Answer>) -> (Vec<Answer>, Duration) {
    let (began, mut asking) = (Instant::now(), JoinSet::new());
    for at in 0..CROWD {
        asking.spawn(asks(at));
    }
    (asking.join_all().await, began.elapsed())
}

fn is_old(page: &Answer) -> bool {
    page.text().contains("id=\"old-banner\"")
}

/// Checks an error page that comes back by itself.
fn comes_back(page: &Answer) {
    assert_eq!(page.status, 503, "{}", page.text());
    assert_eq!(page.header("retry-after"), Some("5"));
    assert!(
        page.text().contains("<meta http-equiv=\"refresh\" content=\"5\">"),
        "{}",
        page.text()
    );
}

async fn outage(way: Way) {
    let site = Behind::start().await;
    let [owner, guest] = [site.regular().await, site.regular().await];
    let room = owner.create_room("cats").await;
    let path = format!("/room/{room}");
    let mut seat = owner.join(&room).await;
    let mut list = guest.connect("/room").await;
    let before = site.said().len();
    site.proxy.set(way);

    // All of it at once, in the moment in which nobody has noticed yet.
    let visitors = Arc::new([site.twin(&owner), site.twin(&guest)]);
    let (answers, took) = crowd(|at| {
        let (visitors, path) = (Arc::clone(&visitors), path.clone());
        Box::pin(async move {
            let visitor = &visitors[at % 2];
            match at % 5 {
                0 | 1 => visitor.get("/").await,
                2 => visitor.get(&path).await,
                3 => visitor.post_chat(path.trim_start_matches("/room/"), "lost?").await,
                _ => visitor.get_json("/rooms").await,
            }
        })
    })
    .await;
    println!("{CROWD} requests while nobody has noticed: {took:?}");
    assert!(took <= LONGEST, "{took:?}");
    for answer in &answers {
        let expected = if answer.text().contains("room-list") { 200 } else { 503 };
        assert_eq!(answer.status, expected, "{}", answer.text());
        assert!(expected == 503 || (is_old(answer) && answer.text().contains("cats")));
    }
    assert_eq!(
        answers.iter().filter(|answer| answer.status == 200).count(),
        2 * CROWD / 5
    );

    // And now that it is known.
    let (pages, took) = crowd(|at| {
        let (visitors, path) = (Arc::clone(&visitors), path.clone());
        Box::pin(async move { visitors[0].get(if at % 2 == 0 { "/" } else { &path }).await })
    })
    .await;
    println!("{CROWD} requests when it is known: {took:?}");
    assert!(took <= AT_ONCE, "{took:?}");
    pages.iter().filter(|page| page.status == 503).for_each(comes_back);
    assert_eq!(pages.iter().filter(|page| is_old(page)).count(), CROWD / 2);
    owner.post_chat(&room, "lost?").await.refused(503, "unavailable");
    guest.get_json("/rooms").await.refused(503, "unavailable");
    seat.ask_in_vain("chat", json!({ "chat": "lost?" }), "unavailable")
        .await;
    seat.ask_in_vain("join", &room, "unavailable").await;
    assert_eq!(guest.get("/healthz").await.status, 200);
    assert_eq!(guest.get("/readyz").await.status, 503);
    assert_eq!(
        guest.look_in_the_mirror().await.0,
        guest.id,
        "who was known stays known"
    );
    let korean = guest.plain(reqwest::Method::GET, "/").header("accept-language", "ko");
    assert!(
        guest
            .send(korean)
            .await
            .text()
            .contains("지금은 서버에 연결할 수 없어요")
    );
    let newcomer = site.stranger();
    let (newcomer_id, _) = newcomer.look_in_the_mirror().await;
    let unknown = site.stranger();
    unknown.set_cookie("gifchat=AAAAAAAAAAAAAAAAAAAAAA");
    let page = unknown.get("/").await;
    assert!(page.text().contains(" data-guest"), "{}", page.text());
    assert_eq!(
        page.set_cookie("gifchat"),
        None,
        "who can't be recognized keeps the cookie"
    );
    let lines = site.said().len() - before;
    println!("{lines} lines in the log: {:?}", &site.said()[before..]);
    assert!(lines <= 8, "{:?}", site.said());

    site.mend().await;
    let page = guest.get("/").await.ok();
    assert!(!is_old(&page), "{}", page.text());
    assert_eq!(guest.look_in_the_mirror().await.0, guest.id);
    assert_eq!(newcomer.look_in_the_mirror().await.0, newcomer_id, "stored late");
    assert!(!unknown.get("/").await.ok().text().contains(" data-guest"));
    seat.post("found").await;
    assert_eq!(seat.wait("chat").await["chat"], "found");
    owner.create_room("dogs").await;
    while list.wait("newRoom").await["title"] != "dogs" {}
    let history = owner.history(&room).await;
    let chats: Vec<_> = history.iter().filter_map(|message| message["chat"].as_str()).collect();
    let of_test: Vec<_> = chats
        .into_iter()
        .filter(|chat| ["lost?", "found"].contains(chat))
        .collect();
    assert_eq!(of_test, ["found"], "what was refused is not there");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn while_the_database_is_silent_pages_are_shown_and_nothing_waits_longer_than_three_seconds() {
    outage(Way::Stalled).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn while_the_database_is_cut_off_pages_are_shown_and_nothing_waits_longer_than_three_seconds() {
    outage(Way::Cut).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn a_session_that_has_ended_elsewhere_is_not_revived_when_the_database_is_back() {
    let site = Behind::start().await;
    let visitor = site.regular().await;
    site.proxy.set(Way::Stalled);
    assert_eq!(visitor.look_in_the_mirror().await.0, visitor.id);
    site.mend().await;
    let sessions = mongod::behind(&site.database).await.collection::<Document>("sessions");
    sessions.delete_many(doc! {}).await.unwrap();
    assert_ne!(visitor.look_in_the_mirror().await.0, visitor.id);
    site.proxy.set(Way::Stalled);
    let page = visitor.get("/").await.ok();
    assert!(!page.text().contains(&visitor.id), "{}", page.text());
}
