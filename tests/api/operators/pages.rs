//! The same by a browser: pages, and forms without a script.

use std::fs;

use reqwest::{Client, Method, RequestBuilder, redirect::Policy};
use serde_json::json;
use url::form_urlencoded;

use super::{audit, server};
use crate::{
    fixtures::animated,
    support::{Answer, Console},
};

const TOKEN: &str = "5mGkP2vXq8Tz4NwR";

/// The request with the fields of a form.
pub fn form(request: RequestBuilder, fields: &[(&str, &str)]) -> RequestBuilder {
    let body = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish();
    request
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body)
}

/// A browser at the console, with the cookie that it got.
struct Browser {
    at: String,
    cookie: Option<String>,
}

impl Browser {
    fn at(console: &Console) -> Self {
        Self {
            at: format!("http://{}", console.at),
            cookie: None,
        }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let client = Client::builder().redirect(Policy::none()).build().unwrap();
        let request = client
            .request(method, format!("{}{path}", self.at))
            .header("accept", "text/html,application/xhtml+xml");
        match &self.cookie {
            Some(cookie) => request.header("cookie", cookie),
            None => request,
        }
    }

    async fn open(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::GET, path).send().await.unwrap()).await
    }

    /// Sends a form, as a page of the console does.
    async fn send(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let request = self.request(Method::POST, path).header("sec-fetch-site", "same-origin");
        Answer::of(form(request, fields).send().await.unwrap()).await
    }

    /// The same where it is done; where it leads.
    async fn done(&self, path: &str, fields: &[(&str, &str)]) -> String {
        let answer = self.send(path, fields).await;
        assert_eq!(answer.status, 303, "{path}: {}", answer.text());
        answer.header("location").unwrap().to_owned()
    }

    async fn text(&self, path: &str) -> String {
        self.open(path).await.ok().text()
    }
}

#[tokio::test]
async fn every_page_shows_what_the_interface_says_and_every_form_does_the_same() {
    let (server, console) = server(&["--name", "움짤방"]).await;
    let (ann, bea) = (server.visitor().await, server.visitor().await);
    let room = ann.create_room("<b>고양이</b>").await;
    let mut socket = ann.join(&room).await;
    let said = socket.post("<i>쉿</i>").await;
    let gif = ann.upload(&room, animated(20, 20, 2)).await.ok().json();
    let (gif, message) = (gif["gif"].as_str().unwrap(), said["_id"].as_str().unwrap());
    let report = json!({ "message": message, "reason": "<u>rude</u>" });
    ann.post_json(&format!("/room/{room}/reports/site"), report).await.ok();
    let browser = Browser::at(&console);

    let overview = browser.open("/").await.ok();
    assert!(
        overview
            .header("content-security-policy")
            .unwrap()
            .contains("form-action 'self'")
    );
    assert!(
        overview.text().contains("움짤방") && !overview.text().contains("<script"),
        "{}",
        overview.text()
    );
    assert!(browser.text("/rooms").await.contains("&#60;b&#62;고양이"));
    let one = browser.text(&format!("/rooms/{room}")).await;
    assert!(
        one.contains("&#60;i&#62;쉿") && one.contains(&format!("/gifs/{gif}/still")),
        "{one}"
    );
    let reports = browser.text("/reports").await;
    assert!(
        reports.contains("&#60;u&#62;rude") && reports.contains("&#60;i&#62;쉿"),
        "{reports}"
    );
    let visitor = format!("/visitors/{}", ann.id);
    assert!(browser.text(&visitor).await.contains("&#60;i&#62;쉿"));
    let hash = console.get(&format!("/gifs/{gif}")).await.ok().json()["hash"].clone();
    let of_gif = format!("/gifs/{gif}");
    assert!(browser.text(&of_gif).await.contains(hash.as_str().unwrap()));
    for (sought, leads) in [(&ann.id, &visitor), (&gif.to_owned(), &of_gif)] {
        let found = browser.open(&format!("/find?for={sought}")).await;
        assert_eq!((found.status, found.header("location")), (303, Some(leads.as_str())));
    }
    assert!(
        browser
            .text("/find?for=%3Cb%3E")
            .await
            .contains("neither the id of a visitor")
    );

    let remove = format!("/rooms/{room}/messages/{message}/remove");
    let back = browser
        .done(&format!("{remove}?back=/reports"), &[("why", "rude")])
        .await;
    assert_eq!(back, "/reports?done");
    assert!(browser.text(&back).await.contains("Done."));
    assert_eq!(browser.done("/reports/1/dismiss", &[]).await, "/reports?done");
    assert!(browser.text("/reports").await.contains("Nobody has reported anything."));
    assert_eq!(browser.done("/pauses", &[("rooms", "on"), ("why", "")]).await, "/?done");
    bea.post_json("/room", json!({ "title": "x" }))
        .await
        .refused(403, "paused");
    assert_eq!(browser.done("/pauses", &[]).await, "/?done");
    browser.done("/notice", &[("text", "hi"), ("why", "")]).await;
    assert!(
        ann.get("/").await.text().contains(">hi<"),
        "the notice is on every page"
    );
    browser
        .done("/blocked", &[("hashes", hash.as_str().unwrap()), ("why", "")])
        .await;
    let list = browser.open("/blocked.txt").await.ok();
    assert_eq!(list.text(), format!("{}\n", hash.as_str().unwrap()));
    assert!(list.header("content-disposition").unwrap().contains("blocked.txt"));
    browser
        .done(
            "/blocked/remove",
            &[("hashes", &format!("{}\r\n", hash.as_str().unwrap()))],
        )
        .await;
    let ban = [("who", bea.id.as_str()), ("seconds", "3600"), ("why", "spam")];
    assert_eq!(browser.done("/bans", &ban).await, "/bans?done");
    bea.get_json("/rooms").await.refused(403, "banned_from_site");
    let bans = console.get("/bans").await.ok().json();
    assert!(bans["bans"][0]["until"].is_string() && browser.text("/bans").await.contains(&bea.id));
    browser
        .done(&format!("/bans/{}/lift", bans["bans"][0]["id"]), &[])
        .await;
    browser
        .done("/bans", &[("who", "192.0.2.7"), ("seconds", ""), ("why", "")])
        .await;
    assert!(
        console.get("/bans").await.ok().json()["bans"][0]["until"].is_null(),
        "for good"
    );
    assert_eq!(browser.done(&format!("/rooms/{room}/remove"), &[]).await, "/rooms?done");
    assert!(browser.text("/rooms").await.contains("No room is open."));
    let done = browser.text("/audit").await;
    assert!(
        done.contains("remove room") && done.contains("spam") && done.contains(&room),
        "{done}"
    );

    // What is wrong is said by a page, and nothing happens.
    for (path, fields) in [
        ("/bans", &[("who", "nobody")][..]),
        ("/bans", &[("who", "192.0.2.7"), ("seconds", "soon")]),
    ] {
        let wrong = browser.send(path, fields).await;
        assert_eq!(
            (wrong.status, wrong.text().contains("<h1")),
            (422, true),
            "{}",
            wrong.text()
        );
    }
    let gone = browser.open(&format!("/rooms/{room}")).await;
    assert_eq!((gone.status, gone.text().contains("<h1")), (404, true));
    let korean = browser.open("/?lang=ko").await;
    assert_eq!((korean.status, korean.set_cookie("lang").is_some()), (303, true));
    assert_eq!(audit(&console).await.len(), 11);
}

