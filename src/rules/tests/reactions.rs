//! Reactions: to what, how many, and what becomes of them.

use super::*;
use crate::domain::{Action, Emoji, Reaction};

fn message(n: u8) -> MessageId {
    MessageId::from_bytes([n; 16])
}

/// About a message of visitor 2.
fn facts(n: u8, gif: Option<GifBody>) -> Facts {
    let body = Body::Chat(Chat::from_store("x"));
    Facts {
        message: Some(written(message(n), body)),
        earlier_gif: gif,
        ..Facts::default()
    }
}

/// One of many emoji.
fn emoji(n: u8) -> Reaction {
    let animals = [
        "🐵", "🐒", "🦍", "🐶", "🐕", "🐩", "🐺", "🦊", "🦝", "🐱", "🐈", "🦁", "🐯", "🐅", "🐆", "🐴", "🐎", "🦄",
        "🦓", "🦌", "🐮", "🐂",
    ];
    Reaction::Emoji(Emoji::parse(animals[usize::from(n)]).unwrap())
}

/// Visitor `n` reacts to a message, or takes it back.
fn react(scene: &mut Scene, n: u64, to: u8, with: Reaction, on: bool) -> Result<Vec<Event>, Refusal> {
    let new = Reacting {
        by: visitor(n),
        message: message(to),
        with,
        on,
    };
    let gif = matches!(with, Reaction::Gif(_)).then(|| gif(1));
    scene.tell(Command::React(new), &facts(to, gif))
}

fn scene(members: u64) -> Scene {
    let mut scene = Scene::new(200, None);
    for n in 1..=members {
        scene.enter(n).unwrap();
    }
    scene
}

#[test]
fn a_reaction_is_given_once_and_taken_back_once_and_has_no_place() {
    let mut scene = scene(3);
    let seq = scene.state.seq;
    assert_eq!(react(&mut scene, 1, 7, emoji(0), true).unwrap().len(), 1);
    assert_eq!(react(&mut scene, 1, 7, emoji(0), true), Ok(Vec::new()));
    react(&mut scene, 3, 7, emoji(1), true).unwrap();
    react(&mut scene, 3, 7, emoji(0), true).unwrap();
    let read = scene.state.reactions.read();
    assert_eq!((read.len(), read[0].message, read[0].seq), (1, message(7), Some(7)));
    let kinds: Vec<_> = read[0]
        .reactions
        .iter()
        .map(|kind| (kind.reaction, kind.by.clone()))
        .collect();
    assert_eq!(kinds, [(emoji(0), vec![id(1), id(3)]), (emoji(1), vec![id(3)])]);
    let version = scene.state.reactions.version();
    assert_eq!(react(&mut scene, 1, 7, emoji(0), false).unwrap().len(), 1);
    assert_eq!(react(&mut scene, 1, 7, emoji(0), false), Ok(Vec::new()));
    assert_eq!(scene.state.reactions.version(), version + 1);
    assert_eq!(scene.state.seq, seq);
    assert_eq!(react(&mut scene, 4, 7, emoji(0), true), Err(Refusal::NotAMember));
    let new = Reacting {
        by: visitor(1),
        message: message(9),
        with: emoji(0),
        on: true,
    };
    assert_eq!(scene.run(Command::React(new)), Err(Refusal::MessageNotFound));
}

#[test]
fn a_message_takes_so_many_kinds_and_so_many_of_one_visitor() {
    let mut scene = scene(100);
    let full = Err(Refusal::TooManyReactions);
    for n in 0..REACTIONS_EACH as u8 {
        react(&mut scene, 1, 7, emoji(n), true).unwrap();
    }
    assert_eq!(react(&mut scene, 1, 7, emoji(5), true), full);
    assert!(react(&mut scene, 1, 8, emoji(5), true).is_ok(), "another message");
    for n in 5..REACTION_KINDS as u8 {
        react(&mut scene, u64::from(n), 7, emoji(n), true).unwrap();
    }
    assert_eq!(react(&mut scene, 90, 7, emoji(20), true), full, "one kind more");
    assert!(react(&mut scene, 90, 7, emoji(0), true).is_ok(), "one that is there");
    let all = |scene: &Scene| scene.state.reactions.to(message(7)).count();
    'all: for n in 2..=100 {
        for kind in 0..REACTIONS_EACH as u8 {
            if all(&scene) == REACTIONS_OF_MESSAGE {
                break 'all;
            }
            let _ = react(&mut scene, n, 7, emoji(kind), true);
        }
    }
    assert_eq!(all(&scene), REACTIONS_OF_MESSAGE);
    assert_eq!(react(&mut scene, 100, 7, emoji(4), true), full);
}

