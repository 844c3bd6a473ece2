//! A change stream that goes on late, or not at all.

use mongodb::bson::{Document, doc};
use serde_json::Value;

use super::{Fleet, Server, post_until_stored};
use crate::{
    proxy::{Proxy, Way},
    support::{Socket, Visitor, eventually, mongod, mongod::ReplicaSet},
};

/// The name under which one server is known to the database, so that its commands alone can be made late.
const NAME: &str = "hearer";

/// A server whose change stream the test troubles, another one, and somebody at each.
struct Stage {
    fleet: Fleet,
    proxy: Proxy,
    set: ReplicaSet,
    server: Server,
    hearing: Socket,
    author: Visitor,
    room: String,
    _other: Server,
    _seat: Socket,
}

impl Stage {
    async fn new() -> Self {
        let set = ReplicaSet::start(1).await;
        let port = set.members[0].port;
        let fleet = Fleet {
            url: format!("mongodb://127.0.0.1:{port}/t?directConnection=true"),
        };
        let proxy = Proxy::before(port).await;
        let url = format!("{}&appName={NAME}", proxy.before_url(&fleet.url));
        let (server, other) = tokio::join!(Server::start(&url, &[]), Server::start(&fleet.url, &[]));
        let (hearer, author) = (server.visitor().await, other.visitor().await);
        let room = author.create_room("방").await;
        let mut hearing = hearer.join(&room).await;
        let seat = author.join(&room).await;
        let stage = Self {
            _seat: seat,
            _other: other,
            fleet,
            proxy,
            set,
            server,
            author,
            room,
            hearing: {
                hearing.wait("join").await;
                hearing
            },
        };
        assert_eq!(stage.server.readiness().await, 200);
        stage
    }

    /// Lets commands of the server be late or fail from now on.
    async fn trouble(&self, mut with: Document) {
        with.insert("appName", NAME);
        self.fail_point("alwaysOn", with).await;
    }

    async fn no_trouble(&self) {
        self.fail_point("off", doc! {}).await;
    }

    async fn fail_point(&self, mode: &str, data: Document) {
        let point = doc! { "configureFailPoint": "failCommand", "mode": mode, "data": data };
        self.set.members[0].ask(point).await.unwrap();
    }

    /// Ends all connections of the server, and lets it connect again.
    async fn interrupt(&self) {
        self.proxy.set(Way::Cut);
        self.is_logged(&["the change stream broke"]).await;
        self.proxy.set(Way::Open);
    }

    async fn post(&self, text: &str) -> Value {
        post_until_stored(std::slice::from_ref(&self.author), &self.room, text).await
    }

    async fn readiness_becomes(&self, wanted: u16) {
        eventually(&format!("the readiness is {wanted}"), async || {
            (self.server.readiness().await == wanted).then_some(())
        })
        .await;
    }

    async fn is_logged(&self, words: &[&str]) {
        let what = format!("the log says {words:?}");
        eventually(&what, async || (self.server.logged(words) > 0).then_some(())).await;
    }

    /// The database of the servers, for what they do not do.
    async fn database(&self) -> mongodb::Database {
        mongod::behind(&self.fleet.url).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn a_server_that_needs_longer_than_a_call_to_resume_its_stream_hears_all_and_is_not_ready_until_then() {
    let mut stage = Stage::new().await;
    stage
        .trouble(doc! { "failCommands": ["aggregate"], "blockConnection": true, "blockTimeMS": 3_500 })
        .await;
    stage.interrupt().await;
    let mut posted = Vec::new();
    for text in ["1", "2", "3"] {
        posted.push(stage.post(text).await);
    }
    stage.readiness_becomes(503).await;
    assert!(stage.hearing.messages(3).await == posted);
    stage.readiness_becomes(200).await;
    assert_eq!(stage.server.logged(&["can't go on"]), 0, "it went on in the stream");
    assert_eq!(stage.server.logged(&["the change stream broke"]), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn a_server_whose_stream_makes_no_progress_begins_a_new_one_and_says_why_once() {
    let mut stage = Stage::new().await;
    // A fault of which nobody knows whether it passes.
    stage
        .trouble(doc! { "failCommands": ["aggregate"], "errorCode": 8_000 })
        .await;
    stage.interrupt().await;
    let during = stage.post("during").await;
    stage.readiness_becomes(503).await;
    stage.is_logged(&["can't go on", "8000"]).await;
    assert_eq!(stage.server.readiness().await, 503);
    stage.no_trouble().await;
    assert_eq!(stage.hearing.wait("chat").await, during);
    stage.hearing.wait("missed").await;
    stage.readiness_becomes(200).await;
    let after = stage.post("after").await;
    assert_eq!(stage.hearing.wait("chat").await, after);
    // The first try, and then one a minute.
    assert_eq!(stage.server.logged(&["the change stream broke"]), 1);
    assert_eq!(stage.server.logged(&["can't go on"]), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn a_change_that_no_stream_can_deliver_is_passed_over_however_long_the_rooms_take_to_read() {
    let mut stage = Stage::new().await;
    stage
        .trouble(doc! {
            "failCommands": ["find"], "namespace": "t.rooms", "blockConnection": true, "blockTimeMS": 3_500,
        })
        .await;
    crate::stream::break_streams(&stage.database().await).await;
    let posted = stage.post("behind").await;
    stage.is_logged(&["can't go on", "BSONObj"]).await;
    eventually("it follows again", async || {
        (stage.server.logged(&["following the changes"]) == 2).then_some(())
    })
    .await;
    stage.no_trouble().await;
    assert_eq!(stage.hearing.wait("chat").await, posted);
    stage.readiness_becomes(200).await;
    assert_eq!(stage.server.logged(&["can't go on"]), 1);
    let next = stage.post("next").await;
    assert_eq!(stage.hearing.wait("chat").await, next);
}
