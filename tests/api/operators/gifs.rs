//! GIFs that operators find, remove and keep out.

use std::collections::HashSet;

use data_encoding::HEXLOWER;
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{audit, pages::form, server};
use crate::{
    fixtures::{animated, picture, waves, with_comment},
    support::{Answer, Visitor, eventually, form_of},
};

/// Whispers a GIF to somebody in the same room.
async fn whisper(by: &Visitor, room: &str, to: &Visitor, gif: Vec<u8>) -> Answer {
    let form = form_of(gif).text("to", to.id.clone());
    let request = by.request(Method::POST, &format!("/room/{room}/whisper/gif"));
    by.send(request.multipart(form)).await
}

#[tokio::test]
async fn bytes_that_are_blocked_are_gone_from_every_room_and_come_in_by_no_way() {
    let (server, console) = server(&[]).await;
    let (ann, bea) = (server.visitor().await, server.visitor().await);
    let (room, other) = (ann.create_room("하나").await, ann.create_room("둘").await);
    let (mut socket, _there) = (ann.join(&room).await, ann.join(&other).await);
    let _beas = bea.join(&room).await;
    let bad = animated(20, 20, 2);
    let first = ann.upload(&room, bad.clone()).await.ok().json();
    ann.upload(&other, bad.clone()).await.ok();
    let fine = ann.upload(&room, animated(21, 20, 2)).await.ok().json();
    whisper(&ann, &room, &bea, bad.clone()).await.ok();
    let name = first["gif"].as_str().unwrap();
    let shown = console.get(&format!("/rooms/{room}")).await.ok().json();
    let hash = shown["hashes"][name].as_str().unwrap().to_owned();

    let done = console
        .post("/blocked", json!({ "hashes": [hash], "why": "abuse" }))
        .await
        .ok()
        .json();
    assert_eq!((&done["new"], &done["removed"]), (&json!(1), &json!(2)));
    for (visitor, room) in [(&ann, &room), (&ann, &other)] {
        let written = visitor.written(room).await;
        assert!(
            written[0]["deleted"] == true && written[0].get("gif").is_none(),
            "{written:?}"
        );
    }
    assert_eq!(ann.get(&format!("/gif/{name}")).await.status, 404);
    let whispers = bea.get_json(&format!("/room/{room}/whispers")).await.ok().json();
    assert_eq!(whispers["data"], json!([]));
    let refused = ann.upload(&other, bad.clone()).await;
    refused.refused(403, "forbidden_gif");
    assert!(refused.text().contains("blocked on this site"), "{}", refused.text());
    whisper(&ann, &room, &bea, bad.clone())
        .await
        .refused(403, "forbidden_gif");
    let again = socket.ask("chat", json!({ "gif": fine["gif"] })).await;
    assert_eq!(again["ok"], true, "another one is taken: {again}");
    let still = ann.get(&format!("/gif/{name}/still")).await;
    assert_eq!(still.status, 404, "nothing of it is left");

    assert_eq!(console.get("/blocked").await.ok().json()["blocked"], json!([hash]));
    let twice = console
        .post("/blocked", json!({ "hashes": [hash, hash] }))
        .await
        .ok()
        .json();
    assert_eq!((&twice["new"], &twice["removed"]), (&json!(0), &json!(0)));
    for wrong in [json!([]), json!(["abc"]), json!([format!("{hash}00")])] {
        console
            .post("/blocked", json!({ "hashes": wrong }))
            .await
            .refused(422, "invalid");
    }
    let gone = console
        .post("/blocked/remove", json!({ "hashes": [hash] }))
        .await
        .ok()
        .json();
    assert_eq!(gone["removed"], 1);
    let third = ann.create_room("셋").await;
    let _seat = ann.join(&third).await;
    ann.upload(&third, bad).await.ok();
    let done: Vec<_> = audit(&console)
        .await
        .into_iter()
        .map(|[_, what, target, _]| [what, target])
        .collect();
    assert_eq!(done[2], ["block GIFs", &hash]);
    assert_eq!(done[0], ["unblock GIFs", &hash]);
}

