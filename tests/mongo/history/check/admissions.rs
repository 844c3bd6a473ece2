//! Who may enter a locked room: the log is folded once more, and each grant in it is compared with what clients tried.

use std::collections::{HashMap, HashSet};

use super::{Property, Violations};
use crate::history::record::{Answer, Attempt, Deed, Entry, History};

/// Why a visitor may enter.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Grant {
    Password,
    Invite,
}

/// The door of a room after some entries.
#[derive(Default)]
struct Door<'a> {
    owner: &'a str,
    /// The password; none if the room is open.
    password: Option<&'a str>,
    grants: HashMap<&'a str, Grant>,
    invites: HashSet<&'a str>,
}

pub fn check(history: &History, violations: &mut Violations) {
    for (room, entries) in &history.logs {
        let attempts: Vec<_> = history
            .attempts
            .iter()
            .filter(|attempt| attempt.room == *room)
            .collect();
        let mut door = Door::default();
        for entry in entries {
            door.apply(entry, &attempts, violations);
        }
        in_real_time(entries, &attempts, violations);
        withdrawals_hold(&attempts, violations);
    }
}

impl<'a> Door<'a> {
    fn apply(&mut self, entry: &'a Entry, attempts: &[&Attempt], violations: &mut Violations) {
        let visitor = entry.visitor.as_deref().unwrap_or_default();
        let at = || format!("{entry:?}");
        match entry.kind.as_str() {
            "created" | "owner" => self.owner = visitor,
            "joined" => {
                let may = self.password.is_none() || self.owner == visitor || self.grants.contains_key(visitor);
                violations.must(Property::Locked, may, at);
            }
            "granted" => {
                let gave = |deed: &Deed| matches!(deed, Deed::Unlock(given) if self.password == Some(given.as_str()));
                violations.must(Property::Locked, was_tried(attempts, visitor, gave), at);
                self.grants.insert(visitor, Grant::Password);
            }
            "redeemed" => {
                let had = |deed: &Deed| matches!(deed, Deed::Redeem(hash) if self.invites.contains(hash.as_str()));
                violations.must(Property::Invited, was_tried(attempts, visitor, had), at);
                self.grants.entry(visitor).or_insert(Grant::Invite);
            }
            "invited" => drop(entry.invite.as_deref().map(|hash| self.invites.insert(hash))),
            "withdrawn" => {
                self.invites.clear();
                self.grants.retain(|_, grant| *grant != Grant::Invite);
            }
            _ => (),
        }
        if let Some(locked) = entry.locked {
            self.password = entry.title.as_deref().filter(|_| locked);
            self.grants.clear();
            self.invites.clear();
        }
    }
}

/// Whether a visitor tried such a thing and was not refused.
fn was_tried(attempts: &[&Attempt], visitor: &str, such: impl Fn(&Deed) -> bool) -> bool {
    attempts
        .iter()
        .any(|attempt| attempt.visitor == visitor && attempt.answer != Answer::Refused && such(&attempt.deed))
}

/// What was acknowledged is in the log, and after all that was acknowledged before it began.
fn in_real_time(entries: &[Entry], attempts: &[&Attempt], violations: &mut Violations) {
    let mut placed = Vec::new();
    for attempt in attempts.iter().filter(|attempt| attempt.is_done()) {
        let Some(positions) = positions(entries, attempt) else {
            continue;
        };
        match (positions.first(), positions.last()) {
            (Some(first), Some(last)) => placed.push((attempt, *first, *last)),
            _ => violations.note(Property::Kept, format!("{attempt:?}")),
        }
    }
    for (later, _, position) in &placed {
        let earlier = placed.iter().filter(|(earlier, ..)| earlier.is_before(later));
        let last = earlier.map(|(_, first, _)| *first).max().unwrap_or_default();
        violations.must(Property::RealTime, *position > last, || {
            format!("{later:?} at position {position}, after {last}")
        });
    }
}

/// The positions that the entry of an attempt may have: a visitor may join more than once between two messages. None if
/// entries do not tell.
fn positions(entries: &[Entry], attempt: &Attempt) -> Option<Vec<u64>> {
    let such: Box<dyn Fn(&Entry) -> bool> = match &attempt.deed {
        Deed::SetPassword(title) | Deed::RemovePassword(title) => {
            Box::new(move |entry| entry.title.as_ref() == Some(title))
        }
        Deed::Invite(hash) => Box::new(move |entry| entry.invite.as_ref() == Some(hash)),
        Deed::Join(seq) => return Some(joins_at(entries, &attempt.visitor, *seq)),
        _ => return None,
    };
    let found = entries.iter().filter(|entry| such(entry));
    Some(found.map(|entry| entry.position).collect())
}

/// The entries by which a visitor joined at that `seq`.
fn joins_at(entries: &[Entry], visitor: &str, seq: u64) -> Vec<u64> {
    let (mut last, mut found) = (0, Vec::new());
    for entry in entries {
        last = entry.message.as_ref().map_or(last, |message| message.seq);
        let joins = matches!(entry.kind.as_str(), "joined" | "held") && entry.visitor.as_deref() == Some(visitor);
        found.extend((joins && last == seq).then_some(entry.position));
    }
    found
}

/// Nobody redeems an invite that was made before all invites were withdrawn, or before the password changed.
fn withdrawals_hold(attempts: &[&Attempt], violations: &mut Violations) {
    let done: Vec<_> = attempts.iter().filter(|attempt| attempt.is_done()).collect();
    let ends = |deed: &Deed| matches!(deed, Deed::Withdraw | Deed::SetPassword(_) | Deed::RemovePassword(_));
    for redeemed in &done {
        let Deed::Redeem(hash) = &redeemed.deed else { continue };
        let invited = done.iter().find(|other| other.deed == Deed::Invite(hash.clone()));
        let withdrawn = done.iter().find(|other| {
            let after = invited.is_some_and(|invited| invited.is_before(other));
            ends(&other.deed) && after && other.is_before(redeemed)
        });
        violations.must(Property::Invited, withdrawn.is_none(), || {
            format!("{redeemed:?} after {withdrawn:?}")
        });
    }
}
