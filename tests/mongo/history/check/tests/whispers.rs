//! Whispers that are lost, doubled, out of order, or seen by somebody else.

use super::{broken, spoilt};
use crate::history::{
    check::{Property, made::*},
    record::{History, Item, StoredWhisper, Whisper, WhisperOutcome, WhisperPage, WhisperPost},
};

fn whisper(id: &str, author: &str, to: &str) -> Whisper {
    Whisper {
        id: id.to_owned(),
        author: author.to_owned(),
        to: to.to_owned(),
        nonce: Some(id.to_owned()),
        said: Some(id.to_owned()),
    }
}

fn all() -> [Whisper; 3] {
    [
        whisper("w1", "ann", "bob"),
        whisper("w2", "eve", "ann"),
        whisper("w3", "bob", "ann"),
    ]
}

fn stored(whispers: &[Whisper]) -> Vec<StoredWhisper> {
    let turns = whispers.iter().cloned().zip(1..);
    turns.map(|(whisper, turn)| StoredWhisper { turn, whisper }).collect()
}

fn post_of(whisper: &Whisper, begun: u64) -> WhisperPost {
    WhisperPost {
        room: ROOM.to_owned(),
        author: whisper.author.clone(),
        to: whisper.to.clone(),
        nonce: whisper.id.clone(),
        begun,
        ended: begun + 5,
        outcome: WhisperOutcome::Stored(whisper.clone()),
    }
}

fn page(visitor: &str, whispers: &[&Whisper], begun: u64) -> WhisperPage {
    WhisperPage {
        room: ROOM.to_owned(),
        visitor: visitor.to_owned(),
        begun,
        whispers: whispers.iter().copied().cloned().collect(),
    }
}

fn sound() -> History {
    let all = all();
    let [first, second, third] = &all;
    let unknown = WhisperPost {
        outcome: WhisperOutcome::Unknown,
        ..post_of(&whisper("w4", "ann", "bob"), 30)
    };
    let joined = Item::Joined { seq: 0, server: 0 };
    let heard = |whispers: &[&Whisper]| whispers.iter().map(|one| Item::Whispered((*one).clone())).collect();
    let anns: Vec<_> = heard(&[first, second, third]);
    // Some may get lost on their way to a connection.
    let bobs: Vec<_> = heard(&[third]);
    History {
        whispers: [(ROOM.to_owned(), stored(&all))].into(),
        whisper_posts: vec![post_of(first, 0), post_of(second, 10), post_of(third, 20), unknown],
        whisper_pages: vec![
            page("bob", &[first], 15),
            page("ann", &[first, second, third], 30),
            page("bob", &[first, third], 30),
        ],
        readers: vec![
            reader("ann", [vec![joined.clone()], anns].concat()),
            reader("bob", [vec![joined], bobs].concat()),
        ],
        ..History::default()
    }
}

#[track_caller]
fn breaks(property: Property, change: impl FnOnce(&mut History)) {
    spoilt(sound(), property, change);
}

fn of_room(history: &mut History) -> &mut Vec<StoredWhisper> {
    history.whispers.get_mut(ROOM).unwrap()
}

#[test]
fn whispers_as_they_should_be_are_no_violation() {
    assert_eq!(broken(&sound()), []);
}

#[test]
fn a_whisper_that_was_acknowledged_and_is_not_stored_is_found() {
    breaks(Property::Kept, |history| drop(of_room(history).pop()));
    // Or is stored as something else, or for somebody else.
    breaks(Property::Kept, |history| {
        of_room(history)[2].whisper.id = "w9".to_owned()
    });
    breaks(Property::Kept, |history| history.whisper_posts[2].to = "eve".to_owned());
}

#[test]
fn a_whisper_that_was_refused_and_is_stored_is_found() {
    breaks(Property::Refused, |history| {
        history.whisper_posts[0].outcome = WhisperOutcome::Refused
    });
}

#[test]
fn a_whisper_that_is_stored_twice_or_out_of_its_place_is_found() {
    breaks(Property::Once, |history| {
        let whisper = Whisper {
            id: "w9".to_owned(),
            ..all()[0].clone()
        };
        of_room(history).push(StoredWhisper { turn: 4, whisper });
    });
    breaks(Property::Gapless, |history| of_room(history)[2].turn = 2);
}

#[test]
fn a_whisper_that_the_two_do_not_read_after_it_was_acknowledged_is_found() {
    for at in [1, 2] {
        breaks(Property::Kept, |history| {
            history.whisper_pages[at].whispers.pop();
        });
    }
}

#[test]
fn a_whisper_that_somebody_else_reads_or_hears_is_found() {
    let [first, second, _] = all();
    breaks(Property::Private, |history| {
        history.whisper_pages.push(page("eve", &[&first, &second], 30))
    });
    breaks(Property::Private, |history| {
        history.readers[1].items.push(Item::Whispered(second.clone()))
    });
}

#[test]
fn another_order_of_whispers_is_found() {
    breaks(Property::SameOrder, |history| {
        history.whisper_pages[1].whispers.swap(0, 2)
    });
    breaks(Property::SameOrder, |history| history.readers[0].items.swap(1, 2));
    // One in between is missing.
    breaks(Property::SameOrder, |history| {
        drop(history.whisper_pages[1].whispers.remove(1))
    });
}

#[test]
fn a_whisper_that_a_connection_hears_twice_or_that_nobody_stored_is_found() {
    breaks(Property::SameOrder, |history| {
        let items = &mut history.readers[0].items;
        items.push(items[3].clone());
    });
    breaks(Property::Kept, |history| {
        let other = Item::Whispered(whisper("w9", "ann", "bob"));
        history.readers[0].items.push(other);
    });
}

#[test]
fn a_whisper_that_overtakes_an_acknowledged_one_is_found() {
    breaks(Property::RealTime, |history| {
        (history.whisper_posts[1].begun, history.whisper_posts[1].ended) = (30, 35);
        history.whisper_posts[2].begun = 40;
        history.whisper_posts[0].begun = 50;
    });
}

#[test]
fn a_whisper_from_or_to_somebody_who_was_banned_before_is_found() {
    for visitor in ["ann", "bob"] {
        breaks(Property::Banned, |history| {
            let ban = act("banned", Some(visitor), 19);
            history.acts.push(ban);
        });
    }
}
