//! Histories made by hand.

use crate::history::record::{Act, Answer, Attempt, Deed, Entry, History, Item, Message, Outcome, Post, Read, Reader};

pub const ROOM: &str = "room";

pub fn message(seq: u64, kind: &str, visitor: &str) -> Message {
    Message {
        seq,
        id: format!("m{seq}"),
        visitor: visitor.to_owned(),
        kind: kind.to_owned(),
        nonce: None,
        said: None,
        count: None,
        deleted: false,
    }
}

pub fn posted(seq: u64, visitor: &str, nonce: &str) -> Message {
    Message {
        nonce: Some(nonce.to_owned()),
        said: Some(nonce.to_owned()),
        ..message(seq, "posted", visitor)
    }
}

pub fn line(seq: u64, kind: &str, visitor: &str, count: u64) -> Message {
    Message {
        count: Some(count),
        ..message(seq, kind, visitor)
    }
}

/// An entry that people do not see.
pub fn hidden(kind: &str, visitor: &str) -> Entry {
    Entry {
        position: 0,
        kind: kind.to_owned(),
        visitor: Some(visitor.to_owned()),
        max: None,
        title: None,
        locked: None,
        invite: None,
        about: None,
        edit: None,
        hold: None,
        message: None,
        gif: None,
        at: 0,
    }
}

pub fn shown(message: Message) -> Entry {
    Entry {
        message: Some(message.clone()),
        ..hidden(&message.kind, &message.visitor)
    }
}

pub fn created(max: u64) -> Entry {
    Entry {
        max: Some(max),
        ..hidden("created", "ann")
    }
}

pub fn post(message: &Message, begun: u64, ended: u64) -> Post {
    Post {
        room: ROOM.to_owned(),
        visitor: message.visitor.clone(),
        nonce: message.nonce.clone().unwrap(),
        begun,
        ended,
        outcome: Outcome::Stored(message.clone()),
    }
}

pub fn act(kind: &'static str, visitor: Option<&str>, ended: u64) -> Act {
    Act {
        room: ROOM.to_owned(),
        kind,
        visitor: visitor.map(String::from),
        ended,
    }
}

/// What somebody tried, and was told that it is done.
pub fn done(visitor: &str, deed: Deed, begun: u64, ended: u64) -> Attempt {
    Attempt {
        room: ROOM.to_owned(),
        visitor: visitor.to_owned(),
        deed,
        begun,
        ended,
        answer: Answer::Done,
    }
}

pub fn read(messages: &[Message], begun: u64, ended: u64) -> Read {
    Read {
        room: ROOM.to_owned(),
        begun,
        ended,
        messages: messages.to_vec(),
    }
}

/// What is left of a message that was deleted.
pub fn place_of(message: &Message) -> Message {
    Message {
        said: None,
        deleted: true,
        ..message.clone()
    }
}

pub fn heard(messages: &[Message]) -> Vec<Item> {
    messages.iter().cloned().map(Item::Heard).collect()
}

pub fn reader(visitor: &str, items: Vec<Item>) -> Reader {
    Reader {
        room: ROOM.to_owned(),
        visitor: visitor.to_owned(),
        items,
    }
}

pub fn with_log(entries: Vec<Entry>) -> History {
    let mut log = entries;
    for (entry, position) in log.iter_mut().zip(1..) {
        entry.position = position;
    }
    History {
        logs: [(ROOM.to_owned(), log)].into(),
        ..History::default()
    }
}

/// Ann and Bob talk; Bob is banned.
pub fn talk() -> Vec<Message> {
    vec![
        line(1, "joined", "ann", 1),
        line(2, "joined", "bob", 2),
        posted(3, "bob", "b1"),
        posted(4, "ann", "a1"),
        line(5, "banned", "bob", 1),
        posted(6, "ann", "a2"),
    ]
}

pub fn log_of(messages: Vec<Message>) -> Vec<Entry> {
    let mut log = vec![created(2)];
    log.extend(messages.into_iter().map(shown));
    log
}

/// A history in which everything is as it should be.
pub fn sound() -> History {
    let talk = talk();
    let joined = |seq| Item::Joined { seq, server: 0 };
    let anns = [
        &[joined(1)][..],
        &heard(&talk[1..3]),
        &[Item::Ended, joined(5), Item::Page(talk[3..5].to_vec())],
        &heard(&talk[5..]),
        &[Item::Settled(6)],
    ];
    let bobs = [
        &[joined(2)][..],
        &heard(&talk[2..5]),
        &[Item::SentOut("banned".to_owned())],
    ];
    let unknown = Post {
        nonce: "b2".to_owned(),
        outcome: Outcome::Unknown,
        ..post(&talk[2], 90, 95)
    };
    History {
        pages: vec![(ROOM.to_owned(), talk.clone())],
        posts: vec![
            post(&talk[2], 10, 20),
            post(&talk[3], 15, 40),
            post(&talk[5], 50, 60),
            unknown,
        ],
        acts: vec![act("banned", Some("bob"), 45)],
        readers: vec![reader("ann", anns.concat()), reader("bob", bobs.concat())],
        ..with_log(log_of(talk))
    }
}
