use super::*;
use crate::{
    domain::{
        Alt, Ban, Chat, Emoji, GifBody, GifHash, GifName, InviteToken, Max, Reaction, Reason, ReportId, Said, Title,
        Visitor, VisitorId, WhisperId,
    },
    rules::{Given, Hold, OpenReport, RoomChange},
    store::mongo::{documents::StateDoc, folded::Folded},
};

fn visitor(n: u64) -> Visitor {
    Visitor::new(format!("{n:016x}").parse::<VisitorId>().unwrap())
}

fn message(n: u8) -> MessageId {
    MessageId::from_bytes([0, 0, 0, 0, n, n, n, n, n, n, n, n, n, n, n, n])
}

fn gif() -> Said {
    Said::Gif(GifBody {
        name: GifName::random(),
        width: 1,
        height: 2,
        frames: 3,
        duration: 4,
        bytes: 5_000_000_000,
        alt: Alt::default(),
        caption: None,
        hash: Some(GifHash::from_bytes([7; 32])),
    })
}

fn records() -> Vec<Record> {
    let hold = |socket| Hold {
        server: ServerId(u64::MAX),
        socket,
    };
    let mark = AddressHash::from_bytes([9; 16]);
    let new = NewRoom {
        title: Title::from_store("방"),
        max: Max::from_store(3),
        password_hash: Some("$hash".into()),
        owner: visitor(1),
        maker: Default::default(),
        most: Default::default(),
    };
    let change = RoomChange {
        title: Some(Title::from_store("새 방")),
        max: Some(Max::from_store(2)),
        password_hash: Some(Some("$other".into())),
        closed: Some(true),
        slow: Some(60),
        crowd: Some(true),
    };
    let opened = RoomChange {
        password_hash: Some(None),
        ..RoomChange::default()
    };
    let ban = |until| Ban {
        visitor: visitor(3),
        until,
        addresses: vec![mark],
    };
    let joined = |n, mark| Event::Joined {
        visitor: visitor(n),
        hold: hold(n),
        mark,
    };
    let report = |n: u8| Event::Reported {
        report: OpenReport {
            seq: 3,
            id: ReportId::random(),
            message: message(n),
            author: visitor(2).id,
            by: visitor(1).id,
        },
        reason: Reason::from_store("욕"),
    };
    let reacted = |with, on| Event::Reacted {
        given: Given {
            message: message(3),
            seq: 3,
            author: visitor(2).id,
            by: visitor(1),
            with,
        },
        on,
    };
    let posted = |said, reply| Event::Posted {
        author: visitor(2),
        said,
        reply,
    };
    let events = vec![
        joined(1, Some(mark)),
        joined(2, None),
        Event::Held(visitor(2).id, hold(5)),
        Event::Released(visitor(2).id, hold(5)),
        Event::PageClosed(visitor(2).id),
        posted(Said::Chat(Chat::from_store("글")), None),
        posted(gif(), Some(message(1))),
        Event::Edited {
            message: message(2),
            author: visitor(2),
            chat: Some(Chat::from_store("말")),
        },
        Event::Edited {
            message: message(2),
            author: visitor(2),
            chat: None,
        },
        reacted(Reaction::Emoji(Emoji::parse("👍🏽").unwrap()), true),
        reacted(Reaction::Gif(GifName::random()), true),
        reacted(Reaction::Emoji(Emoji::parse("🎉").unwrap()), false),
        Event::Changed(change, Some(visitor(1))),
        posted(gif(), None),
        Event::Deleted {
            message: MessageId::random(),
            author: visitor(2),
            forbid: true,
        },
        Event::Cleared {
            author: visitor(2),
            forbid: false,
        },
        Event::Whispered {
            id: WhisperId::random(),
            author: visitor(2),
            to: visitor(1),
            said: gif(),
        },
        report(1),
        report(2),
        Event::Dismissed(message(1)),
        Event::Granted(visitor(4).id),
        Event::Invited(InviteToken::random().hash()),
        Event::Redeemed(visitor(5).id),
        joined(3, None),
        Event::Banned(ban(None)),
        Event::Banned(ban(Some(Moment::from_millis(60_000)))),
        Event::OwnerChanged(visitor(2)),
        Event::Restarted,
        Event::Left(visitor(1)),
        Event::Kicked(visitor(2)),
        Event::Unbanned(visitor(3).id),
        Event::InvitesWithdrawn,
        Event::Changed(opened, None),
        Event::Ended,
    ];
    let created = Record::Created(new, AddressKey::from_bytes([3; 32]));
    let events = events.into_iter().map(Record::Event);
    [created, Record::Pruned, Record::Erased(4)]
        .into_iter()
        .chain(events)
        .collect()
}

