//! Who somebody is, and what they may, on all servers alike.

use serde_json::json;

use super::Fleet;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn a_session_and_its_new_name_are_the_same_on_all_servers() {
    let fleet = Fleet::new();
    let [a, b, c] = fleet.servers(&[]).await;
    let (owner, guest) = (a.visitor().await, a.visitor().await);
    let room = owner
        .create_room_of(json!({ "title": "비밀", "password": "열쇠" }))
        .await;
    for server in [&b, &c] {
        let (id, color) = server.meets(&guest).look_in_the_mirror().await;
        assert_eq!((&id, &color), (&guest.id, &guest.color));
    }
    let before = guest.cookie().unwrap();
    b.meets(&guest).unlock(&room, "열쇠").await.ok();
    assert_ne!(guest.cookie().unwrap(), before);
    for server in [&c, &a, &b] {
        // The new name is good everywhere at once, with the grant; the old one is nobody's.
        server.meets(&guest).get(&format!("/room/{room}")).await.ok();
        assert_eq!(server.meets(&guest).look_in_the_mirror().await.0, guest.id);
        let thief = server.visitor().await;
        thief.set_cookie(&before);
        assert_eq!(thief.get(&format!("/room/{room}")).await.status, 403);
        assert_ne!(thief.look_in_the_mirror().await.0, guest.id);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn a_new_password_takes_grants_back_on_all_servers_and_leaves_who_sits_in_the_room() {
    let fleet = Fleet::new();
    let [a, b, c] = fleet.servers(&[]).await;
    let (owner, seated, granted) = (a.visitor().await, b.visitor().await, c.visitor().await);
    let room = owner
        .create_room_of(json!({ "title": "비밀", "password": "열쇠" }))
        .await;
    seated.unlock(&room, "열쇠").await.ok();
    // A grant of one server lets in on the others.
    granted.unlock(&room, "열쇠").await.ok();
    a.meets(&granted).join(&room).await.goodbye().await;
    let mut socket = seated.join(&room).await;
    let mut owners = c.meets(&owner).join(&room).await;
    c.meets(&owner)
        .patch(&room, json!({ "password": "새 열쇠" }))
        .await
        .ok();
    assert_eq!(socket.wait("updateRoom").await["password"], true);
    let history = format!("/room/{room}/messages");
    for server in [&a, &b, &c] {
        let here = server.meets(&granted);
        here.get_json(&history).await.refused(403, "wrong_password");
        let mut outside = here.connect("/chat").await;
        outside.ask_in_vain("join", &room, "wrong_password").await;
        server.meets(&seated).get_json(&history).await.ok();
    }
    // Whoever sits keeps the seat, as on one machine: it speaks, hears and reads, and can't come back once it has left.
    let said = socket.post("아직 여기").await;
    assert_eq!(owners.wait("chat").await["line"], "locked");
    assert_eq!(owners.wait("chat").await, said);
    owners.post("들려요?").await;
    assert_eq!(socket.messages(3).await.len(), 3);
    socket.ask("leave", ()).await;
    socket.ask_in_vain("join", &room, "wrong_password").await;
    b.meets(&seated).get_json(&history).await.refused(403, "wrong_password");
    a.meets(&seated).unlock(&room, "새 열쇠").await.ok();
    socket.join(&room).await;
}
