//! How long the database keeps earlier states of rooms.

use mongodb::bson::{Document, doc};

use super::{Fleet, Server};
use crate::support::mongod::ReplicaSet;

/// The name under which the servers are known to the database, so that their commands alone can be refused.
const NAME: &str = "kept";

/// The bound on the time for which earlier states of rooms are kept.
async fn bound(set: &ReplicaSet) -> Document {
    let ask = doc! { "getClusterParameter": "changeStreamOptions" };
    let answer = set.members[0].ask(ask).await.unwrap();
    let options = answer.get_array("clusterParameters").unwrap()[0].as_document().unwrap();
    options.get_document("preAndPostImages").unwrap().clone()
}

async fn set_bound(set: &ReplicaSet, bound: Document) {
    let ask = doc! { "setClusterParameter": { "changeStreamOptions": { "preAndPostImages": bound } } };
    set.members[0].ask(ask).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn earlier_states_of_rooms_are_kept_for_five_minutes_unless_an_administrator_says_otherwise() {
    let set = ReplicaSet::start(1).await;
    let fleet = Fleet {
        url: format!(
            "mongodb://127.0.0.1:{}/t?directConnection=true&appName={NAME}",
            set.members[0].port
        ),
    };
    let [first, second] = fleet.servers(&[]).await;
    assert_eq!(bound(&set).await, doc! { "expireAfterSeconds": 300_i64 });
    set_bound(&set, doc! { "expireAfterSeconds": 7_i64 }).await;
    let [third] = fleet.servers(&[]).await;
    assert_eq!(bound(&set).await, doc! { "expireAfterSeconds": 7_i64 });
    // Where the user of the database may not set it, the log says so.
    set_bound(&set, doc! { "expireAfterSeconds": "off" }).await;
    let refusing = doc! { "failCommands": ["setClusterParameter"], "errorCode": 13, "appName": NAME };
    let point = doc! { "configureFailPoint": "failCommand", "mode": "alwaysOn", "data": refusing };
    set.members[0].ask(point).await.unwrap();
    let [fourth] = fleet.servers(&[]).await;
    let said = |server: &Server| server.logged(&["without a bound", "expireAfterSeconds: 300"]);
    assert_eq!([&first, &second, &third, &fourth].map(said), [0, 0, 0, 1]);
    assert_eq!(fourth.readiness().await, 200);
}
