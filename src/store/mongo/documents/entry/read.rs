//! Reads entries from documents.

use std::str::FromStr;

use super::{
    super::{Damaged, bytes, number, said, text, visitor},
    Entry, EntryDoc, Record, Shown, read_invite, read_maker, read_mark, read_server,
};
use crate::{
    domain::{AddressKey, Ban, Chat, Max, MessageId, Moment, Nonce, Reaction, Reason, Said, Title, Visitor},
    rules::{Event, Given, Hold, NewRoom, OpenReport, OpenRooms, RoomChange},
};

impl EntryDoc {
    /// The entry of this document.
    pub fn entry(&self) -> Result<Entry, Damaged> {
        let position = self.id.rsplit_once(':').map_or("", |(_, position)| position);
        let shown = match (self.seq, &self.message) {
            (Some(seq), Some(id)) => Some(Shown {
                seq: number(seq, "seq")?,
                id: text(id, "message")?,
                count: number(self.count.unwrap_or_default(), "count")?,
            }),
            _ => None,
        };
        let record = match self.kind.as_str() {
            "created" => self.created()?,
            "pruned" => Record::Pruned,
            "erased" => Record::Erased(number(self.erased.unwrap_or_default(), "erased")?),
            "migrated" => {
                let state = self.state.as_ref().ok_or(Damaged("state"))?;
                Record::Migrated(Box::new(state.folded()?))
            }
            _ => Record::Event(self.event()?),
        };
        Ok(Entry {
            room: text(&self.room, "room")?,
            position: text(position, "_id")?,
            at: Moment::from_millis(self.at),
            by: self.by.as_str().into(),
            blank: self.kind == "posted" && self.chat.is_none() && self.gif.is_none(),
            edited: match (self.edited, self.edited_by) {
                (Some(at), Some(seq)) => Some((Moment::from_millis(at), number(seq, "edited_by")?)),
                _ => None,
            },
            nonce: self
                .nonce
                .as_deref()
                .or(self.secret.as_deref())
                .and_then(|nonce| Nonce::parse(nonce).ok()),
            record,
            shown,
        })
    }

    fn created(&self) -> Result<Record, Damaged> {
        let new = NewRoom {
            title: Title::from_store(self.title.as_deref().ok_or(Damaged("title"))?),
            max: self.max()?.ok_or(Damaged("max"))?,
            password_hash: self.password.clone(),
            owner: self.visitor()?,
            maker: read_maker(self.maker.as_deref(), self.networks.as_deref().unwrap_or_default())?,
            most: OpenRooms::default(),
        };
        let key = self.key.as_deref().and_then(bytes).ok_or(Damaged("key"))?;
        Ok(Record::Created(new, AddressKey::from_bytes(key)))
    }

    fn event(&self) -> Result<Event, Damaged> {
        let id = || text(self.visitor.as_deref().unwrap_or_default(), "visitor");
        let forbid = self.forbid.unwrap_or_default();
        Ok(match self.kind.as_str() {
            "joined" => Event::Joined {
                visitor: self.visitor()?,
                hold: self.hold()?,
                mark: self.address.as_deref().map(read_mark).transpose()?,
            },
            "held" => Event::Held(id()?, self.hold()?),
            "released" => Event::Released(id()?, self.hold()?),
            "closed" => Event::PageClosed(id()?),
            "left" => Event::Left(self.visitor()?),
            "kicked" => Event::Kicked(self.visitor()?),
            "banned" => Event::Banned(self.ban()?),
            "unbanned" => Event::Unbanned(id()?),
            "owner" => Event::OwnerChanged(self.visitor()?),
            "posted" => Event::Posted {
                author: self.visitor()?,
                said: self.said()?,
                reply: self.reply.as_deref().map(|reply| text(reply, "reply")).transpose()?,
            },
            "reacted" => self.reacted()?,
            "edited" => Event::Edited {
                message: self.about()?,
                author: self.visitor()?,
                chat: self.chat.as_deref().map(Chat::from_store),
            },
            "whispered" => Event::Whispered {
                id: self.item()?,
                author: self.visitor()?,
                to: visitor(
                    self.to.as_deref().unwrap_or_default(),
                    self.to_color.as_deref().unwrap_or_default(),
                )?,
                said: said(self.chat.as_deref(), self.gif.as_ref())?,
            },
            "reported" => self.reported()?,
            "dismissed" => Event::Dismissed(self.about()?),
            "deleted" => Event::Deleted {
                message: self.about()?,
                author: self.visitor()?,
                forbid,
            },
            "cleared" => Event::Cleared {
                author: self.visitor()?,
                forbid,
            },
            "granted" => Event::Granted(id()?),
            "redeemed" => Event::Redeemed(id()?),
            "invited" => Event::Invited(read_invite(self.invite.as_ref().ok_or(Damaged("invite"))?)?),
            "withdrawn" => Event::InvitesWithdrawn,
            "changed" => Event::Changed(
                self.change()?,
                self.visitor.is_some().then(|| self.visitor()).transpose()?,
            ),
            "forgotten" => Event::Forgotten {
                until: number(self.forgotten.unwrap_or_default(), "forgotten")?,
                oldest: self.oldest.map(Moment::from_millis),
            },
            "restarted" => Event::Restarted,
            "ended" => Event::Ended,
            _ => return Err(Damaged("kind")),
        })
    }

