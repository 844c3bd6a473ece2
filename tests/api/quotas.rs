//! How much there may be at once of one visitor, one address, one room and the site: open rooms, and GIFs on disk.

use serde_json::json;

use crate::support::{COUNTED, TestApp};

#[tokio::test]
async fn a_visitor_and_an_address_may_have_so_many_rooms_open_until_one_of_them_is_gone() {
    let flags = ["--limit-open-rooms", "3", "--limit-open-rooms-visitor", "2"];
    let app = TestApp::with(&[&COUNTED, flags.as_slice()].concat()).await;
    let (ann, bea) = (app.visitor().await, app.visitor().await);
    let first = ann.create_room("하나").await;
    ann.create_room("둘").await;
    let refused = ann.post_json("/room", json!({ "title": "셋" })).await;
    refused.refused(429, "rate_limited");
    assert!(refused.header("retry-after").is_some());
    let sentence = refused.json()["message"].as_str().unwrap().to_owned();
    assert!(sentence.contains("too many rooms open"), "{sentence}");
    let form = ann.post_form("/room", &[("title", "셋"), ("max", "5")]).await;
    assert_eq!(form.status, 429);
    bea.create_room("셋").await;
    assert_eq!(
        bea.post_json("/room", json!({ "title": "넷" })).await.status,
        429,
        "of the address"
    );
    assert_eq!(app.rows("rooms").await, 3, "no other was made");
    ann.delete(&first).await.ok();
    bea.create_room("넷").await;
}
