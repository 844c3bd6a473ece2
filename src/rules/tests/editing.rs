//! Edits and replies: whose, until when, and of what.

use super::*;

fn said(body: Body) -> Facts {
    Facts {
        message: Some(written(MessageId::random(), body)),
        ..Facts::default()
    }
}

fn text(text: &str) -> Body {
    Body::Chat(Chat::from_store(text))
}

/// Visitor `n` edits the message of the facts.
fn edit(scene: &mut Scene, n: u64, chat: Option<&str>, facts: &Facts) -> Result<Vec<Event>, Refusal> {
    let message = facts
        .message
        .as_ref()
        .map_or_else(MessageId::random, |message| message.id);
    let edit = Edit {
        by: visitor(n),
        message,
        chat: chat.map(Chat::from_store),
    };
    scene.tell(Command::Edit(edit), facts)
}

fn scene() -> Scene {
    let mut scene = Scene::new(3, None);
    for n in [1, 2] {
        scene.enter(n).unwrap();
    }
    scene
}

#[test]
fn an_author_edits_for_a_quarter_of_an_hour_and_nobody_else_at_all() {
    let mut scene = scene();
    let facts = said(text("helo"));
    let seq = scene.state.seq;
    let edited = edit(&mut scene, 2, Some("hello"), &facts).unwrap();
    let about = facts.message.as_ref().unwrap().id;
    assert!(
        matches!(&edited[..], [Event::Edited { message, chat: Some(chat), .. }] if *message == about && chat.as_str() == "hello")
    );
    assert_eq!(scene.state.seq, seq + 1, "the line about it has a place");
    assert_eq!(
        edit(&mut scene, 1, Some("x"), &facts),
        Err(Refusal::NotTheAuthor),
        "nor the owner"
    );
    assert_eq!(edit(&mut scene, 3, Some("x"), &facts), Err(Refusal::NotAMember));
    scene.wait(15 * 60);
    assert!(edit(&mut scene, 2, Some("just in time"), &facts).is_ok());
    scene.millis += 1;
    let late = Refusal::EditTooLate { within: EDIT_WITHIN };
    assert_eq!(edit(&mut scene, 2, Some("late"), &facts), Err(late));
}

#[test]
fn what_is_edited_says_something_before_and_after() {
    let mut scene = scene();
    let empty = Refusal::Invalid(Invalid::new(Field::Chat, Problem::Empty));
    assert_eq!(edit(&mut scene, 2, None, &said(text("a"))), Err(empty));
    assert_eq!(
        edit(&mut scene, 2, Some("a"), &said(text("a"))),
        Ok(Vec::new()),
        "it says so already"
    );
    for facts in [Facts::default(), said(Body::Deleted)] {
        assert_eq!(edit(&mut scene, 2, Some("a"), &facts), Err(Refusal::MessageNotFound));
    }
    let caption = |caption: Option<&str>| {
        Body::Gif(GifBody {
            caption: caption.map(Chat::from_store),
            ..gif(1)
        })
    };
    assert_eq!(edit(&mut scene, 2, None, &said(caption(None))), Ok(Vec::new()));
    for (before, after) in [(None, Some("a")), (Some("a"), None), (Some("a"), Some("b"))] {
        let edited = edit(&mut scene, 2, after, &said(caption(before))).unwrap();
        assert_eq!(edited.len(), 1, "{before:?} {after:?}");
    }
}

#[test]
fn an_edit_need_not_pause_and_makes_nobody_else_pause() {
    let mut scene = scene();
    scene.change(RoomChange {
        slow: Some(60),
        ..RoomChange::default()
    });
    scene.post(2).unwrap();
    assert!(edit(&mut scene, 2, Some("b"), &said(text("a"))).is_ok());
    scene.wait(60);
    assert!(scene.post(2).is_ok());
}

#[test]
fn a_message_answers_one_that_is_there() {
    let mut scene = scene();
    let facts = said(text("a?"));
    let reply = facts.message.as_ref().map(|message| message.id);
    let answer = |reply| {
        let body = chat("b");
        Command::Post(visitor(1), NewMessage { body, reply })
    };
    let posted = scene.tell(answer(reply), &facts).unwrap();
    assert!(matches!(posted[..], [Event::Posted { reply: to, .. }] if to == reply));
    assert_eq!(scene.run(answer(reply)), Err(Refusal::MessageNotFound));
    assert!(scene.run(answer(None)).is_ok());
}

#[test]
fn a_message_is_edited_so_often_and_not_after_it_was_reported() {
    let mut scene = scene();
    let mut facts = said(text("a"));
    facts.edits = EDITS - 1;
    assert!(edit(&mut scene, 2, Some("b"), &facts).is_ok());
    facts.edits = EDITS;
    assert_eq!(edit(&mut scene, 2, Some("b"), &facts), Err(Refusal::NotEditable));
    facts.edits = 0;
    scene.enter(3).unwrap();
    let message = facts.message.as_ref().unwrap().id;
    scene.report(3, message).unwrap();
    assert_eq!(edit(&mut scene, 2, Some("b"), &facts), Err(Refusal::NotEditable));
}
