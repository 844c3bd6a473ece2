//! Databases of earlier versions.

use gifchat::store::mongo::MongoStore;
use mongodb::bson::{Document, doc};

use super::sites::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn a_database_whose_rooms_can_not_be_read_is_refused_and_left_as_it_is() {
    let site = Site::new();
    let database = site.database().await;
    let message = doc! { "_id": "0123456789abcdef01234567", "room": "x", "seq": 1_i64, "chat": "x" };
    let messages = database.collection::<Document>("messages");
    messages.insert_one(message.clone()).await.unwrap();
    let refused = MongoStore::open(&site.url(), 1_000, FAST).await.err().unwrap();
    assert!(refused.to_string().contains("earlier version"), "{refused}");
    assert_eq!(database.list_collection_names().await.unwrap(), ["messages"]);
    assert_eq!(messages.find_one(doc! {}).await.unwrap(), Some(message));
}