    fn visitor(&self) -> Result<Visitor, Damaged> {
        let (id, color) = (self.visitor.as_deref(), self.color.as_deref());
        visitor(id.unwrap_or_default(), color.unwrap_or_default())
    }

    fn item<T: FromStr>(&self) -> Result<T, Damaged> {
        text(self.item.as_deref().unwrap_or_default(), "item")
    }

    fn about(&self) -> Result<MessageId, Damaged> {
        text(self.about.as_deref().unwrap_or_default(), "about")
    }

    fn reacted(&self) -> Result<Event, Damaged> {
        let with = self.reaction.as_deref().and_then(Reaction::from_store);
        Ok(Event::Reacted {
            given: Given {
                message: self.about()?,
                seq: number(self.place.unwrap_or_default(), "place")?,
                author: text(self.author.as_deref().unwrap_or_default(), "author")?,
                by: self.visitor()?,
                with: with.ok_or(Damaged("reaction"))?,
            },
            on: self.on.unwrap_or_default(),
        })
    }

    fn reported(&self) -> Result<Event, Damaged> {
        Ok(Event::Reported {
            report: OpenReport {
                id: self.item()?,
                message: self.about()?,
                seq: number(self.place.unwrap_or_default(), "place")?,
                author: text(self.author.as_deref().unwrap_or_default(), "author")?,
                by: text(self.visitor.as_deref().unwrap_or_default(), "visitor")?,
            },
            reason: Reason::from_store(self.reason.as_deref().unwrap_or_default()),
        })
    }

    fn hold(&self) -> Result<Hold, Damaged> {
        Ok(Hold {
            server: read_server(self.server.as_deref().unwrap_or_default())?,
            socket: number(self.socket.unwrap_or_default(), "socket")?,
        })
    }

    fn max(&self) -> Result<Option<Max>, Damaged> {
        let max = |max| number(max, "max").map(Max::from_store);
        self.max.map(max).transpose()
    }

    fn ban(&self) -> Result<Ban, Damaged> {
        let marks = self.addresses.iter().flatten().map(|mark| read_mark(mark));
        Ok(Ban {
            visitor: self.visitor()?,
            until: self.until.map(Moment::from_millis),
            addresses: marks.collect::<Result<_, _>>()?,
        })
    }

    fn said(&self) -> Result<Said, Damaged> {
        if self.chat.is_none() && self.gif.is_none() {
            // It was deleted; no reader is shown this.
            return Ok(Said::Chat(Chat::from_store("")));
        }
        said(self.chat.as_deref(), self.gif.as_ref())
    }

    fn change(&self) -> Result<RoomChange, Damaged> {
        let slow = |slow| number(slow, "slow");
        Ok(RoomChange {
            title: self.title.as_deref().map(Title::from_store),
            max: self.max()?,
            password_hash: match &self.password {
                Some(hash) => Some(Some(hash.as_str().into())),
                None => self.unlocked.unwrap_or_default().then_some(None),
            },
            closed: self.closed,
            slow: self.slow.map(slow).transpose()?,
            crowd: self.crowd,
        })
    }
}
