//! Who enters by what is not good, or not good any more.

use super::{broken, log};
use crate::history::{
    check::{Property, made::*},
    record::{Answer, Attempt, Deed, Entry, History},
};

fn deed(visitor: &str, deed: fn(String) -> Deed, what: &str, begun: u64) -> Attempt {
    done(visitor, deed(what.to_owned()), begun, begun + 5)
}

fn change(password: &str, locked: bool) -> Entry {
    Entry {
        title: Some(password.to_owned()),
        locked: Some(locked),
        ..hidden("changed", "")
    }
}

fn invited(hash: &str) -> Entry {
    Entry {
        invite: Some(hash.to_owned()),
        ..hidden("invited", "")
    }
}

/// Ann's room has a password, by which Bob enters; then another, and an invite, by which Eve enters and which is withdrawn.
fn sound() -> History {
    let first = Entry {
        title: Some("first".to_owned()),
        locked: Some(true),
        ..created(5)
    };
    let entries = vec![
        first,
        shown(line(1, "joined", "ann", 1)),
        hidden("granted", "bob"),
        shown(line(2, "joined", "bob", 2)),
        change("second", true),
        invited("invite"),
        hidden("redeemed", "eve"),
        shown(line(3, "joined", "eve", 3)),
        hidden("withdrawn", ""),
        // Who has a seat keeps it.
        hidden("held", "bob"),
    ];
    let attempts = vec![
        deed("ann", Deed::SetPassword, "first", 0),
        done("ann", Deed::Join(1), 10, 15),
        deed("bob", Deed::Unlock, "first", 20),
        done("bob", Deed::Join(2), 30, 35),
        deed("ann", Deed::SetPassword, "second", 40),
        deed("ann", Deed::Invite, "invite", 50),
        deed("eve", Deed::Redeem, "invite", 60),
        done("eve", Deed::Join(3), 70, 75),
        done("ann", Deed::Withdraw, 80, 85),
        done("bob", Deed::Join(3), 90, 95),
    ];
    History {
        attempts,
        ..with_log(entries)
    }
}

/// The sound history with more entries and attempts.
fn then(entries: &[Entry], attempts: &[Attempt]) -> History {
    let mut history = sound();
    let log = log(&mut history);
    for entry in entries {
        let position = log.len() as u64 + 1;
        log.push(Entry {
            position,
            ..entry.clone()
        });
    }
    history.attempts.extend_from_slice(attempts);
    history
}

#[track_caller]
fn breaks(property: Property, history: &History) {
    let found = broken(history);
    assert!(found.contains(&property), "{property:?} is not among {found:?}");
}

#[test]
fn who_enters_by_what_is_good_is_no_violation() {
    assert_eq!(broken(&sound()), []);
    let open = then(
        &[change("third", false), shown(line(4, "joined", "dan", 4))],
        &[
            deed("ann", Deed::RemovePassword, "third", 100),
            done("dan", Deed::Join(4), 110, 115),
        ],
    );
    assert_eq!(broken(&open), [], "anybody enters a room without a password");
}

#[test]
fn who_enters_a_locked_room_without_any_grant_is_found() {
    breaks(Property::Locked, &then(&[shown(line(4, "joined", "dan", 4))], &[]));
}

#[test]
fn who_enters_by_a_grant_of_an_earlier_password_is_found() {
    let back = [shown(line(4, "left", "bob", 2)), shown(line(5, "joined", "bob", 3))];
    breaks(Property::Locked, &then(&back, &[]));
}

#[test]
fn who_enters_as_an_owner_of_before_is_found() {
    let back = [
        shown(line(4, "owner", "eve", 3)),
        shown(line(5, "left", "ann", 2)),
        shown(line(6, "joined", "ann", 3)),
    ];
    breaks(Property::Locked, &then(&back, &[]));
}

#[test]
fn a_grant_by_an_earlier_password_or_by_none_is_found() {
    let granted = [hidden("granted", "dan")];
    breaks(
        Property::Locked,
        &then(&granted, &[deed("dan", Deed::Unlock, "first", 100)]),
    );
    breaks(Property::Locked, &then(&granted, &[]));
    let refused = Attempt {
        answer: Answer::Refused,
        ..deed("dan", Deed::Unlock, "second", 100)
    };
    breaks(Property::Locked, &then(&granted, &[refused]));
    let right = then(&granted, &[deed("dan", Deed::Unlock, "second", 100)]);
    assert_eq!(broken(&right), []);
}

#[test]
fn who_redeems_an_invite_that_was_withdrawn_or_that_a_new_password_ended_is_found() {
    let redeemed = [hidden("redeemed", "dan")];
    breaks(
        Property::Invited,
        &then(&redeemed, &[deed("dan", Deed::Redeem, "invite", 60)]),
    );
    // It was acknowledged only, as who has a grant needs no other.
    breaks(
        Property::Invited,
        &then(&[], &[deed("dan", Deed::Redeem, "invite", 86)]),
    );
    let mut by_password = sound();
    by_password.attempts.retain(|attempt| attempt.deed != Deed::Withdraw);
    log(&mut by_password)[8] = Entry {
        position: 9,
        ..change("third", true)
    };
    by_password.attempts.push(deed("ann", Deed::SetPassword, "third", 80));
    assert_eq!(broken(&by_password), []);
    by_password.attempts.push(deed("dan", Deed::Redeem, "invite", 86));
    breaks(Property::Invited, &by_password);
}

#[test]
fn who_enters_by_the_grant_of_an_invite_that_was_withdrawn_is_found() {
    let back = [shown(line(4, "left", "eve", 2)), shown(line(5, "joined", "eve", 3))];
    breaks(Property::Locked, &then(&back, &[]));
}

#[test]
fn what_is_acknowledged_and_not_stored_is_found() {
    for lost in [
        deed("ann", Deed::SetPassword, "lost", 100),
        deed("ann", Deed::RemovePassword, "lost", 100),
        deed("ann", Deed::Invite, "lost", 100),
        done("dan", Deed::Join(3), 100, 105),
    ] {
        breaks(Property::Kept, &then(&[], &[lost]));
    }
}

#[test]
fn a_join_that_overtakes_a_password_that_was_acknowledged_before_is_found() {
    let mut history = sound();
    history.attempts[4].begun = 20;
    history.attempts[4].ended = 25;
    breaks(Property::RealTime, &history);
}
