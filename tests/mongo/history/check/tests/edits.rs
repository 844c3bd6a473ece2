//! What was edited and is read as it was before.

use super::{broken, spoilt};
use crate::history::{
    check::{Property, made::*},
    record::{Attempt, Deed, Entry, History, Message, edit_of},
};

/// Ann writes, and edits it twice.
fn talk() -> Vec<Message> {
    vec![
        line(1, "joined", "ann", 1),
        posted(2, "ann", "a1"),
        line(3, "edited", "ann", 1),
        line(4, "edited", "ann", 1),
    ]
}

/// The same as it is read after so many of the edits.
fn after(edits: usize) -> Vec<Message> {
    let mut talk = talk();
    talk.truncate(2 + edits);
    if edits > 0 {
        talk[1].said = Some(edit_of("a1", &edits.to_string()));
    }
    talk
}

fn edited(begun: u64, ended: u64, edit: usize) -> Attempt {
    let text = edit_of("a1", &edit.to_string());
    done("ann", Deed::Edit("m2".to_owned(), text), begun, ended)
}

fn sound() -> History {
    let mut log = log_of(talk());
    let edits = log.iter_mut().filter(|entry| entry.kind == "edited");
    for (edit, entry) in (1..).zip(edits) {
        let (about, text) = ("m2".to_owned(), edit_of("a1", &edit.to_string()));
        *entry = Entry {
            about: Some(about),
            edit: Some(text),
            ..entry.clone()
        };
    }
    History {
        posts: vec![post(&talk()[1], 10, 20)],
        attempts: vec![edited(30, 40, 1), edited(50, 60, 2)],
        // One that began before an edit was acknowledged may show either.
        reads: vec![
            read(&after(0), 21, 25),
            read(&after(0), 35, 70),
            read(&after(1), 41, 45),
            read(&after(2), 61, 65),
        ],
        pages: vec![(ROOM.to_owned(), after(2))],
        ..with_log(log)
    }
}

#[track_caller]
fn breaks(property: Property, change: impl FnOnce(&mut History)) {
    spoilt(sound(), property, change);
}

#[test]
fn what_is_edited_in_time_has_no_violation() {
    assert_eq!(broken(&sound()), []);
}

#[test]
fn a_message_that_is_read_as_it_was_before_an_edit_is_found() {
    breaks(Property::Edited, |history| history.reads.push(read(&after(0), 41, 45)));
    breaks(Property::Edited, |history| history.reads.push(read(&after(1), 61, 65)));
}

#[test]
fn what_nobody_said_and_an_edit_that_is_lost_are_found() {
    breaks(Property::SameOrder, |history| {
        let mut other = after(1);
        other[1].said = Some(edit_of("a1", "9"));
        history.reads.push(read(&other, 41, 45));
    });
    breaks(Property::SameOrder, |history| {
        history.pages[0].1[1].said = Some("other".to_owned())
    });
    breaks(Property::Kept, |history| history.attempts.push(edited(70, 80, 3)));
}
