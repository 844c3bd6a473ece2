//! A run that never did something must say so.

use crate::history::{
    check::{
        coverage::{counts, never},
        made::*,
    },
    record::{Answer, Deed, History},
};

#[test]
fn a_run_in_which_nobody_did_anything_shows_nothing() {
    let history = History::default();
    assert_eq!(never(&history).len(), counts(&history).count());
}

#[test]
fn what_was_done_once_is_covered_and_what_was_only_tried_is_not() {
    let mut history = History::default();
    let withdrawn = "withdrew invites";
    history.attempts.push(done("ann", Deed::Withdraw, 0, 1));
    assert!(!never(&history).contains(&withdrawn));
    history.attempts[0].answer = Answer::Unknown;
    assert!(never(&history).contains(&withdrawn));
}