fn entries() -> Vec<Entry> {
    let (room, mut seq) = (RoomId::random(), 0);
    let entry = |(position, record): (u64, Record)| {
        let visible = matches!(&record, Record::Event(event) if event.is_visible());
        let whispered = matches!(&record, Record::Event(Event::Whispered { .. }));
        seq += u64::from(visible);
        Entry {
            room,
            position,
            at: Moment::from_millis(1_700_000_000_000),
            nonce: (visible || whispered).then(|| Nonce::parse("n").unwrap()),
            shown: visible.then(|| Shown {
                seq,
                id: MessageId::random(),
                count: 2,
            }),
            record,
            blank: false,
            edited: None,
            by: "server".into(),
        }
    };
    (1..).zip(records()).map(entry).collect()
}

fn stored(entry: &Entry) -> EntryDoc {
    let bytes = mongodb::bson::serialize_to_vec(&EntryDoc::from(entry)).unwrap();
    mongodb::bson::deserialize_from_slice(&bytes).unwrap()
}

#[test]
fn every_entry_survives_being_stored() {
    let entries = entries();
    for entry in &entries {
        assert_eq!(stored(entry).entry().unwrap(), *entry);
    }
    let mut ids: Vec<_> = entries.iter().map(|entry| stored(entry).id).collect();
    let sorted = ids.clone();
    ids.sort();
    assert_eq!(ids, sorted);
}

#[test]
fn a_snapshot_and_the_entries_after_it_make_the_same_room_as_all_entries() {
    let entries = entries();
    let whole = Folded::fold(None, &entries).unwrap();
    assert!(whole.state.ended && whole.position == entries.len() as u64);
    assert_eq!(whole.deletions.len(), 2);
    for at in 1..entries.len() {
        let part = Folded::fold(None, &entries[..at]).unwrap();
        let bytes = mongodb::bson::serialize_to_vec(&StateDoc::from(&part)).unwrap();
        let kept: StateDoc = mongodb::bson::deserialize_from_slice(&bytes).unwrap();
        let kept = kept.folded().unwrap();
        assert_eq!(kept, part, "after {at} entries");
        assert_eq!(Folded::fold(Some(kept), &entries).unwrap(), whole);
    }
}

#[test]
fn what_was_deleted_is_blank_and_what_is_being_deleted_is_hidden() {
    let entries = entries();
    let said = entries
        .iter()
        .find(|entry| matches!(entry.record, Record::Event(Event::Posted { .. })));
    let said = said.unwrap();
    let room = Folded::fold(None, &entries).unwrap();
    assert_eq!(room.show(said).unwrap().body, Body::Deleted, "it was cleared");
    let mut doc = stored(said);
    (doc.chat, doc.gif) = (None, None);
    let blank = doc.entry().unwrap();
    assert_eq!(blank.message().unwrap().body, Body::Deleted);
    // Taken out of the history, it still counts.
    (doc.seq, doc.message) = (None, None);
    let forgotten = doc.entry().unwrap();
    assert!(forgotten.message().is_none());
    let states = [said, &forgotten].map(|entry| {
        let before = Folded::fold(None, &entries[..entry.position as usize - 1]);
        Folded::fold(before, std::slice::from_ref(entry)).unwrap().state
    });
    assert_eq!(states[0], states[1]);
}
