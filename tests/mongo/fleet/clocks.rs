//! Servers whose clocks differ from that of the database.

use mongodb::bson::{Document, doc};
use serde_json::json;

use super::{Fleet, Server};
use crate::{
    fixtures::animated,
    proxy::Proxy,
    support::{eventually, mongod},
};

/// A server whose clock is an hour behind that of the database, as far as it can tell: it is told a time that is an hour
/// ahead. A ban, a session and the age of a GIF that it stores are times of the clock that it was told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn bans_sessions_and_gifs_of_a_server_whose_clock_is_wrong_go_by_the_clock_of_the_database() {
    const HOUR: i64 = 3_600_000;
    let (fleet, proxy) = (Fleet::new(), Proxy::before(mongod::port()).await);
    proxy.set_ahead(HOUR);
    let behind = Server::start(&proxy.before_url(&fleet.url), &[]).await;
    let [right] = fleet.servers(&[]).await;
    let (owner, guest) = (behind.visitor().await, right.visitor().await);
    let room = owner.create_room("방").await;
    let (mut owners, _guests) = (owner.join(&room).await, guest.join(&room).await);
    let message = owner.upload(&room, animated(8, 8, 2)).await.ok().json();
    let ban = json!({ "action": "ban", "visitor": guest.id, "seconds": 60 });
    assert_eq!(owners.ask("moderate", ban).await["ok"], true);

    let database = mongod::behind(&fleet.url).await;
    let now = mongodb::bson::DateTime::now().timestamp_millis();
    let is_an_hour_ahead = |what: &str, millis: i64, after: i64| {
        let ahead = millis - now - after;
        assert!((ahead - HOUR).abs() < HOUR / 4, "{what} is {ahead} ms ahead");
    };
    let find = async |table: &str, which: Document| {
        let found = database.collection::<Document>(table).find_one(which).await.unwrap();
        found.unwrap()
    };
    let ban = find("log", doc! { "kind": "banned" }).await;
    is_an_hour_ahead("the ban", ban.get_i64("until").unwrap(), 60_000);
    let gif = find("gifs", doc! { "_id": message["gif"].as_str().unwrap() }).await;
    is_an_hour_ahead("the GIF", gif.get_datetime("at").unwrap().timestamp_millis(), 0);
    // The two sessions live equally long, each by the clock that its server was told.
    let sessions = database.collection::<Document>("sessions");
    let ends = sessions.distinct("expires", doc! {}).await.unwrap();
    let ends: Vec<_> = ends
        .iter()
        .map(|end| end.as_datetime().unwrap().timestamp_millis())
        .collect();
    let apart = ends.iter().max().unwrap() - ends.iter().min().unwrap();
    assert!((apart - HOUR).abs() < HOUR / 4, "{apart} ms apart: {ends:?}");

    // A clock that is set right is believed again, by the next ping.
    proxy.set_ahead(0);
    eventually("messages have the right time again", async || {
        let said = owner.post_chat(&room, "지금").await.ok().json();
        let at: &str = said["createdAt"].as_str()?;
        let now = mongodb::bson::DateTime::now().try_to_rfc3339_string().ok()?;
        // Not an hour ahead: an hour later the text of the time would be larger.
        (at <= now.as_str() || at.get(..15) == now.get(..15)).then_some(())
    })
    .await;
}
