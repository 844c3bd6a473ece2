//! What was edited, and what readers see of it.

use std::collections::HashMap;

use super::{Property, Violations};
use crate::history::record::{Deed, History, Message, Time};

/// What a message said, one text after the other.
type Texts<'a> = HashMap<&'a str, Vec<&'a str>>;

pub fn check(history: &History, violations: &mut Violations) {
    let texts = texts(history);
    let mut done: HashMap<&str, Vec<(Time, usize)>> = HashMap::new();
    for attempt in history.attempts.iter().filter(|attempt| attempt.is_done()) {
        let Deed::Edit(message, text) = &attempt.deed else {
            continue;
        };
        let known = texts.get(message.as_str());
        let at = known.and_then(|texts| texts.iter().position(|known| known == text));
        violations.must(Property::Kept, at.is_some(), || {
            format!("{attempt:?}, stored {known:?}")
        });
        done.entry(message)
            .or_default()
            .extend(at.map(|at| (attempt.ended, at)));
    }
    for read in &history.reads {
        for message in read
            .messages
            .iter()
            .filter(|message| message.kind == "posted" && !message.deleted)
        {
            let Some(known) = texts.get(message.id.as_str()) else {
                continue;
            };
            let at = known.iter().position(|text| message.said.as_deref() == Some(text));
            violations.must(Property::SameOrder, at.is_some(), || {
                format!("{message:?} of {known:?}")
            });
            let before = done.get(message.id.as_str()).into_iter().flatten();
            let before = before.filter(|(ended, _)| *ended < read.begun).map(|(_, at)| *at).max();
            violations.must(Property::Edited, at >= before, || {
                format!("read at {}: {message:?} after edit {before:?} of {known:?}", read.begun)
            });
        }
    }
}

/// The texts of all messages that were edited.
fn texts(history: &History) -> Texts<'_> {
    let mut texts = Texts::new();
    for entries in history.logs.values() {
        for entry in entries {
            if let (Some(about), Some(edit)) = (&entry.about, &entry.edit) {
                let original = || {
                    let mut messages = entries.iter().filter_map(|entry| entry.message.as_ref());
                    let said = |message: &Message| message.id == *about;
                    messages
                        .find(|message| said(message))
                        .and_then(|message| message.said.as_deref())
                };
                let known = texts
                    .entry(about.as_str())
                    .or_insert_with(|| original().into_iter().collect());
                known.push(edit);
            }
        }
    }
    texts
}
