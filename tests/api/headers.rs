//! What stands on every answer, and what a page may load.

use reqwest::Method;

use crate::fixtures::animated;
use crate::support::{Answer, TestApp};

/// What stands on every answer, whatever it is.
fn has_safe_headers(answer: &Answer, what: &str) {
    let is = |name: &str, value: &str| assert_eq!(answer.header(name), Some(value), "{name} of {what}");
    is("x-content-type-options", "nosniff");
    is("x-frame-options", "DENY");
    is("referrer-policy", "same-origin");
    is("cross-origin-resource-policy", "same-origin");
    is("cross-origin-opener-policy", "same-origin");
    assert!(answer.header("permissions-policy").is_some(), "{what}");
    let csp = answer
        .header("content-security-policy")
        .unwrap_or_else(|| panic!("no CSP on {what}"));
    assert!(
        csp.contains("default-src 'none'") && !csp.contains("unsafe"),
        "{what}: {csp}"
    );
    assert!(answer.header("cache-control").is_some(), "{what}");
}

#[tokio::test]
async fn safe_headers_stand_on_every_answer() {
    let app = TestApp::start().await;
    let visitor = app.visitor().await;
    let room = visitor.create_room("방").await;
    let _socket = visitor.join(&room).await;
    let gif = visitor.upload(&room, animated(8, 8, 2)).await.ok().json();
    let gif = gif["gif"].as_str().unwrap();
    let page = visitor.get("/").await.text();
    let style = page
        .split_once("rel=\"stylesheet\" href=\"")
        .unwrap()
        .1
        .split_once('"')
        .unwrap()
        .0
        .to_owned();
    let paths = [
        "/".to_owned(),
        "/room".to_owned(),
        format!("/room/{room}"),
        "/rooms".to_owned(),
        format!("/room/{room}/messages"),
        format!("/gif/{gif}"),
        format!("/gif/{gif}/still"),
        format!("/visitor/{}.svg", visitor.id),
        style,
        "/healthz".to_owned(),
        "/readyz".to_owned(),
        "/robots.txt".to_owned(),
        "/share".to_owned(),
        "/manifest.webmanifest".to_owned(),
        "/icons/any-192.png".to_owned(),
        "/icons/any.svg".to_owned(),
        "/sw.js".to_owned(),
        "/offline/en".to_owned(),
        "/sheets/en/owner".to_owned(),
        "/sheets/en/unknown".to_owned(),
        "/socket.io/?EIO=4&transport=polling".to_owned(),
        "/socket.io/?EIO=4&transport=polling&sid=unknown".to_owned(),
        "/socket.io/?EIO=3&transport=nonsense".to_owned(),
        "/nothing/here".to_owned(),
        "/room/unknown".to_owned(),
        "/gif/../x".to_owned(),
        "/gif/unknown.gif".to_owned(),
        "/assets/x/css/none.css".to_owned(),
    ];
    for path in &paths {
        has_safe_headers(&visitor.get(path).await, path);
        has_safe_headers(&visitor.get_json(path).await, path);
        has_safe_headers(&visitor.send(visitor.plain(Method::OPTIONS, path)).await, path);
        has_safe_headers(&visitor.send(visitor.plain(Method::DELETE, path)).await, path);
    }
    let foreign = visitor
        .plain(Method::POST, "/room")
        .header("origin", "https://evil.example");
    has_safe_headers(&visitor.send(foreign).await, "a foreign request");
}