#[tokio::test]
async fn who_has_a_token_signs_in_and_out_and_no_other_site_uses_that() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokens");
    fs::write(&path, format!("ann {TOKEN}\n")).unwrap();
    let (server, console) = server(&["--admin-token-file", path.to_str().unwrap()]).await;
    let mut browser = Browser::at(&console);
    let asked = browser.open("/rooms").await;
    assert_eq!(
        (asked.status, asked.text().contains("type=\"password\"")),
        (401, true),
        "{}",
        asked.text()
    );
    let css = asked.text();
    let css = css.split('"').find(|part| part.ends_with("/css/console.css")).unwrap();
    assert_eq!(browser.open(css).await.status, 200, "also for who has not signed in");
    let wrong = browser.send("/sign-in", &[("token", "5mGkP2vXq8Tz4NwS")]).await;
    assert_eq!((wrong.status, wrong.set_cookie("gifchat_operator")), (403, None));
    let again = browser.open("/sign-in").await;
    assert_eq!(
        (again.status, again.header("location")),
        (303, Some("/")),
        "its address is asked for again"
    );
    let script = console
        .request(Method::POST, "/sign-in")
        .json(&json!({ "token": "wrong" }));
    assert_eq!(script.send().await.unwrap().status(), 401, "a script gets no page");

    let signed_in = browser.send("/sign-in", &[("token", TOKEN)]).await;
    let cookie = signed_in.set_cookie("gifchat_operator").unwrap();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict") && !cookie.contains(TOKEN),
        "{cookie}"
    );
    browser.cookie = Some(cookie.split(';').next().unwrap().to_owned());
    assert!(browser.text("/").await.contains("/sign-out"));
    browser.done("/notice", &[("text", "hi"), ("why", "")]).await;
    assert_eq!(audit(&console.with(TOKEN)).await[0], ["ann", "notice", "hi", ""]);
    assert!(!cookie.contains("Secure"), "it came without TLS");
    let host = browser.at.split_once("://").unwrap().1;
    let request = browser
        .request(Method::POST, "/sign-in")
        .header("origin", format!("https://{host}"));
    let by_tls = form(request, &[("token", TOKEN)]).send().await.unwrap();
    assert!(by_tls.headers()["set-cookie"].to_str().unwrap().ends_with("; Secure"));
    for (name, value) in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")] {
        let request = browser.request(Method::POST, "/sign-in").header(name, value);
        let sent = form(request, &[("token", TOKEN)]).send().await.unwrap();
        assert_eq!(sent.status(), 403, "{name}");
        let request = browser.request(Method::POST, "/notice").header(name, value);
        let sent = form(request, &[("text", "evil")]).send().await.unwrap();
        assert_eq!(sent.status(), 403, "{name}");
        let out = browser
            .request(Method::POST, "/sign-out")
            .header(name, value)
            .send()
            .await
            .unwrap();
        assert_eq!(out.status(), 403, "{name}");
    }
    // A browser that says only where its page is from, as one does without TLS.
    let own = browser.request(Method::POST, "/notice").header("origin", &browser.at);
    assert_eq!(form(own, &[("text", "own")]).send().await.unwrap().status(), 303);

    assert_eq!(browser.done("/sign-out", &[]).await, "/");
    assert_eq!(browser.open("/").await.status, 401, "also with the cookie of before");
    for _ in 0..20 {
        browser.send("/sign-in", &[("token", "wrong")]).await;
    }
    assert_eq!(browser.send("/sign-in", &[("token", "wrong")]).await.status, 429);
    let right = browser.send("/sign-in", &[("token", TOKEN)]).await;
    assert_eq!(right.status, 303, "wrong ones keep out nobody who has a right one");
    assert!(!server.log().contains(TOKEN) && !server.log().contains(browser.cookie.as_deref().unwrap()));
}
