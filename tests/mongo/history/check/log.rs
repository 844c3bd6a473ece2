//! The log of a room: it is folded once more here, by as little as has to be known about it.

use std::collections::HashSet;

use super::{Property, Violations};
use crate::history::record::Entry;

/// A room after some entries.
#[derive(Default)]
struct Room<'a> {
    seq: u64,
    max: u64,
    members: HashSet<&'a str>,
    banned: HashSet<&'a str>,
    ended: bool,
}

pub fn check(id: &str, entries: &[Entry], violations: &mut Violations) {
    let (mut room, mut nonces, mut ids) = (Room::default(), HashSet::new(), HashSet::new());
    for (entry, expected) in entries.iter().zip(1_u64..) {
        let at = || format!("room {id}, {entry:?}");
        violations.must(Property::Gapless, entry.position == expected, at);
        let is_first = expected == 1;
        violations.must(Property::Gapless, (entry.kind == "created") == is_first, at);
        violations.must(Property::Ended, !room.ended, at);
        if let Some(message) = &entry.message {
            let nonce = message.nonce.as_ref().map(|nonce| (&message.visitor, nonce));
            violations.must(Property::Once, nonce.is_none_or(|nonce| nonces.insert(nonce)), at);
            violations.must(Property::Once, ids.insert(&message.id), at);
        }
        room.apply(entry, &at, violations);
    }
}

impl<'a> Room<'a> {
    fn apply(&mut self, entry: &'a Entry, at: &impl Fn() -> String, violations: &mut Violations) {
        let visitor = entry.visitor.as_deref().unwrap_or_default();
        match entry.kind.as_str() {
            "joined" => {
                violations.must(Property::Seats, (self.members.len() as u64) < self.max, at);
                violations.must(Property::Seats, self.members.insert(visitor), at);
                violations.must(Property::Banned, !self.banned.contains(visitor), at);
            }
            "held" => violations.must(Property::Members, self.members.contains(visitor), at),
            "left" | "kicked" => violations.must(Property::Seats, self.members.remove(visitor), at),
            "banned" => {
                self.members.remove(visitor);
                self.banned.insert(visitor);
            }
            "unbanned" => drop(self.banned.remove(visitor)),
            "posted" | "whispered" => {
                violations.must(Property::Members, self.members.contains(visitor), at);
                violations.must(Property::Banned, !self.banned.contains(visitor), at);
            }
            "ended" => self.ended = true,
            _ => (),
        }
        self.max = entry.max.unwrap_or(self.max);
        if let Some(message) = &entry.message {
            self.seq += 1;
            violations.must(Property::Gapless, message.seq == self.seq, at);
            self.seq = message.seq;
            let count = self.members.len() as u64;
            violations.must(Property::Seats, message.count.is_none_or(|told| told == count), at);
        }
    }
}
