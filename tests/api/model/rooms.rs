//! Rooms by the rule book, with what a store keeps beside the state of a room: messages, GIFs and addresses.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use gifchat::{
    domain::{
        AddressHash, Body, GifBody, GifHash, Line, Message, MessageId, Moment, Nonce, Reference, Refusal, Seq, Visitor,
        VisitorId,
    },
    rules::{Command, Due, Event, Facts, Graces, NewBody, NewMessage, Now, RoomState, decide, decide_without, due},
};
use serde_json::Value;

use super::interface::Door;

/// A room.
pub struct ModelRoom {
    pub state: RoomState,
    pub door: Door,
    /// Its password, if it has one.
    pub password: Option<u8>,
    pub messages: Vec<Message>,
    /// How many of the messages have the ids that the server gave them.
    pub identified: usize,
    /// Where its members came from.
    marks: HashMap<VisitorId, HashSet<AddressHash>>,
    forbidden: HashSet<GifHash>,
}

/// The present, by the clock of this machine.
pub fn now() -> Now {
    Now::at(Moment::of_this_machine())
}

/// Decides a command about a room, if there is one, and applies what happens.
pub fn decided(room: Option<&mut ModelRoom>, command: &Command) -> Result<Vec<Event>, Refusal> {
    match room {
        Some(room) => room.run(command, None),
        None => decide_without(command),
    }
}

impl ModelRoom {
    pub fn new(state: RoomState, password: Option<u8>) -> Self {
        Self {
            state,
            door: Door::default(),
            password,
            messages: Vec::new(),
            identified: 0,
            marks: HashMap::new(),
            forbidden: HashSet::new(),
        }
    }

    /// Decides a command and applies what happens.
    pub fn run(&mut self, command: &Command, nonce: Option<&Nonce>) -> Result<Vec<Event>, Refusal> {
        let (facts, now) = (self.facts(command), now());
        let events = decide(&self.state, command, &facts, now)?;
        for event in &events {
            self.apply(event, nonce, now);
        }
        Ok(events)
    }

    /// The `seq` of a message that is posted, or of the one that its author posted with the same nonce before.
    pub fn post(&mut self, author: Visitor, new: NewMessage, nonce: Option<&Nonce>) -> Result<Seq, Refusal> {
        let same = |message: &&Message| message.author.id == author.id && message.nonce.as_ref() == nonce;
        let known = nonce.and_then(|_| self.messages.iter().find(same));
        if let Some(known) = known.filter(|_| !self.state.ended) {
            return Ok(known.seq);
        }
        self.run(&Command::Post(author, new), nonce)?;
        Ok(self.state.seq)
    }

    /// Frees the seat of who is away longest if somebody would be refused for the want of one.
    pub fn free_a_seat_for(&mut self, enter: &Command) {
        let refused = decide(&self.state, enter, &Facts::default(), now());
        if let (Err(Refusal::RoomFull), Some(away)) = (refused, self.state.longest_away(now())) {
            let free = Command::Expire(Due::Seat(away), Graces::SHORTEST);
            self.run(&free, None).unwrap();
        }
    }

    /// Does all that is due; whether there was anything.
    pub fn expire(&mut self, graces: Graces) -> bool {
        let due = due(&self.state, graces, now());
        for due in &due {
            self.run(&Command::Expire(*due, graces), None).unwrap();
        }
        !due.is_empty()
    }

    fn facts(&self, command: &Command) -> Facts {
        let mut facts = Facts::default();
        match command {
            Command::Edit(edit) => {
                let is_edit = |line: &&Message| {
                    line.refers
                        .as_ref()
                        .is_some_and(|it| line.is_line() && it.to == edit.message)
                };
                facts.message = self.said(edit.message);
                facts.edits = self.messages.iter().filter(is_edit).count();
            }
            Command::React(new) => facts.message = self.said(new.message),
            Command::Post(_, NewMessage { body, reply }) => {
                let written = |reply| self.messages.iter().find(|it| it.id == reply && !it.is_line());
                facts.message = reply.and_then(written).cloned().map(Arc::new);
                facts.earlier_gif = match body {
                    NewBody::Again(again) => self.tray().find(|gif| gif.name == again.name).cloned(),
                    _ => None,
                };
                let gif = match body {
                    NewBody::Gif(gif) => Some(gif),
                    _ => facts.earlier_gif.as_ref(),
                };
                let hash = gif.and_then(|gif| gif.hash);
                facts.forbidden = hash.is_some_and(|hash| self.forbidden.contains(&hash));
            }
            Command::Moderate(_, action) => {
                use gifchat::domain::Action;

                let said = |which: &dyn Fn(&Message) -> bool| {
                    let found = self.messages.iter().find(|message| says(message) && which(message));
                    found.map(|message| message.author)
                };
                match action {
                    Action::Delete { message, .. } => facts.author = said(&|said| said.id == *message),
                    Action::Clear { visitor, .. } => facts.author = said(&|said| said.author.id == *visitor),
                    Action::Ban(visitor, _) => {
                        let marks = self.marks.get(visitor);
                        facts.addresses = marks.into_iter().flatten().copied().collect();
                    }
                    _ => (),
                }
            }
            _ => (),
        }
        facts
    }

