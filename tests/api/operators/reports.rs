//! What visitors report to the site.

use serde_json::{Value, json};

use super::{audit, server};
use crate::support::COUNTED;

#[tokio::test]
async fn a_visitor_reports_a_message_or_a_title_to_the_site_and_the_owner_hears_nothing_of_it() {
    let (server, console) = server(&[]).await;
    let (ann, bea, eve) = (server.visitor().await, server.visitor().await, server.visitor().await);
    let room = ann.create_room("나쁜 이름").await;
    let locked = json!({ "title": "비밀", "password": "sesame" });
    let locked = ann.create_room_of(locked).await;
    let (mut anns, _there, _beas) = (ann.join(&room).await, ann.join(&locked).await, bea.join(&room).await);
    let bad = anns.post("something bad").await;
    let secret = ann.post_chat(&locked, "secret").await.ok().json();

    let path = format!("/room/{room}/reports/site");
    let about = json!({ "message": bad["_id"], "reason": "it is bad" });
    for visitor in [&bea, &bea, &eve] {
        assert_eq!(
            visitor.post_json(&path, about.clone()).await.status,
            201,
            "who may read may report"
        );
    }
    assert_eq!(
        eve.post_json(&path, json!({})).await.status,
        201,
        "the title, from outside"
    );
    let hidden = format!("/room/{locked}/reports/site");
    eve.post_json(&hidden, json!({ "message": secret["_id"] }))
        .await
        .refused(403, "wrong_password");
    assert_eq!(eve.post_json(&hidden, json!({})).await.status, 201);
    let none = json!({ "message": "5f5f5f5f5f5f5f5f5f5f5f5f" });
    eve.post_json(&path, none).await.refused(404, "message_not_found");
    eve.post_json("/room/5f5f5f5f5f5f5f5f5f5f5f5f/reports/site", json!({}))
        .await
        .refused(404, "room_not_found");
    let long = json!({ "reason": "x".repeat(201) });
    eve.post_json(&path, long).await.refused(422, "invalid");
    // Whoever owns the room does not learn of it.
    let own = ann.get_json(&format!("/room/{room}/reports")).await.ok().json();
    assert_eq!(own["data"], json!([]));

    let listed = console.get("/reports").await.ok();
    for visitor in [&bea.id, &eve.id] {
        assert!(
            !listed.text().contains(visitor),
            "who reports is told nobody: {}",
            listed.text()
        );
    }
    let listed = listed.json();
    let shown = |report: &Value| json!([report["title"], report["message"]["chat"], report["reason"]]);
    let reports = listed["reports"].as_array().unwrap();
    assert_eq!(
        reports.iter().map(shown).collect::<Vec<_>>(),
        [
            json!(["나쁜 이름", "something bad", "it is bad"]),
            json!(["나쁜 이름", "something bad", "it is bad"]),
            json!(["나쁜 이름", null, ""]),
            json!(["비밀", null, ""]),
        ]
    );
    assert_eq!(reports[0]["message"]["visitor"], json!(ann.id), "whom to look for");

    let dismiss = format!("/reports/{}/dismiss", reports[0]["id"]);
    let left = console.post(&dismiss, json!({ "why": "harmless" })).await.ok().json();
    assert_eq!(left, json!({ "total": 2 }), "with the other about the same");
    console.post(&dismiss, json!({})).await.refused(404, "report_not_found");
    let target = format!("{} of room {room}", bad["_id"].as_str().unwrap());
    assert_eq!(
        audit(&console).await[0],
        ["operator", "dismiss report", &target, "harmless"]
    );
    console.post(&format!("/rooms/{room}/remove"), json!({})).await;
    let listed = console.get("/reports").await.ok().json();
    assert_eq!(listed["reports"][0]["title"], json!(null), "the room is gone");
}

#[tokio::test]
async fn reports_to_the_site_and_to_owners_have_one_budget() {
    let (server, _console) = server(&[&COUNTED[..], &["--limit-reports-visitor", "2/10m"]].concat()).await;
    let (ann, bea, eve) = (server.visitor().await, server.visitor().await, server.visitor().await);
    let room = ann.create_room("방").await;
    let (_anns, _beas, mut eves) = (ann.join(&room).await, bea.join(&room).await, eve.join(&room).await);
    let message = eves.post("hi").await["_id"].clone();
    let report = json!({ "message": message });
    assert_eq!(
        bea.post_json(&format!("/room/{room}/reports"), report.clone())
            .await
            .status,
        201
    );
    let path = format!("/room/{room}/reports/site");
    assert_eq!(bea.post_json(&path, report).await.status, 201);
    bea.post_json(&path, json!({})).await.refused(429, "rate_limited");
}

#[tokio::test]
async fn a_title_is_reported_by_a_form_too_where_operators_can_see_it() {
    let (server, console) = server(&[]).await;
    let (ann, eve) = (server.visitor().await, server.visitor().await);
    let room = ann.create_room("<b>나쁜</b>").await;
    let link = format!("/room/{room}/report");
    assert!(eve.get("/").await.text().contains(&link), "the list leads there");
    let page = eve.get(&link).await.ok().text();
    assert!(page.contains("&#60;b&#62;나쁜"), "{page}");
    let path = format!("/room/{room}/reports/site");
    let sent = eve.post_form(&path, &[("reason", "rude")]).await.ok();
    assert!(
        sent.text().contains("Reported to whoever runs this site."),
        "{}",
        sent.text()
    );
    let listed = console.get("/reports").await.ok().json();
    assert_eq!(
        (&listed["total"], &listed["reports"][0]["reason"]),
        (&json!(1), &json!("rude"))
    );
    let gone = eve.get("/room/5f5f5f5f5f5f5f5f5f5f5f5f/report").await;
    assert_eq!(gone.status, 404);

    let server = crate::support::Server::alone(&[]).await;
    let (ann, eve) = (server.visitor().await, server.visitor().await);
    ann.create_room("방").await;
    assert!(!eve.get("/").await.text().contains("/report"), "nobody would see it");
}
