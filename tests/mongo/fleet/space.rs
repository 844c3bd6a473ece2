//! The space for GIFs, which many servers take at once.

use futures_util::future::join_all;
use mongodb::bson::{Document, doc};

use super::Fleet;
use crate::{
    fixtures::{animated, sized},
    support::{eventually, mongod},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn twenty_uploads_at_once_through_three_servers_never_take_more_than_there_is() {
    let fleet = Fleet::new();
    let flags = ["--quota-room", "300KiB", "--uploads-per-visitor", "64"];
    let [a, b, c] = fleet.servers(&flags).await;
    let owner = a.visitor().await;
    let room = owner.create_room("움짤").await;
    let _seat = owner.join(&room).await;
    let visitors = [a.meets(&owner), b.meets(&owner), c.meets(&owner)];
    let gif = sized(30_000);
    let all = join_all((0..20).map(|n| visitors[n % 3].upload(&room, gif.clone()))).await;
    let stored = all.iter().filter(|answer| answer.status == 201).count();
    assert!(all.iter().all(|answer| answer.status == 201 || answer.status == 507));
    let files = mongod::behind(&fleet.url).await.collection::<Document>("files");
    let sum = [doc! { "$group": { "_id": null, "bytes": { "$sum": "$bytes" }, "files": { "$sum": 1 } } }];
    let mut found = files.aggregate(sum).await.unwrap();
    assert!(found.advance().await.unwrap());
    let held: Document = mongodb::bson::deserialize_from_slice(found.current().as_bytes()).unwrap();
    let (bytes, count) = (held.get_i64("bytes").unwrap(), held.get_i32("files").unwrap());
    assert_eq!(usize::try_from(count).unwrap(), stored, "{held}");
    assert!(bytes <= 300 << 10 && stored >= 2, "{held}");
    // What was refused through all of them fits once there is space again, wherever that was made.
    c.meets(&owner).delete(&room).await.ok();
    eventually("the space is given back", async || {
        (files.count_documents(doc! {}).await.unwrap() == 0).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn it_is_found_out_whose_the_files_of_an_earlier_version_are() {
    let fleet = Fleet::new();
    let [a] = fleet.servers(&[]).await;
    let owner = a.visitor().await;
    let room = owner.create_room("움짤").await;
    let _seat = owner.join(&room).await;
    for frames in [2, 3] {
        owner.upload(&room, animated(8, 8, frames)).await.ok();
    }
    owner.upload(&room, sized(30_000)).await.ok();
    let files = mongod::behind(&fleet.url).await.collection::<Document>("files");
    let largest = doc! { "bytes": { "$gte": 30_000_i64 } };
    let before = files.find_one(largest.clone()).await.unwrap().unwrap();
    // As an earlier version leaves it, and a start that was killed on the way.
    files.delete_many(largest.clone()).await.unwrap();
    let site = mongod::behind(&fleet.url).await.collection::<Document>("site");
    site.delete_one(doc! { "_id": "files" }).await.unwrap();
    let [_another] = fleet.servers(&[]).await;
    let found = files.find_one(largest.clone()).await.unwrap().unwrap();
    for field in ["_id", "room", "bytes"] {
        assert_eq!(found.get(field), before.get(field), "{field}");
    }
    assert_eq!(found.get_str("visitor").unwrap(), owner.id);
    assert_eq!(files.count_documents(doc! {}).await.unwrap(), 3);
    // It is done once: what is being deleted is not found again.
    files.delete_many(largest).await.unwrap();
    let [_third] = fleet.servers(&[]).await;
    assert_eq!(files.count_documents(doc! {}).await.unwrap(), 2);
}
