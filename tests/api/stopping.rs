//! Who comes while the server stops.

use crate::support::{TestApp, Wire};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_connects_while_the_server_stops_is_let_go_and_not_told_that_there_is_no_such_namespace() {
    let mut app = TestApp::start().await;
    let owner = app.visitor().await;
    let room = owner.create_room("방").await;
    let mut member = owner.join(&room).await;
    let mut late = Wire::websocket(&app.visitor().await, None).await;
    assert!(late.receive().await.unwrap().starts_with("0{"));
    app.stop().await;
    member.wait("restart").await;
    member.closed().await;
    // A client gives up for good when it is told so, and tries again when the connection ends.
    late.send("40/chat,".into()).await;
    assert_eq!(late.receive().await, None);
}