    /// A message that says something.
    fn said(&self, id: MessageId) -> Option<Arc<Message>> {
        let found = self.messages.iter().find(|message| message.id == id && says(message));
        found.cloned().map(Arc::new)
    }

    /// The messages as they are read.
    pub fn read(&self) -> Vec<Message> {
        let mut messages = self.messages.clone();
        Reference::resolve(&mut messages, Vec::new());
        self.state.reactions.attach(&mut messages);
        messages
    }

    /// GIFs of the messages that are not deleted, the latest first.
    pub fn tray(&self) -> impl Iterator<Item = &GifBody> {
        self.messages.iter().rev().filter_map(|message| match &message.body {
            Body::Gif(gif) => Some(gif),
            _ => None,
        })
    }

    fn apply(&mut self, event: &Event, nonce: Option<&Nonce>, now: Now) {
        self.state.evolve(event, now);
        match event {
            Event::Joined { visitor, mark, .. } => self.marks.entry(visitor.id).or_default().extend(*mark),
            Event::Deleted { message, forbid, .. } => self.blank(*forbid, |said| said.id == *message),
            Event::Edited { message, chat, .. } => {
                let edited = self.messages.iter_mut().find(|said| said.id == *message);
                edited.unwrap().edit(chat.as_ref(), now.date);
            }
            Event::Cleared { author, forbid } => self.blank(*forbid, |said| said.author.id == author.id),
            _ => (),
        }
        if !event.is_visible() {
            return;
        }
        let count = self.state.room.count;
        let (author, body) = match event {
            Event::Posted { author, said, .. } => (*author, said.clone().into()),
            other => {
                let (about, kind) = other.system_message().unwrap();
                (about, Body::Line(Line { kind, count }))
            }
        };
        self.messages.push(Message {
            id: MessageId::random(),
            room: self.state.room.id,
            seq: self.state.seq,
            author,
            created_at: now.date,
            nonce: nonce.filter(|_| matches!(event, Event::Posted { .. })).cloned(),
            edited: None,
            refers: match event {
                Event::Posted { reply, .. } => reply.map(Reference::to),
                Event::Edited { message, .. } => Some(Reference::to(*message)),
                _ => None,
            },
            reactions: Vec::new(),
            body,
        });
    }

    fn blank(&mut self, forbid: bool, which: impl Fn(&Message) -> bool) {
        for message in self
            .messages
            .iter_mut()
            .filter(|message| says(message) && which(message))
        {
            if let Body::Gif(GifBody { hash: Some(hash), .. }) = message.body
                && forbid
            {
                self.forbidden.insert(hash);
            }
            message.blank();
        }
    }

    /// What a restart of the only server does.
    pub fn restart(&mut self) {
        for (visitor, hold) in self.state.holds_of(gifchat::rules::ServerId::ONLY) {
            let leave = Command::Leave(visitor, hold, gifchat::rules::Leave::Disconnected);
            self.run(&leave, None).unwrap();
        }
        self.run(&Command::Restart, None).unwrap();
    }

    /// Takes over the ids of messages that the server has stored since.
    pub fn identify(&mut self, history: &[Value]) {
        for (message, shown) in self.messages.iter_mut().zip(history).skip(self.identified) {
            message.id = shown["_id"]
                .as_str()
                .and_then(|id| id.parse().ok())
                .unwrap_or(message.id);
        }
        self.identified = self.messages.len();
    }

    /// Sockets of a visitor that hold the seat.
    pub fn holds(&self, visitor: VisitorId) -> usize {
        let holds = self.state.holds_of(gifchat::rules::ServerId::ONLY);
        holds.iter().filter(|(who, _)| *who == visitor).count()
    }
}

/// Whether somebody wrote it and nobody deleted it.
pub fn says(message: &Message) -> bool {
    matches!(message.body, Body::Chat(_) | Body::Gif(_))
}
