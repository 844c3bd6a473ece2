use super::*;
use crate::{
    domain::{AddressKey, Maker, Max, Moment, Title, Visitor, VisitorId},
    rules::{NewRoom, OpenRooms},
};

fn new_room() -> NewRoom {
    NewRoom {
        title: Title::from_store("방"),
        max: Max::from_store(3),
        password_hash: None,
        owner: Visitor::new(VisitorId::random()),
        maker: Default::default(),
        most: Default::default(),
    }
}

/// A room that is made and ends at once.
fn life() -> (RoomId, Vec<Entry>) {
    let (room, new) = (RoomId::random(), new_room());
    let records = [
        Record::Created(new, AddressKey::from_bytes([3; 32])),
        Record::Event(Event::Ended),
    ];
    let entry = |(position, record)| Entry {
        room,
        position,
        at: Moment::from_millis(0),
        record,
        shown: None,
        nonce: None,
        edited: None,
        blank: false,
        by: "".into(),
    };
    (room, (1..).zip(records).map(entry).collect())
}

fn slots(cache: &RoomCache) -> usize {
    cache.0.lock().slots.len()
}

#[test]
fn a_room_that_was_read_with_its_end_is_not_kept() {
    let (cache, (room, entries)) = (RoomCache::default(), life());
    cache.reading(room).apply(&entries, false);
    let ended = Folded::fold(None, &entries).unwrap();
    cache.reading(room).insert(ended);
    assert_eq!((slots(&cache), cache.len()), (0, 0));
}

#[test]
fn a_room_whose_end_was_heard_while_it_was_read_is_not_kept() {
    for is_known in [true, false] {
        let (cache, (room, entries)) = (RoomCache::default(), life());
        let (first, second) = (cache.reading(room), cache.reading(room));
        // The stream is faster than the answer to what was read before the end.
        for entry in entries.iter().skip(usize::from(!is_known)) {
            cache.hear(entry);
        }
        first.apply(&entries[..1], false);
        second.insert(Folded::begin(&entries[0]).unwrap());
        assert_eq!((slots(&cache), cache.len()), (0, 0));
        assert!(cache.0.lock().reads.is_empty(), "nothing is left of the reads");
    }
}

#[test]
fn a_room_that_was_read_before_the_stream_had_it_goes_when_the_stream_has_its_end() {
    let (cache, (room, entries)) = (RoomCache::default(), life());
    cache.reading(room).apply(&entries[..1], false);
    assert_eq!((slots(&cache), cache.len()), (1, 1));
    let told = entries.iter().flat_map(|entry| cache.hear(entry));
    let told: Vec<_> = told.map(|change| change.kind()).collect();
    assert_eq!(told, ["room created", "room removed"]);
    assert_eq!((slots(&cache), cache.len()), (0, 0));
}

#[test]
fn after_a_stream_was_lost_only_rooms_that_were_read_or_made_since_are_left() {
    let cache = RoomCache::default();
    let [(old, entries), (read, others), (new, more)] = [life(), life(), life()];
    cache.reading(old).apply(&entries[..1], true);
    let since = Instant::now();
    cache.reading(new).apply(&more[..1], true);
    let folded = Folded::begin(&others[0]).unwrap();
    cache.replace(vec![(folded, 0)], since);
    assert_eq!((slots(&cache), cache.len()), (2, 2));
    assert!(cache.get(old).is_none() && cache.get(read).is_some() && cache.get(new).is_some());
}

#[test]
fn rooms_that_are_being_made_count_as_open_ones() {
    let (cache, (room, entries)) = (RoomCache::default(), life());
    let place = |limit| cache.place(limit, &new_room());
    let places = [place(2), place(2)];
    assert!(places.iter().all(Result::is_ok) && place(2).is_err());
    cache.reading(room).apply(&entries[..1], true);
    drop(places);
    assert!(place(2).is_ok() && place(1).is_err());
}

#[test]
fn rooms_that_one_visitor_is_making_count_as_open_ones_of_theirs() {
    let (cache, ann) = (RoomCache::default(), VisitorId::random());
    let of = |visitor| NewRoom {
        maker: Maker {
            visitor: Some(visitor),
            networks: Vec::new(),
        },
        most: OpenRooms {
            visitor: 1,
            ..OpenRooms::default()
        },
        ..new_room()
    };
    let place = cache.place(9, &of(ann));
    assert!(place.is_ok() && cache.place(9, &of(ann)).is_err());
    assert!(cache.place(9, &of(VisitorId::random())).is_ok());
    drop(place);
    assert!(cache.place(9, &of(ann)).is_ok());
}

#[test]
fn a_room_that_was_read_anew_goes_on_where_that_ended() {
    let (cache, (room, entries)) = (RoomCache::default(), life());
    cache.reading(room).apply(&entries[..1], false);
    let made = (*cache.get(room).unwrap()).clone();
    cache.overtake(Folded {
        position: 7,
        ..made.clone()
    });
    assert_eq!(cache.get(room).unwrap().position, 7);
    cache.overtake(made);
    assert_eq!(cache.get(room).unwrap().position, 7, "nothing is taken back");
    let next = Entry {
        position: 8,
        ..entries[1].clone()
    };
    let told: Vec<_> = cache.hear(&next).into_iter().map(|change| change.kind()).collect();
    assert_eq!((told, slots(&cache)), (vec!["room removed"], 0));
}
