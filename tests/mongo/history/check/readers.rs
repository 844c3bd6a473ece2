//! What each client heard of a room over all its connections.

use super::{Property, Rooms, Violations};
use crate::history::record::{History, Item, Message, Reader};

/// A client that hears a room.
#[derive(Default)]
struct Ear {
    /// The last message that it knows; none before it joins for the first time.
    last: Option<u64>,
    /// The last one that came over the connection, or before it.
    told: u64,
    /// The last one when the connection joined.
    joined: u64,
    /// Whether the connection was sent out.
    sent_out: bool,
}

pub fn check(history: &History, rooms: &Rooms<'_>, violations: &mut Violations) {
    let nothing = Vec::new();
    for reader in &history.readers {
        let stored = rooms.get(reader.room.as_str()).unwrap_or(&nothing);
        let mut ear = Ear::default();
        for (at, item) in reader.items.iter().enumerate() {
            ear.hear(item, reader, stored, violations, at);
        }
    }
}

impl Ear {
    fn hear(&mut self, item: &Item, reader: &Reader, stored: &[&Message], violations: &mut Violations, at: usize) {
        let whose = || format!("visitor {}, room {}, item {at}: {item:?}", reader.visitor, reader.room);
        match item {
            Item::Joined { seq, .. } => {
                self.last.get_or_insert(*seq);
                (self.told, self.joined, self.sent_out) = (*seq, *seq, false);
            }
            Item::Page(page) => {
                for message in page {
                    violations.must(
                        Property::Heard,
                        Some(message.seq) == self.last.map(|last| last + 1),
                        whose,
                    );
                    self.take(message, stored, violations, &whose);
                }
            }
            Item::Heard(message) => {
                violations.must(Property::Silence, !self.sent_out, whose);
                violations.must(Property::Silence, !self.is_out(message.seq, reader, stored), whose);
                violations.must(Property::Heard, message.seq == self.told + 1, || {
                    format!("{} after seq {}", whose(), self.told)
                });
                let next = self.last.is_some_and(|last| message.seq <= last + 1);
                violations.must(Property::Heard, next, || format!("{}, known {:?}", whose(), self.last));
                self.told = message.seq;
                self.take(message, stored, violations, &whose);
            }
            Item::Settled(seq) => {
                violations.must(Property::Heard, self.last >= Some(*seq) && self.told >= *seq, || {
                    format!("{}, heard {} only", whose(), self.told)
                });
            }
            Item::SentOut(_) => self.sent_out = true,
            Item::Whispered(_) | Item::Removed | Item::Ended => (),
        }
    }

    fn take(
        &mut self,
        message: &Message,
        stored: &[&Message],
        violations: &mut Violations,
        whose: &impl Fn() -> String,
    ) {
        let there = usize::try_from(message.seq)
            .ok()
            .and_then(|seq| stored.get(seq.checked_sub(1)?));
        let same = there.is_some_and(|there| there.appears_as(message));
        violations.must(Property::SameOrder, same, || format!("{}, stored {there:?}", whose()));
        self.last = self.last.max(Some(message.seq));
    }

    /// Whether the reader was kicked or banned since the connection joined and before a message, and has not come back.
    fn is_out(&self, seq: u64, reader: &Reader, stored: &[&Message]) -> bool {
        let between = stored
            .iter()
            .filter(|message| message.seq > self.joined && message.seq < seq);
        let about = between.filter(|message| message.visitor == reader.visitor);
        about.fold(false, |out, message| match message.kind.as_str() {
            "kicked" | "banned" => true,
            "joined" => false,
            _ => out,
        })
    }
}
