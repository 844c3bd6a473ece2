//! What was deleted, and what readers see of it.

use std::collections::HashMap;

use super::{Property, Rooms, Violations};
use crate::history::record::{Attempt, Deed, Entry, History, Item, Message, Outcome, Post, Time};

pub fn check(history: &History, rooms: &Rooms<'_>, violations: &mut Violations) {
    for (room, entries) in &history.logs {
        each_is_about_a_message(room, entries, rooms, violations);
    }
    nothing_else_is_gone(history, violations);
    nobody_reads_it(history, violations);
}

/// A deletion is about a message that was there before it.
fn each_is_about_a_message(room: &str, entries: &[Entry], rooms: &Rooms<'_>, violations: &mut Violations) {
    let messages = rooms.get(room).into_iter().flatten();
    let by_id: HashMap<_, _> = messages.map(|message| (&message.id, *message)).collect();
    for entry in entries {
        let (Some(about), Some(line)) = (&entry.about, &entry.message) else {
            continue;
        };
        let there = by_id.get(about).is_some_and(|message| message.seq < line.seq);
        violations.must(Property::Deleted, there, || format!("room {room}, {entry:?}"));
    }
}

/// Only what a deletion of the log hides is shown as deleted.
fn nothing_else_is_gone(history: &History, violations: &mut Violations) {
    for (room, message) in seen(history).filter(|(_, message)| message.deleted) {
        let entries = history.logs.get(room).into_iter().flatten();
        let hidden = entries.into_iter().any(|entry| hides(entry, message));
        violations.must(Property::Kept, hidden, || {
            format!("room {room}: nobody deleted {message:?}")
        });
    }
}

/// Everything that clients saw of messages.
fn seen(history: &History) -> impl Iterator<Item = (&str, &Message)> {
    let read = history.reads.iter().map(|read| (&*read.room, read.messages.as_slice()));
    let acked = history.posts.iter().filter_map(|post| match &post.outcome {
        Outcome::Stored(message) => Some((&*post.room, std::slice::from_ref(message))),
        _ => None,
    });
    let heard = history.readers.iter().flat_map(|reader| {
        let messages = reader.items.iter().filter_map(|item| match item {
            Item::Heard(message) => Some(std::slice::from_ref(message)),
            Item::Page(page) => Some(page.as_slice()),
            _ => None,
        });
        messages.map(|messages| (&*reader.room, messages))
    });
    let all = read.chain(acked).chain(heard);
    all.flat_map(|(room, messages)| messages.iter().map(move |message| (room, message)))
}

fn hides(entry: &Entry, message: &Message) -> bool {
    match entry.kind.as_str() {
        "deleted" => entry.about.as_ref() == Some(&message.id),
        "cleared" => {
            let before = entry.message.as_ref().is_some_and(|line| message.seq < line.seq);
            before && entry.visitor.as_ref() == Some(&message.visitor)
        }
        _ => false,
    }
}

/// What begins to read after a deletion was acknowledged, or after somebody has read that a message is deleted, does not
/// get what it said.
fn nobody_reads_it(history: &History, violations: &mut Violations) {
    let mut gone: HashMap<&str, Time> = HashMap::new();
    for (id, at) in acknowledged(history).chain(read_as_deleted(history)) {
        let first = gone.entry(id).or_insert(at);
        *first = at.min(*first);
    }
    for read in &history.reads {
        let whole = read.messages.iter().filter(|message| !message.deleted);
        for message in whole {
            let since = gone.get(message.id.as_str()).filter(|since| **since < read.begun);
            violations.must(Property::Deleted, since.is_none(), || {
                let (room, begun) = (&read.room, read.begun);
                format!("room {room}: gone since {since:?}, read whole at {begun}: {message:?}")
            });
        }
    }
}

/// The messages whose deletion was acknowledged, and when.
fn acknowledged(history: &History) -> impl Iterator<Item = (&str, Time)> {
    let done = history.attempts.iter().filter(|attempt| attempt.is_done());
    done.flat_map(|attempt| {
        let ids = match &attempt.deed {
            Deed::Delete(message) => vec![message.as_str()],
            Deed::Clear(visitor) => posted_before(history, attempt, visitor),
            _ => Vec::new(),
        };
        ids.into_iter().map(|id| (id, attempt.ended))
    })
}

/// What a visitor had posted for certain when an attempt began.
fn posted_before<'a>(history: &'a History, attempt: &Attempt, visitor: &str) -> Vec<&'a str> {
    let before = |post: &&Post| post.room == attempt.room && post.visitor == visitor && post.ended < attempt.begun;
    let posts = history.posts.iter().filter(before);
    let ids = posts.filter_map(|post| match &post.outcome {
        Outcome::Stored(message) => Some(message.id.as_str()),
        _ => None,
    });
    ids.collect()
}

/// The messages that somebody read as deleted, and when.
fn read_as_deleted(history: &History) -> impl Iterator<Item = (&str, Time)> {
    history.reads.iter().flat_map(|read| {
        let deleted = read.messages.iter().filter(|message| message.deleted);
        deleted.map(|message| (message.id.as_str(), read.ended))
    })
}
