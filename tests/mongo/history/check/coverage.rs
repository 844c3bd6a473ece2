//! What no client of a run has done: of that the run says nothing, so it must not pass.

use crate::history::record::{Answer, Attempt, Deed, History, Item, WhisperOutcome};

/// What clients do that may not happen in a short run.
type Kinds = [(&'static str, fn(&History) -> usize)];

const KINDS: &Kinds = &[
    ("deleted a message", |history| {
        done(history, |deed| matches!(deed, Deed::Delete(_)))
    }),
    ("edited a message", |history| {
        done(history, |deed| matches!(deed, Deed::Edit(..)))
    }),
    ("cleared what somebody wrote", |history| {
        done(history, |deed| matches!(deed, Deed::Clear(_)))
    }),
    ("read a history with a deleted message", deleted_reads),
    ("set a password", |history| {
        done(history, |deed| matches!(deed, Deed::SetPassword(_)))
    }),
    ("removed a password", |history| {
        done(history, |deed| matches!(deed, Deed::RemovePassword(_)))
    }),
    ("entered by a password", |history| {
        done(history, |deed| matches!(deed, Deed::Unlock(_)))
    }),
    ("was refused with a password", |history| {
        refused(history, |deed| matches!(deed, Deed::Unlock(_)))
    }),
    ("made an invite", |history| {
        done(history, |deed| matches!(deed, Deed::Invite(_)))
    }),
    ("redeemed an invite", |history| {
        done(history, |deed| matches!(deed, Deed::Redeem(_)))
    }),
    ("was refused with an invite", |history| {
        refused(history, |deed| matches!(deed, Deed::Redeem(_)))
    }),
    ("withdrew invites", |history| {
        done(history, |deed| matches!(deed, Deed::Withdraw))
    }),
    ("joined", |history| done(history, |deed| matches!(deed, Deed::Join(_)))),
    ("whispered", whispered),
    ("heard a whisper", whispers_heard),
    ("read whispers", whisper_reads),
];

/// How often each kind of operation was seen to happen.
pub fn counts(history: &History) -> impl Iterator<Item = (&'static str, usize)> {
    KINDS.iter().map(|(what, count)| (*what, count(history)))
}

/// What never happened.
pub fn never(history: &History) -> Vec<&'static str> {
    let never = counts(history).filter(|(_, count)| *count == 0);
    never.map(|(what, _)| what).collect()
}

fn done(history: &History, such: fn(&Deed) -> bool) -> usize {
    answered(history, Answer::Done, such)
}

fn refused(history: &History, such: fn(&Deed) -> bool) -> usize {
    answered(history, Answer::Refused, such)
}

fn answered(history: &History, answer: Answer, such: fn(&Deed) -> bool) -> usize {
    let is_such = |attempt: &&Attempt| attempt.answer == answer && such(&attempt.deed);
    history.attempts.iter().filter(is_such).count()
}

fn deleted_reads(history: &History) -> usize {
    let reads = history.reads.iter();
    reads
        .filter(|read| read.messages.iter().any(|message| message.deleted))
        .count()
}

fn whispered(history: &History) -> usize {
    let posts = history.whisper_posts.iter();
    posts
        .filter(|post| matches!(post.outcome, WhisperOutcome::Stored(_)))
        .count()
}

fn whispers_heard(history: &History) -> usize {
    let items = history.readers.iter().flat_map(|reader| &reader.items);
    items.filter(|item| matches!(item, Item::Whispered(_))).count()
}

fn whisper_reads(history: &History) -> usize {
    let pages = history.whisper_pages.iter();
    pages.filter(|page| !page.whispers.is_empty()).count()
}