#[tokio::test]
async fn assets_are_kept_for_ever_under_the_hash_of_their_content() {
    let app = TestApp::start().await;
    let visitor = app.visitor().await;
    let page = visitor.get("/").await.text();
    let links: Vec<_> = page
        .split('"')
        .filter(|part| part.starts_with("/assets/"))
        .map(String::from)
        .collect();
    assert!(links.len() >= 3, "{links:?}");
    for link in &links {
        let link = link.split('#').next().unwrap();
        let asset = visitor.get(link).await.ok();
        assert_eq!(
            asset.header("cache-control"),
            Some("public, max-age=31536000, immutable"),
            "{link}"
        );
        let tag = asset.header("etag").unwrap().to_owned();
        let again = visitor
            .send(visitor.plain(Method::GET, link).header("if-none-match", &tag))
            .await;
        assert_eq!((again.status, again.body.len()), (304, 0), "{link}");
        let other = visitor
            .send(visitor.plain(Method::GET, link).header("if-none-match", "\"other\""))
            .await;
        assert_eq!(other.status, 200, "{link}");
    }
    // A page of before an update still gets today's file, but may not keep it.
    let (hash, path) = links[0].trim_start_matches("/assets/").split_once('/').unwrap();
    let old = visitor
        .get(&format!(
            "/assets/{}/{path}",
            hash.replace(|c: char| c.is_ascii_digit(), "f") + "0"
        ))
        .await;
    assert_eq!((old.status, old.header("cache-control")), (200, Some("no-cache")));
    for wrong in [
        "../Cargo.toml",
        "..%2FCargo.toml",
        "css/../../Cargo.toml",
        "%2e%2e/Cargo.toml",
    ] {
        assert_eq!(
            visitor.get(&format!("/assets/{hash}/{wrong}")).await.status,
            404,
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn text_is_compressed_and_gifs_are_not() {
    let app = TestApp::start().await;
    let visitor = app.visitor().await;
    let room = visitor.create_room("방").await;
    let _socket = visitor.join(&room).await;
    let gif = visitor.upload(&room, animated(64, 64, 20)).await.ok().json();
    let encoding = async |path: &str, accepted: &str| {
        let request = visitor.plain(Method::GET, path).header("accept-encoding", accepted);
        visitor
            .send(request)
            .await
            .ok()
            .header("content-encoding")
            .map(String::from)
    };
    assert_eq!(encoding("/", "gzip").await.as_deref(), Some("gzip"));
    assert_eq!(encoding("/", "br, gzip").await.as_deref(), Some("br"));
    assert_eq!(encoding("/", "identity").await, None);
    let page = visitor.get("/").await.text();
    let style = page
        .split_once("rel=\"stylesheet\" href=\"")
        .unwrap()
        .1
        .split_once('"')
        .unwrap()
        .0;
    for (accepted, got) in [
        ("br", "br"),
        ("gzip;q=1, br;q=0.5", "br"),
        ("gzip, br;q=0", "gzip"),
        ("gzip", "gzip"),
    ] {
        assert_eq!(encoding(style, accepted).await.as_deref(), Some(got), "{accepted}");
    }
    assert_eq!(
        encoding(&format!("/room/{room}"), "gzip").await.as_deref(),
        Some("gzip")
    );
    assert_eq!(
        encoding(&format!("/gif/{}", gif["gif"].as_str().unwrap()), "br, gzip").await,
        None
    );
}

#[tokio::test]
async fn a_page_has_one_script_with_all_that_it_imports() {
    let app = TestApp::start().await;
    let visitor = app.visitor().await;
    let room = visitor.create_room("방").await;
    for (path, class) in [
        ("/".to_owned(), "class RoomListView"),
        (format!("/room/{room}"), "class MessageList"),
    ] {
        let page = visitor.get(&path).await.text();
        let scripts: Vec<_> = page.split("<script type=\"module\" src=\"").skip(1).collect();
        assert_eq!(scripts.len(), 1, "{path}");
        let script = visitor.get(scripts[0].split('"').next().unwrap()).await.ok();
        assert!(
            script
                .header("vary")
                .is_some_and(|vary| vary.contains("accept-encoding"))
        );
        let text = script.text();
        assert!(text.contains(class), "{path}");
        assert!(!text.contains("\nimport ") && !text.contains("\n//"), "{path}");
    }
}

#[tokio::test]
async fn no_page_loads_anything_from_another_host_or_runs_inline_script() {
    let app = TestApp::start().await;
    let visitor = app.visitor().await;
    let room = visitor.create_room("방").await;
    for path in ["/", "/room", &format!("/room/{room}"), "/nothing"] {
        let page = visitor.get(path).await.text();
        assert!(
            !page.contains("https://") && !page.contains("src=\"//") && !page.contains("href=\"//"),
            "{path}"
        );
        assert!(
            !page.contains(" style=") && !page.contains("<style") && !page.contains(" onclick="),
            "{path}"
        );
        for script in page.split("<script").skip(1) {
            let tag = script.split('>').next().unwrap();
            assert!(
                tag.contains("src=\"/assets/") || tag.contains("application/json"),
                "{path}: {tag}"
            );
        }
    }
}