#[tokio::test]
async fn a_gif_is_also_blocked_by_the_hash_of_its_file_as_it_came() {
    let (server, console) = server(&[]).await;
    let (ann, bea) = (server.visitor().await, server.visitor().await);
    let room = ann.create_room("방").await;
    let (_anns, _beas) = (ann.join(&room).await, bea.join(&room).await);
    let plain = animated(20, 20, 2);
    let file = with_comment(&plain, "Created with GIMP");
    let list = format!(
        "# from elsewhere\n{}  bad.gif\n",
        HEXLOWER.encode(&Sha256::digest(&file))
    );
    let request = form(console.request(Method::POST, "/blocked"), &[("hashes", &list)]);
    assert_eq!(request.send().await.unwrap().status(), 200);
    let refused = ann.upload(&room, file.clone()).await;
    refused.refused(403, "forbidden_gif");
    assert!(refused.text().contains("blocked on this site"), "{}", refused.text());
    whisper(&ann, &room, &bea, file).await.refused(403, "forbidden_gif");
    eventually("nothing is left of them", async || {
        let held = console.get("/").await.ok().json();
        (held["gifs"]["files"] == 0).then_some(())
    })
    .await;
    ann.upload(&room, plain).await.ok();
}

#[tokio::test]
async fn an_operator_finds_a_gif_by_its_name_and_removes_it_from_every_room_and_whisper() {
    let (server, console) = server(&[]).await;
    let (ann, bea) = (server.visitor().await, server.visitor().await);
    let open = ann.create_room("하나").await;
    let locked = json!({ "title": "둘", "password": "sesame" });
    let locked = ann.create_room_of(locked).await;
    let (_here, _there, _beas) = (ann.join(&open).await, ann.join(&locked).await, bea.join(&open).await);
    let bad = animated(20, 20, 2);
    let mut posted = Vec::new();
    for room in [&open, &locked] {
        posted.push(ann.upload(room, bad.clone()).await.ok().json());
    }
    let other = ann.upload(&open, animated(21, 20, 2)).await.ok().json();
    whisper(&ann, &open, &bea, bad.clone()).await.ok();

    let name = posted[1]["gif"].as_str().unwrap();
    let found = console.get(&format!("/gifs/{name}")).await.ok().json();
    let all: Vec<_> = found["messages"].as_array().unwrap().iter().collect();
    let seen: Vec<_> = all.iter().map(|one| (&one["room"], &one["message"]["_id"])).collect();
    assert_eq!(
        seen,
        [(&json!(locked), &posted[1]["_id"]), (&json!(open), &posted[0]["_id"])],
        "the latest first"
    );
    assert_eq!((&found["gif"], &found["whispered"]), (&json!(name), &json!(1)));
    let room = console.get(&format!("/rooms/{locked}")).await.ok().json();
    assert_eq!(room["hashes"][name], found["hash"]);
    let still = console.get(&format!("/gifs/{name}/still")).await.ok();
    assert_eq!(still.header("content-type"), Some("image/gif"));
    assert!(still.body.starts_with(b"GIF8"));
    assert_eq!(
        bea.get(&format!("/gif/{name}/still")).await.status,
        403,
        "she has no password"
    );

    let path = format!("/gifs/{name}/remove");
    let done = console.post(&path, json!({ "why": "not here" })).await.ok().json();
    assert_eq!(done, json!({ "removed": 2 }));
    for message in &posted {
        let gif = message["gif"].as_str().unwrap();
        assert_eq!(ann.get(&format!("/gif/{gif}")).await.status, 404);
    }
    let whispers = bea.get_json(&format!("/room/{open}/whispers")).await.ok().json();
    assert_eq!(whispers["data"], json!([]));
    ann.get(&format!("/gif/{}", other["gif"].as_str().unwrap())).await.ok();
    ann.upload(&open, bad.clone()).await.refused(403, "forbidden_gif");
    let third = ann.create_room("셋").await;
    let _third = ann.join(&third).await;
    ann.upload(&third, bad).await.ok();
    for gone in [name, "0123456789abcdef0123456789abcdef.gif", "nothing"] {
        console
            .get(&format!("/gifs/{gone}"))
            .await
            .refused(404, "page_not_found");
        console
            .get(&format!("/gifs/{gone}/still"))
            .await
            .refused(404, "page_not_found");
        let path = format!("/gifs/{gone}/remove");
        console.post(&path, json!({})).await.refused(404, "page_not_found");
    }
    assert_eq!(audit(&console).await[0], ["operator", "remove GIF", name, "not here"]);
}

