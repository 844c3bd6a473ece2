//! A site that lists no rooms: they are found by their address.

use serde_json::json;

use crate::support::TestApp;

const UNLISTED: [&str; 2] = ["--list", "off"];

#[tokio::test]
async fn a_room_that_is_not_listed_is_found_by_its_address_alone() {
    let mut app = TestApp::with(&UNLISTED).await;
    let (ann, bea) = (app.visitor().await, app.visitor().await);
    let mut lobby = bea.connect("/room").await;
    let room = ann.create_room("a secret party").await;
    let mut inside = ann.join(&room).await;
    ann.patch(&room, json!({ "title": "another party" })).await.ok();
    for someone in [&ann, &bea] {
        for path in ["/rooms", "/", "/rooms?limit=100"] {
            let list = someone.get_json(path).await.ok().json();
            assert_eq!(
                (&list["data"], &list["count"], &list["total"]),
                (&json!([]), &json!(0), &json!(0)),
                "{path}"
            );
            assert_eq!(
                (&list["next"], &list["cursor"]["after"]),
                (&json!(null), &json!(null)),
                "{path}"
            );
        }
        let page = someone.get("/").await.ok().text();
        assert!(!page.contains("party") && !page.contains(&room), "{page}");
        assert!(
            page.contains("Rooms aren&#39;t listed here.") && page.contains("action=\"/open\""),
            "{page}"
        );
    }
    // The share page has those that one is in, and no others.
    assert_eq!(bea.get_json("/share").await.ok().json()["count"], 0);
    assert_eq!(
        ann.get_json("/share").await.ok().json()["data"][0]["_id"],
        room.as_str()
    );
    // By its address it is a room like any other, live as always.
    bea.room(&room).await.ok();
    let mut other = bea.join(&room).await;
    bea.post_chat(&room, "found it").await.ok();
    assert_eq!(inside.messages(2).await[1]["chat"], "found it");
    ann.delete(&room).await.ok();
    assert_eq!(other.wait("removeRoom").await, room.as_str());
    // The last that a server says to every socket: whatever was told of rooms came before.
    app.stop().await;
    lobby.wait("restart").await;
    let heard = lobby.try_events();
    assert!(heard.is_empty(), "{heard:?}");
}

#[tokio::test]
async fn an_address_that_is_typed_leads_to_a_room_or_an_invite() {
    let app = TestApp::with(&UNLISTED).await;
    let visitor = app.visitor().await;
    let room = visitor.create_room("cats").await;
    let token = "0123456789abcdef".repeat(2);
    for (typed, path) in [
        (room.clone(), format!("/room/{room}")),
        (
            format!(" https://chat.example/room/{room}?lang=ko#x "),
            format!("/room/{room}"),
        ),
        (format!("chat.example/room/{room}/"), format!("/room/{room}")),
        (
            format!("https://chat.example/invite/{token}"),
            format!("/invite/{token}"),
        ),
    ] {
        let answer = visitor.post_form("/open", &[("room", &typed)]).await;
        assert_eq!(
            (answer.status, answer.header("location")),
            (303, Some(path.as_str())),
            "{typed}"
        );
    }
    for typed in [
        "",
        "cats",
        "https://other.example/",
        "//other.example",
        "/invite/x",
        "\"><script>",
    ] {
        let page = visitor.post_form("/open", &[("room", typed)]).await;
        assert_eq!(page.status, 422, "{typed}");
        let text = page.text();
        assert!(
            text.contains("id=\"address-error\"") && !text.contains("\"><script>"),
            "{text}"
        );
        visitor
            .post_json("/open", json!({ "room": typed }))
            .await
            .refused(422, "invalid");
    }
}
