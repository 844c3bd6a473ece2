//! What an owner deletes: one message, or all by one person.

use serde_json::{Value, json};

use crate::{
    fixtures::animated,
    moderation::{Stage, WAYS, Way, done_to},
};

#[tokio::test]
async fn a_deleted_message_is_blank_for_everyone_and_its_file_is_gone() {
    for way in WAYS {
        let mut stage = Stage::new().await;
        let text = stage.others.post("지울 글").await;
        let gif = stage.other.upload(&stage.room, animated(8, 8, 2)).await.json();
        let kept = stage.others.post("남을 글").await;
        for gone in [&text, &gif] {
            stage
                .does(way, json!({ "action": "delete", "message": gone["_id"] }))
                .await;
        }
        for (gone, place) in [(&text, 6), (&gif, 7)] {
            let line = loop {
                let line = stage.others.wait("chat").await;
                if line.get("line").is_some() {
                    break line;
                }
            };
            assert_eq!((&line["line"], &line["message"]), (&json!("deleted"), &gone["_id"]));
            assert_eq!(
                (&line["seq"], &line["visitor"]),
                (&json!(place), &json!(stage.other.id))
            );
        }
        let written = stage.owner.written(&stage.room).await;
        assert_eq!(written.len(), 3);
        for (blank, was) in written.iter().zip([&text, &gif]) {
            assert_eq!(
                (&blank["_id"], &blank["seq"], &blank["deleted"]),
                (&was["_id"], &was["seq"], &json!(true))
            );
            assert!(blank.get("chat").is_none() && blank.get("gif").is_none() && blank.get("alt").is_none());
        }
        assert_eq!(written[2], kept);
        let file = format!("/gif/{}", gif["gif"].as_str().unwrap());
        stage.owner.get_json(&file).await.refused(404, "page_not_found");
        stage.app.no_files_left().await;
        let page = stage.owner.get(&format!("/room/{}", stage.room)).await.ok().text();
        assert!(!page.contains("지울 글") && page.contains("남을 글"));
        // A message is deleted once.
        let again = json!({ "action": "delete", "message": text["_id"] });
        let refused = stage
            .owner
            .post_json(&format!("/room/{}/moderate", stage.room), again)
            .await;
        refused.refused(422, "invalid");
    }
}

#[tokio::test]
async fn who_wrote_a_message_deletes_it_over_any_way_and_nobody_else_but_the_owner() {
    for way in WAYS {
        let mut stage = Stage::new().await;
        let own = stage.other.upload(&stage.room, animated(8, 8, 2)).await.json();
        let owners = stage.owner.post_chat(&stage.room, "방장의 글").await.json();
        let path = format!("/room/{}/moderate", stage.room);
        let delete = |message: &Value| json!({ "action": "delete", "message": message["_id"] });
        let foreign = stage.other.post_json(&path, delete(&owners)).await;
        foreign.refused(403, "not_the_owner");
        let mut abuse = delete(&own);
        abuse["forbid"] = json!(true);
        stage.other.post_json(&path, abuse).await.refused(403, "not_the_owner");
        let stranger = stage.app.visitor().await;
        stranger
            .post_json(&path, delete(&own))
            .await
            .refused(403, "not_a_member");
        stage.other_does(way, delete(&own)).await;
        let line = loop {
            let heard = stage.own.wait("chat").await;
            if heard.get("line").is_some() {
                break heard;
            }
        };
        assert_eq!((&line["line"], &line["message"]), (&json!("deleted"), &own["_id"]));
        let written = stage.owner.written(&stage.room).await;
        assert_eq!((&written[0]["deleted"], &written[1]), (&json!(true), &owners));
        stage.app.no_files_left().await;
    }
}

#[tokio::test]
async fn all_by_one_person_is_deleted_with_the_files_and_nothing_else() {
    let mut stage = Stage::new().await;
    let mine = stage.own.post("내 글").await;
    for n in 0..5 {
        stage.others.post(&format!("남의 글 {n}")).await;
        assert_eq!(stage.other.upload(&stage.room, animated(8, 8, 2)).await.status, 201);
    }
    let gif = stage.owner.upload(&stage.room, animated(4, 4, 2)).await.json();
    let clear = done_to("clear", &stage.other);
    stage.does(Way::Socket, clear).await;
    let after = stage.others.post("새 글").await;
    let written = stage.owner.written(&stage.room).await;
    let (left, blank): (Vec<_>, Vec<_>) = written.iter().partition(|message| message.get("deleted").is_none());
    assert_eq!(left, [&mine, &gif, &after]);
    assert_eq!(blank.len(), 10);
    stage
        .owner
        .get(&format!("/gif/{}", gif["gif"].as_str().unwrap()))
        .await
        .ok();
    let history = stage.owner.history(&stage.room).await;
    let line = history.iter().find(|message| message["line"] == "cleared").unwrap();
    assert_eq!((&line["visitor"], &line["seq"]), (&json!(stage.other.id), &json!(15)));
}

#[tokio::test]
async fn an_owner_deletes_many_messages_at_once() {
    const MESSAGES: usize = 40;
    let mut stage = Stage::new().await;
    let mut said = Vec::new();
    for n in 0..MESSAGES {
        said.push(stage.others.post(&format!("{n}")).await["_id"].clone());
    }
    let path = format!("/room/{}/moderate", stage.room);
    let deleting = said.iter().map(async |message| {
        let delete = json!({ "action": "delete", "message": message });
        stage.owner.post_json(&path, delete).await
    });
    for deleted in futures_util::future::join_all(deleting).await {
        assert_eq!(deleted.status, 200, "{}", deleted.text());
    }
    let written = stage.owner.written(&stage.room).await;
    assert_eq!(written.len(), MESSAGES);
    assert!(written.iter().all(|message| message["deleted"] == true));
    // One of two who delete the same message is told that there is nothing left of it.
    let last = stage.others.post("한 번만").await["_id"].clone();
    let delete = || async {
        let delete = json!({ "action": "delete", "message": last });
        stage.owner.post_json(&path, delete).await.status
    };
    let (first, second) = tokio::join!(delete(), delete());
    let mut both = [first, second];
    both.sort_unstable();
    assert_eq!(both, [200, 422]);
}