#[tokio::test]
async fn an_operator_finds_what_a_visitor_wrote_in_any_room_and_where_they_are() {
    let (server, console) = server(&[]).await;
    let (ann, bea) = (server.visitor().await, server.visitor().await);
    let (one, two) = (ann.create_room("하나").await, ann.create_room("둘").await);
    let _anns = (ann.join(&one).await, ann.join(&two).await);
    let (mut first, mut second) = (bea.join(&one).await, bea.join(&two).await);
    let gone = first.post("to be gone").await;
    first.post("here").await;
    second.post("there").await;
    ann.post_chat(&one, "of somebody else").await.ok();
    let delete = json!({ "action": "delete", "message": gone["_id"] });
    ann.post_json(&format!("/room/{one}/moderate"), delete).await.ok();
    assert_eq!(second.ask("leave", json!({})).await["ok"], true);

    let found = console.get(&format!("/visitors/{}", bea.id)).await.ok().json();
    let said = |found: &Value| {
        let all = found["messages"].as_array().unwrap().iter();
        let one = |one: &Value| [&one["room"], &one["message"]["chat"]].map(|text| text.as_str().unwrap().to_owned());
        all.map(one).collect::<HashSet<_>>()
    };
    let both = [[&two, "there"], [&one, "here"]].map(|both| both.map(str::to_owned));
    assert_eq!(said(&found), HashSet::from(both));
    let rooms = found["rooms"].as_array().unwrap();
    assert_eq!((rooms.len(), &rooms[0]["_id"]), (1, &json!(one)), "where she is");
    let nobody = console.get("/visitors/00000000000000aa").await.ok().json();
    assert_eq!((&nobody["rooms"], &nobody["messages"]), (&json!([]), &json!([])));
    console.get("/visitors/bea").await.refused(404, "page_not_found");
}

#[tokio::test]
async fn an_operator_is_shown_near_copies_of_a_gif_and_none_that_is_only_whispered() {
    let (server, console) = server(&[]).await;
    let (ann, bea) = (server.visitor().await, server.visitor().await);
    let (room, other) = (ann.create_room("하나").await, ann.create_room("둘").await);
    let (_there, _here, _beas) = (ann.join(&room).await, ann.join(&other).await, bea.join(&room).await);
    let grey = [255, 255, 255];
    let sent = async |room: &str, gif| {
        let gif = ann.upload(room, gif).await.ok().json();
        gif["gif"].as_str().unwrap().to_owned()
    };
    let first = sent(&room, picture(90, 64, grey, waves(0.2))).await;
    let near = sent(&other, picture(45, 32, [240, 120, 60], waves(0.2))).await;
    sent(&room, picture(90, 64, grey, waves(0.7))).await;
    whisper(&ann, &room, &bea, picture(180, 128, grey, waves(0.2)))
        .await
        .ok();

    let of = |name: &str| format!("/gifs/{name}");
    let found = console.get(&of(&first)).await.ok().json();
    let nears = found["near"].as_array().unwrap();
    assert_eq!((nears.len(), &nears[0]["gif"]), (1, &json!(near)), "{found}");
    assert!(nears[0]["bits"].as_u64().unwrap() <= 10);
    let page = console.request(Method::GET, &of(&first)).header("accept", "text/html");
    let page = Answer::of(page.send().await.unwrap()).await.text();
    assert!(page.contains(&format!("{}/still", of(&near))), "{page}");
    console.post(&format!("{}/remove", of(&first)), json!({})).await.ok();
    let left = console.get(&of(&near)).await.ok().json();
    assert_eq!(left["near"], json!([]), "nothing is removed for looking alike");
}
