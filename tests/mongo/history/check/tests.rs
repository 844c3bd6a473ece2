//! A sound history has no violation, and each way in which a property can be broken is found.

mod admissions;
mod coverage;
mod deletions;
mod edits;
mod whispers;

use super::{Property, check, made::*};
use crate::history::record::{Entry, History, Item, Message, Outcome};

/// The properties that do not hold, each once.
fn broken(history: &History) -> Vec<Property> {
    let mut found: Vec<_> = check(history).into_iter().map(|violation| violation.property).collect();
    found.dedup();
    found
}

#[track_caller]
fn breaks(property: Property, history: &History) {
    let found = broken(history);
    assert!(found.contains(&property), "{property:?} is not among {found:?}");
}

/// A sound history is not sound any more with one change.
#[track_caller]
fn spoilt(mut sound: History, property: Property, change: impl FnOnce(&mut History)) {
    change(&mut sound);
    breaks(property, &sound);
}

#[track_caller]
fn changed(property: Property, change: impl FnOnce(&mut History)) {
    spoilt(sound(), property, change);
}

fn log(history: &mut History) -> &mut Vec<Entry> {
    history.logs.get_mut(ROOM).unwrap()
}

#[test]
fn a_sound_history_has_no_violation() {
    assert_eq!(broken(&sound()), []);
}

#[test]
fn an_acknowledged_message_that_is_not_stored_is_found() {
    changed(Property::Kept, |history| {
        history.posts.push(post(&posted(7, "ann", "a3"), 70, 80))
    });
    // Also if something else is stored at its `seq`.
    changed(Property::Kept, |history| {
        let Outcome::Stored(message) = &mut history.posts[0].outcome else {
            unreachable!()
        };
        message.id = "other".to_owned();
    });
    changed(Property::Kept, |history| history.pages[0].1.truncate(5));
    changed(Property::Kept, |history| history.logs.clear());
}

#[test]
fn an_acknowledged_act_that_is_not_stored_is_found() {
    changed(Property::Kept, |history| {
        history.acts.push(act("kicked", Some("bob"), 45))
    });
    changed(Property::Kept, |history| {
        history.acts.push(act("banned", Some("bob"), 45))
    });
    changed(Property::Kept, |history| history.acts.push(act("ended", None, 99)));
}

#[test]
fn a_message_that_is_there_twice_is_found() {
    let twice = [talk(), vec![posted(7, "ann", "a2")]].concat();
    breaks(Property::Once, &with_log(log_of(twice)));
    let same_id = Message {
        id: "m4".to_owned(),
        ..posted(7, "ann", "a3")
    };
    breaks(Property::Once, &with_log(log_of([talk(), vec![same_id]].concat())));
}

#[test]
fn a_message_that_was_refused_and_is_stored_is_found() {
    changed(Property::Refused, |history| {
        history.posts[0].outcome = Outcome::Refused("not_a_member".to_owned())
    });
}

#[test]
fn gaps_are_found() {
    changed(Property::Gapless, |history| drop(log(history).remove(3)));
    changed(Property::Gapless, |history| {
        log(history)[6].message.as_mut().unwrap().seq = 7
    });
    changed(Property::Gapless, |history| drop(log(history).remove(0)));
    changed(Property::Gapless, |history| {
        log(history).push(Entry {
            position: 8,
            ..created(2)
        })
    });
}

#[test]
fn a_post_that_overtakes_an_acknowledged_one_is_found() {
    changed(Property::RealTime, |history| {
        (history.posts[1].begun, history.posts[1].ended) = (1, 5)
    });
}

#[test]
fn more_members_than_seats_and_a_wrong_count_are_found() {
    let third = [talk()[..2].to_vec(), vec![line(3, "joined", "eve", 3)]].concat();
    breaks(Property::Seats, &with_log(log_of(third)));
    changed(Property::Seats, |history| {
        log(history)[5].message.as_mut().unwrap().count = Some(2)
    });
    let again = [talk()[..1].to_vec(), vec![line(2, "joined", "ann", 1)]].concat();
    breaks(Property::Seats, &with_log(log_of(again)));
    let stranger = [talk()[..1].to_vec(), vec![line(2, "left", "eve", 1)]].concat();
    breaks(Property::Seats, &with_log(log_of(stranger)));
}

#[test]
fn a_post_of_somebody_without_a_seat_is_found() {
    let stranger = [talk(), vec![posted(7, "eve", "e1")]].concat();
    breaks(Property::Members, &with_log(log_of(stranger)));
    let mut held = log_of(talk());
    held.push(hidden("held", "bob"));
    breaks(Property::Members, &with_log(held));
}

#[test]
fn what_somebody_does_after_a_ban_is_found() {
    let back = [talk(), vec![line(7, "joined", "bob", 2)]].concat();
    breaks(Property::Banned, &with_log(log_of(back)));
    let talks = [talk(), vec![posted(7, "bob", "b2")]].concat();
    breaks(Property::Banned, &with_log(log_of(talks)));
    // The ban was acknowledged before the post began.
    changed(Property::Banned, |history| history.acts[0].ended = 5);
}

#[test]
fn what_happens_after_the_end_of_a_room_is_found() {
    let mut ended = log_of(talk());
    ended.insert(6, hidden("ended", ""));
    breaks(Property::Ended, &with_log(ended));
    changed(Property::Ended, |history| {
        log(history).push(Entry {
            position: 8,
            ..hidden("ended", "")
        });
        history.acts.push(act("ended", None, 45));
    });
}

#[test]
fn what_is_left_is_found() {
    changed(Property::Gone, |history| history.left.push("log: 1".to_owned()));
}

/// Changes what Ann heard.
#[track_caller]
fn misheard(property: Property, change: impl FnOnce(&mut Vec<Item>)) {
    changed(property, |history| change(&mut history.readers[0].items));
}

#[test]
fn a_message_that_is_heard_late_twice_or_never_is_found() {
    misheard(Property::Heard, |items| drop(items.remove(1)));
    misheard(Property::Heard, |items| items.insert(1, items[1].clone()));
    misheard(Property::Heard, |items| items.swap(1, 2));
    misheard(Property::Heard, |items| drop(items.remove(5)));
    misheard(Property::Heard, |items| items[5] = Item::Page(talk()[4..5].to_vec()));
    misheard(Property::Heard, |items| drop(items.remove(6)));
}

#[test]
fn another_message_for_a_seq_is_found() {
    let other = || posted(3, "bob", "b0");
    misheard(Property::SameOrder, |items| items[2] = Item::Heard(other()));
    misheard(Property::SameOrder, |items| {
        items[5] = Item::Page(vec![posted(4, "ann", "a0"), talk().remove(4)])
    });
    changed(Property::SameOrder, |history| history.pages[0].1[2] = other());
    changed(Property::SameOrder, |history| history.pages[0].1.swap(2, 3));
    misheard(Property::SameOrder, |items| {
        items.push(Item::Heard(posted(7, "ann", "a3")))
    });
}

#[test]
fn what_somebody_hears_who_was_sent_out_is_found() {
    // After the word about it, and after the message about it without a word.
    for from in [0, 1] {
        changed(Property::Silence, |history| {
            let bobs = &mut history.readers[1].items;
            bobs.truncate(bobs.len() - from);
            bobs.push(Item::Heard(talk().remove(5)));
        });
    }
}
