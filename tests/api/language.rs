//! In which language and theme a page comes.

use reqwest::Method;

use crate::support::{Answer, TestApp, Visitor, raw};

pub(crate) async fn in_language(visitor: &Visitor, path: &str, language: &str) -> Answer {
    let request = visitor
        .plain(Method::GET, path)
        .header("accept", "text/html")
        .header("accept-language", language);
    visitor.send(request).await
}

#[tokio::test]
async fn the_language_is_the_browsers_until_one_is_chosen() {
    let app = TestApp::start().await;
    let visitor = app.visitor().await;
    let korean = in_language(&visitor, "/", "ko-KR,ko;q=0.9,en;q=0.5").await.text();
    assert!(korean.contains("<html lang=\"ko\"") && korean.contains("열린 방"));
    let english = in_language(&visitor, "/", "en;q=0.9, ko;q=0.3").await;
    assert!(english.text().contains("<html lang=\"en\"") && english.text().contains("Open rooms"));
    assert!(
        english
            .header("vary")
            .is_some_and(|vary| vary.to_lowercase().contains("accept-language"))
    );
    assert!(
        in_language(&visitor, "/", "fr")
            .await
            .text()
            .contains("<html lang=\"en\"")
    );
    // Chosen once, it stays, on every page and for refusals too.
    let switch = in_language(&visitor, "/room?lang=ko&x=1", "en").await;
    assert_eq!((switch.status, switch.header("location")), (303, Some("/room?x=1")));
    assert!(
        switch
            .set_cookie("lang")
            .is_some_and(|cookie| cookie.contains("Max-Age=31536000"))
    );
    assert!(
        in_language(&visitor, "/", "en")
            .await
            .text()
            .contains("<html lang=\"ko\"")
    );
    let lost = "00000000000000000000000000000000";
    assert_eq!(visitor.room(lost).await.json()["message"], "존재하지 않는 방이에요.");
    in_language(&visitor, "/?lang=en", "ko").await;
    assert!(
        in_language(&visitor, "/room", "ko")
            .await
            .text()
            .contains("<html lang=\"en\"")
    );
    assert_eq!(visitor.room(lost).await.json()["message"], "This room does not exist.");
}

#[tokio::test]
async fn the_language_switch_leads_to_no_other_site() {
    let app = TestApp::start().await;
    for path in [
        "//evil.example/?lang=ko",
        "/%5Cevil.example?lang=ko",
        "/\\evil.example?lang=ko",
        "/room//x?lang=ko",
    ] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: gifchat\r\nConnection: close\r\n\r\n");
        let answer = raw::exchange(app.address(), request.as_bytes()).await;
        let location = answer.lines().find(|line| line.to_lowercase().starts_with("location:"));
        assert_eq!(location, None, "{path}");
    }
}

#[tokio::test]
async fn the_language_of_a_socket_is_that_of_its_handshake() {
    let app = TestApp::start().await;
    let visitor = app.visitor().await;
    visitor.get("/?lang=ko").await;
    let mut socket = visitor.connect("/chat").await;
    let refused = socket.ask("join", "00000000000000000000000000000000").await;
    assert_eq!(refused["message"], "존재하지 않는 방이에요.");
}

#[tokio::test]
async fn a_sheet_comes_in_its_language_with_what_its_script_says() {
    let app = TestApp::start().await;
    let visitor = app.visitor().await;
    for (name, english, korean) in [
        ("owner", "Save", "저장"),
        ("tray", "Recent GIFs", "최근 GIF"),
        ("whisper", "Remove GIF", "GIF 삭제"),
        ("invite", "Copy link", "링크 복사"),
        ("reports", "Report this message?", "무엇이 문제인가요?"),
        ("react", "Another emoji", "다른 이모지"),
    ] {
        let [en, ko] = [
            visitor.get_json(&format!("/sheets/en/{name}")).await,
            visitor.get_json(&format!("/sheets/ko/{name}")).await,
        ];
        for (answer, word) in [(&en, english), (&ko, korean)] {
            assert_eq!(answer.status, 200, "{name}");
            let sheet = answer.json();
            let html = sheet["html"].as_str().unwrap();
            assert!(html.contains("<dialog") && html.contains(word), "{name}: {html}");
            assert!(
                sheet["texts"].as_object().is_some_and(|texts| !texts.is_empty()),
                "{name}"
            );
        }
        assert_ne!(en.text(), ko.text(), "{name}");
    }
    for wrong in ["/sheets/en/unknown", "/sheets/xx/tray"] {
        visitor.get_json(wrong).await.refused(404, "page_not_found");
    }
}
