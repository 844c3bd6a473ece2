//! A socket that moves from one room to another.

use crate::support::{TestApp, eventually};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_that_changes_rooms_keeps_no_seat_behind_its_back_when_the_store_stumbles() {
    let app = TestApp::with(&["--seat-grace", "100ms"]).await;
    // On MongoDB the leaving is written later by itself.
    let Some(beside) = app.sqlite() else { return };
    let (owner, visitor) = (app.visitor().await, app.visitor().await);
    let (first, second) = (owner.create_room("앞").await, owner.create_room("뒤").await);
    let mut socket = visitor.join(&first).await;
    beside
        .execute_batch(
            "CREATE TRIGGER stumble BEFORE INSERT ON messages WHEN NEW.line = 'left'
             BEGIN SELECT RAISE(ABORT, 'the disk stumbles'); END",
        )
        .unwrap();
    socket.join(&second).await;
    assert_eq!(socket.post("여기").await["room"], second.as_str());
    beside.execute_batch("DROP TRIGGER stumble").unwrap();
    let mut watching = owner.join(&second).await;
    drop(socket);
    eventually("both seats are free", async || {
        let seats = async |room: &str| owner.room(room).await.json()["count"].as_u64();
        (seats(&first).await == Some(0) && seats(&second).await == Some(1)).then_some(())
    })
    .await;
    assert_eq!(watching.wait("exit").await["line"], "left");
}
