//! Clients that disconnect before they have a response.

use tokio::{io::AsyncWriteExt, net::TcpStream};

use crate::{
    fixtures::animated,
    support::{TestApp, eventually},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_room_that_is_removed_leaves_no_file_when_its_owner_hangs_up_at_once() {
    let app = TestApp::start().await;
    let owner = app.visitor().await;
    for _ in 0..20 {
        let room = owner.create_room("방").await;
        let _socket = owner.join(&room).await;
        for _ in 0..4 {
            owner.upload(&room, animated(8, 8, 2)).await.ok();
        }
        let cookie = owner.cookie().unwrap();
        let delete = format!("DELETE /room/{room} HTTP/1.1\r\nHost: gifchat\r\nCookie: {cookie}\r\n\r\n");
        let mut stream = TcpStream::connect(app.address()).await.unwrap();
        stream.write_all(delete.as_bytes()).await.unwrap();
        drop(stream);
        eventually("the room is gone or nobody asked for that", async || {
            let gone = owner.room(&room).await.status == 404 || owner.delete(&room).await.status == 404;
            gone.then_some(())
        })
        .await;
    }
    app.no_files_left().await;
}
