//! Writes entries as documents.

use super::{
    super::{GifDoc, binary, hex, signed},
    Entry, EntryDoc, Record, Shown, entry_id, mark_text, mark_texts, server_text,
};
use crate::{
    domain::{AddressKey, Moment, Said, Visitor},
    rules::{Event, Hold, NewRoom, RoomChange},
};

impl From<&Entry> for EntryDoc {
    fn from(entry: &Entry) -> Self {
        let mut doc = Self {
            id: entry_id(entry.room, entry.position),
            room: entry.room.to_string(),
            at: entry.at.millis(),
            by: entry.by.to_string(),
            edited: entry.edited.map(|(at, _)| at.millis()),
            edited_by: entry.edited.map(|(_, seq)| signed(seq)),
            nonce: entry.nonce.as_ref().map(|nonce| nonce.as_str().to_owned()),
            ..Self::default()
        };
        if let Some(Shown { seq, id, count }) = entry.shown {
            (doc.seq, doc.message, doc.count) = (Some(signed(seq)), Some(id.to_string()), Some(count.into()));
        }
        match &entry.record {
            Record::Created(new, key) => doc.set_created(new, *key),
            Record::Event(event) => doc.set_event(event),
            // Whoever prunes an entry writes no more of it than this.
            Record::Pruned => "pruned".clone_into(&mut doc.kind),
            Record::Migrated(folded) => {
                doc.kind = "migrated".to_owned();
                doc.state = Some(Box::new((&**folded).into()));
            }
            Record::Erased(seq) => {
                doc.kind = "erased".to_owned();
                doc.erased = Some(signed(*seq));
            }
        }
        if entry.blank {
            (doc.chat, doc.gif, doc.reply) = (None, None, None);
        }
        doc
    }
}

impl EntryDoc {
    fn set_created(&mut self, new: &NewRoom, key: AddressKey) {
        self.set("created", Some(new.owner));
        self.edge = Some("created".to_owned());
        self.title = Some(new.title.as_str().to_owned());
        self.max = Some(new.max.get().into());
        self.password.clone_from(&new.password_hash);
        self.key = Some(hex(&key.to_bytes()));
        self.maker = new.maker.visitor.map(|visitor| visitor.to_string());
        self.networks = Some(mark_texts(&new.maker)).filter(|marks| !marks.is_empty());
    }

    fn set(&mut self, kind: &str, visitor: Option<Visitor>) {
        kind.clone_into(&mut self.kind);
        self.visitor = visitor.map(|visitor| visitor.id.to_string());
        self.color = visitor.map(|visitor| visitor.color.to_string());
    }

    fn set_id(&mut self, kind: &str, visitor: impl ToString) {
        kind.clone_into(&mut self.kind);
        self.visitor = Some(visitor.to_string());
    }

    fn set_hold(&mut self, hold: Hold) {
        self.server = Some(server_text(hold.server));
        self.socket = Some(signed(hold.socket));
    }

    fn set_event(&mut self, event: &Event) {
        match event {
            Event::Joined { visitor, hold, mark } => {
                self.set("joined", Some(*visitor));
                self.set_hold(*hold);
                self.address = mark.map(mark_text);
            }
            Event::Held(visitor, hold) => {
                self.set_id("held", visitor);
                self.set_hold(*hold);
            }
            Event::Released(visitor, hold) => {
                self.set_id("released", visitor);
                self.set_hold(*hold);
            }
            Event::PageClosed(visitor) => self.set_id("closed", visitor),
            Event::Left(visitor) => self.set("left", Some(*visitor)),
            Event::Kicked(visitor) => self.set("kicked", Some(*visitor)),
            Event::Banned(ban) => {
                self.set("banned", Some(ban.visitor));
                self.until = ban.until.map(Moment::millis);
                self.addresses = Some(ban.addresses.iter().copied().map(mark_text).collect());
            }
            Event::Unbanned(visitor) => self.set_id("unbanned", visitor),
            Event::OwnerChanged(visitor) => self.set("owner", Some(*visitor)),
            Event::Posted { author, said, reply } => {
                self.set("posted", Some(*author));
                self.set_said(said);
                self.reply = reply.map(|reply| reply.to_string());
            }
            Event::Reacted { given, on } => {
                self.set("reacted", Some(given.by));
                (self.about, self.place) = (Some(given.message.to_string()), Some(signed(given.seq)));
                self.author = Some(given.author.to_string());
                (self.reaction, self.on) = (Some(given.with.to_string()), Some(*on));
            }
            Event::Edited { message, author, chat } => {
                self.set("edited", Some(*author));
                self.about = Some(message.to_string());
                self.chat = chat.as_ref().map(|chat| chat.as_str().to_owned());
                self.pending = Some(true);
            }
            Event::Whispered { id, author, to, said } => {
                self.set("whispered", Some(*author));
                self.item = Some(id.to_string());
                (self.to, self.to_color) = (Some(to.id.to_string()), Some(to.color.to_string()));
                self.secret = self.nonce.take();
                self.set_said(said);
            }
            Event::Reported { report, reason } => {
                self.set_id("reported", report.by);
                (self.item, self.about) = (Some(report.id.to_string()), Some(report.message.to_string()));
                (self.author, self.place) = (Some(report.author.to_string()), Some(signed(report.seq)));
                self.reason = Some(reason.as_str().to_owned());
            }
            Event::Dismissed(message) => {
                self.set("dismissed", None);
                self.about = Some(message.to_string());
            }
            Event::Deleted {
                message,
                author,
                forbid,
            } => {
                self.set("deleted", Some(*author));
                self.about = Some(message.to_string());
                (self.forbid, self.pending) = (Some(*forbid), Some(true));
            }
            Event::Cleared { author, forbid } => {
                self.set("cleared", Some(*author));
                (self.forbid, self.pending) = (Some(*forbid), Some(true));
            }
            Event::Granted(visitor) => self.set_id("granted", visitor),
            Event::Redeemed(visitor) => self.set_id("redeemed", visitor),
            Event::Invited(invite) => {
                self.set("invited", None);
                self.invite = Some(binary(invite.to_bytes()));
            }
            Event::InvitesWithdrawn => self.set("withdrawn", None),
            Event::Changed(change, by) => self.set_change(change, *by),
            Event::Forgotten { until, oldest } => {
                self.set("forgotten", None);
                self.forgotten = Some(signed(*until));
                self.oldest = oldest.map(Moment::millis);
                self.pending = Some(true);
            }
            Event::Restarted => self.set("restarted", None),
            Event::Ended => {
                self.set("ended", None);
                self.edge = Some("ended".to_owned());
            }
        }
    }

    fn set_said(&mut self, said: &Said) {
        match said {
            Said::Chat(chat) => self.chat = Some(chat.as_str().to_owned()),
            Said::Gif(gif) => {
                self.gif = Some(GifDoc::of(gif));
                self.chat = gif.caption.as_ref().map(|caption| caption.as_str().to_owned());
            }
        }
    }

    fn set_change(&mut self, change: &RoomChange, by: Option<Visitor>) {
        self.set("changed", by);
        self.title = change.title.as_ref().map(|title| title.as_str().to_owned());
        self.max = change.max.map(|max| max.get().into());
        match &change.password_hash {
            Some(Some(hash)) => self.password = Some(hash.to_string()),
            Some(None) => self.unlocked = Some(true),
            None => (),
        }
        self.closed = change.closed;
        self.slow = change.slow.map(i64::from);
        self.crowd = change.crowd;
    }
}
