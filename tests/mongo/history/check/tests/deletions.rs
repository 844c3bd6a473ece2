//! What was deleted and is read, and what is gone and was not deleted.

use super::{broken, log, spoilt};
use crate::history::{
    check::{Property, made::*},
    record::{Answer, Attempt, Deed, Entry, History, Message},
};

/// Ann and Bob talk; Ann deletes Bob's first message and clears the rest.
fn talk() -> Vec<Message> {
    vec![
        line(1, "joined", "ann", 1),
        line(2, "joined", "bob", 2),
        posted(3, "bob", "b1"),
        posted(4, "bob", "b2"),
        posted(5, "ann", "a1"),
        line(6, "deleted", "bob", 2),
        line(7, "cleared", "bob", 2),
        posted(8, "bob", "b3"),
    ]
}

/// The same as readers see it at the end.
fn at_the_end() -> Vec<Message> {
    let mut talk = talk();
    for message in &mut talk[2..4] {
        *message = place_of(message);
    }
    talk
}

/// Time at which nothing was deleted yet, at which the first deletion was acknowledged, and at which both were.
const BEFORE: u64 = 40;
const BETWEEN: u64 = 61;
const AFTER: u64 = 81;

fn sound() -> History {
    let (talk, mut log) = (talk(), log_of(talk()));
    log[6].about = Some("m3".to_owned());
    let first = [&at_the_end()[..3], &talk[3..6]].concat();
    History {
        posts: vec![
            post(&talk[2], 10, 20),
            post(&talk[3], 20, 30),
            post(&talk[7], 90, 99),
            // Asked for again when it was deleted already.
            post(&place_of(&talk[2]), 11, 85),
        ],
        attempts: vec![
            done("ann", Deed::Delete("m3".to_owned()), 50, 60),
            done("ann", Deed::Clear("bob".to_owned()), 70, 80),
        ],
        reads: vec![
            read(&talk[..5], BEFORE, BEFORE + 5),
            // It began before and may show either.
            read(&talk[..5], BEFORE + 5, 100),
            read(&first, BETWEEN, BETWEEN + 5),
            read(&at_the_end(), AFTER, AFTER + 19),
        ],
        pages: vec![(ROOM.to_owned(), at_the_end())],
        ..with_log(log)
    }
}

#[track_caller]
fn breaks(property: Property, change: impl FnOnce(&mut History)) {
    spoilt(sound(), property, change);
}

#[test]
fn what_is_deleted_in_time_has_no_violation() {
    assert_eq!(broken(&sound()), []);
}

#[test]
fn a_message_that_is_read_after_its_deletion_was_acknowledged_is_found() {
    breaks(Property::Deleted, |history| {
        history.reads.push(read(&talk()[..5], BETWEEN, 100))
    });
}

#[test]
fn a_message_that_is_read_after_all_of_its_author_was_cleared_is_found() {
    let half = [&at_the_end()[..3], &talk()[3..]].concat();
    breaks(Property::Deleted, |history| history.reads.push(read(&half, AFTER, 100)));
}

#[test]
fn a_message_that_comes_back_is_found_although_nobody_knows_whether_it_was_deleted() {
    let unknown = |history: &mut History| {
        for attempt in &mut history.attempts {
            attempt.answer = Answer::Unknown;
        }
    };
    let mut history = sound();
    unknown(&mut history);
    assert_eq!(broken(&history), [], "it may be deleted");
    history.reads.truncate(2);
    assert_eq!(broken(&history), [], "or not yet");
    breaks(Property::Deleted, |history| {
        unknown(history);
        history.reads.push(read(&talk()[..5], BETWEEN + 6, 100));
    });
}

#[test]
fn a_message_that_is_gone_and_that_nobody_deleted_is_found() {
    let gone = |at: usize| {
        let mut talk = at_the_end();
        talk[at] = place_of(&talk[at]);
        talk
    };
    // Of somebody else, and one posted after the deletion.
    for at in [4, 7] {
        breaks(Property::Kept, |history| {
            history.reads.push(read(&gone(at), AFTER, 100))
        });
    }
    breaks(Property::Kept, |history| {
        log(history).retain(|entry| entry.kind != "cleared")
    });
}

#[test]
fn a_deletion_about_no_message_is_found() {
    breaks(Property::Deleted, |history| {
        log(history)[6].about = Some("m9".to_owned());
    });
    // Or about a later one.
    breaks(Property::Deleted, |history| {
        log(history)[6].about = Some("m8".to_owned());
    });
}

#[test]
fn a_deletion_that_was_acknowledged_and_is_not_stored_is_found() {
    breaks(Property::Kept, |history| {
        history.acts.push(act("cleared", Some("bob"), 80));
        history.acts.push(act("cleared", Some("bob"), 80));
    });
}

#[test]
fn a_message_of_which_more_than_its_place_changed_is_found() {
    let other = Message {
        visitor: "ann".to_owned(),
        ..place_of(&talk()[2])
    };
    breaks(Property::SameOrder, |history| history.pages[0].1[2] = other);
    let system = Entry {
        position: 0,
        ..shown(line(1, "joined", "ann", 1))
    };
    let place = place_of(system.message.as_ref().unwrap());
    breaks(Property::SameOrder, |history| history.pages[0].1[0] = place);
}

#[test]
fn a_deletion_in_another_room_says_nothing() {
    let mut history = sound();
    let elsewhere = Attempt {
        room: "other".to_owned(),
        ..done("ann", Deed::Clear("bob".to_owned()), 31, 39)
    };
    history.attempts.push(elsewhere);
    assert_eq!(broken(&history), []);
}