#[test]
fn a_gif_is_one_of_the_room_that_it_does_not_refuse() {
    let mut scene = scene(1);
    let with = Reaction::Gif(GifName::random());
    assert!(react(&mut scene, 1, 7, with, true).is_ok());
    let new = |on| {
        Command::React(Reacting {
            by: visitor(1),
            message: message(8),
            with,
            on,
        })
    };
    assert_eq!(scene.tell(new(true), &facts(8, None)), Err(Refusal::GifNotFound));
    let forbidden = Facts {
        forbidden: true,
        ..facts(8, Some(gif(1)))
    };
    assert_eq!(scene.tell(new(true), &forbidden), Err(Refusal::ForbiddenGif));
    // Taken back it need not be there any more.
    let back = Command::React(Reacting {
        by: visitor(1),
        message: message(7),
        with,
        on: false,
    });
    assert_eq!(scene.tell(back, &facts(7, None)).unwrap().len(), 1);
}

#[test]
fn reactions_go_with_what_they_are_about_and_with_who_is_cleared() {
    let mut scene = scene(3);
    for (n, to) in [(1, 7), (3, 7), (1, 8), (2, 8)] {
        react(&mut scene, n, to, emoji(0), true).unwrap();
    }
    let cleared = |n| Event::Cleared {
        author: visitor(n),
        forbid: false,
    };
    let now = scene.now();
    let deleted = Event::Deleted {
        message: message(7),
        author: visitor(2),
        forbid: false,
    };
    scene.state.evolve(&deleted, now);
    let left = |scene: &Scene| {
        scene
            .state
            .reactions
            .given()
            .iter()
            .map(|given| given.by.id)
            .collect::<Vec<_>>()
    };
    assert_eq!(left(&scene), [id(1), id(2)]);
    scene.state.evolve(&cleared(1), now);
    assert_eq!(left(&scene), [id(2)], "those that somebody gave who is cleared");
    scene.state.evolve(&cleared(2), now);
    assert!(left(&scene).is_empty(), "those to messages of who is cleared");
    let ban = Command::Moderate(visitor(1), Action::Kick(id(3)));
    react(&mut scene, 3, 9, emoji(0), true).unwrap();
    scene.run(ban).unwrap();
    assert_eq!(left(&scene), [id(3)], "who is sent out has said it all the same");
}

#[test]
fn a_room_keeps_so_many_reactions_and_forgets_the_earliest() {
    let mut scene = scene(1);
    let now = scene.now();
    for n in 0..REACTIONS + 3 {
        let given = Given {
            message: MessageId::from_bytes((n as u128).to_be_bytes()),
            seq: n as u64,
            author: id(2),
            // A few each, so that nobody has too many.
            by: visitor(n as u64 / 100),
            with: emoji(0),
        };
        scene.state.evolve(&Event::Reacted { given, on: true }, now);
    }
    let given = scene.state.reactions.given();
    assert_eq!((given.len(), given[0].seq), (REACTIONS, 3));
    assert_eq!(scene.state.reactions.forgotten().map(|given| given.seq), Some(2));
}

#[test]
fn one_visitor_pushes_out_only_the_own_reactions() {
    let mut scene = scene(2);
    react(&mut scene, 2, 1, emoji(0), true).unwrap();
    let now = scene.now();
    for n in 0..=REACTIONS_OF_VISITOR {
        let given = Given {
            message: MessageId::from_bytes((n as u128).to_be_bytes()),
            seq: n as u64,
            author: id(2),
            by: visitor(1),
            with: emoji(0),
        };
        scene.state.evolve(&Event::Reacted { given, on: true }, now);
    }
    let given = scene.state.reactions.given();
    assert_eq!(
        (given.len(), given[0].by.id, given[1].seq),
        (REACTIONS_OF_VISITOR + 1, id(2), 1)
    );
}

#[test]
fn an_owner_clears_somebody_who_only_reacted() {
    let mut scene = scene(2);
    react(&mut scene, 2, 7, emoji(0), true).unwrap();
    let clear = || Action::Clear {
        visitor: id(2),
        forbid: false,
    };
    scene.run(Command::Moderate(visitor(1), clear())).unwrap();
    assert!(scene.state.reactions.given().is_empty());
    assert!(
        scene.run(Command::Moderate(visitor(1), clear())).is_err(),
        "nothing is left"
    );
}
