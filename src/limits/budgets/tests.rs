use std::net::IpAddr;

use super::*;
use crate::domain::{Visitor, VisitorId};

const fn pair(address: Rate, visitor: Rate) -> Pair {
    Pair { address, visitor }
}

const OFF: Pair = pair(Rate::OFF, Rate::OFF);

/// Nothing is limited.
const UNLIMITED: Rates = Rates {
    visitors: Rate::OFF,
    rooms: OFF,
    passwords: Rate::OFF,
    passwords_in_room: OFF,
    passwords_of_room: Rate::OFF,
    joins: OFF,
    messages: OFF,
    uploads: OFF,
    upload_bytes: OFF,
    invites: OFF,
    reports: OFF,
    sockets: Rate::OFF,
    open_sockets: 10,
    requests: Rate::OFF,
    events: Rate::OFF,
    event_bytes: Rate::OFF,
};

/// So many in an hour.
fn hourly(count: u32) -> Rate {
    Rate::new(count.try_into().unwrap(), Duration::from_secs(3_600)).unwrap()
}

fn guest(ip: &str) -> Guest {
    Guest {
        visitor: Visitor::new(VisitorId::random()),
        source: Source::new(ip.parse::<IpAddr>().unwrap()),
    }
}

/// How many of many tries are let through.
fn passed<T>(mut attempt: impl FnMut() -> Result<T, Refusal>) -> usize {
    (0..1_000).take_while(|_| attempt().is_ok()).count()
}

#[test]
fn an_address_is_limited_over_its_visitors_and_a_visitor_takes_nothing_from_the_others() {
    let budgets = Budgets::new(&Rates {
        messages: pair(hourly(10), hourly(4)),
        ..UNLIMITED
    });
    let [first, second, third] = [(); 3].map(|()| guest("192.0.2.1"));
    assert_eq!(passed(|| budgets.message(&first)), 4);
    // It goes on trying.
    assert!((0..100).all(|_| budgets.message(&first).is_err()));
    assert_eq!(passed(|| budgets.message(&second)), 4);
    assert_eq!(passed(|| budgets.message(&third)), 2);
    let elsewhere = guest("192.0.2.2");
    assert_eq!(passed(|| budgets.message(&elsewhere)), 4);
    let refusal = budgets.message(&third).unwrap_err();
    assert!(matches!(
        refusal,
        Refusal::RateLimited { budget: Budget::Messages, retry_after } if retry_after > Duration::from_secs(300)
    ));
}

#[test]
fn new_cookies_help_nobody_and_neither_do_more_networks_of_one_site() {
    let budgets = Budgets::new(&Rates {
        rooms: pair(hourly(5), hourly(3)),
        ..UNLIMITED
    });
    assert_eq!(passed(|| budgets.room(&guest("192.0.2.1"))), 5);
    assert_eq!(passed(|| budgets.room(&guest("::ffff:192.0.2.1"))), 0);
    let mut n = 0_u32;
    let mut from_48 = || {
        n += 1;
        budgets.room(&guest(&format!("2001:db8:1:{:x}::1", n * 0x101 % 0x1_0000)))
    };
    assert_eq!(passed(&mut from_48), 80, "16 times as much as one address");
    assert_eq!(passed(|| budgets.room(&guest("2001:db8:2:1::1"))), 5);
    let mut n = 0_u32;
    let mut from_56 = || {
        n += 1;
        budgets.room(&guest(&format!("2001:db8:3:{:x}::1", n % 0x100)))
    };
    assert_eq!(passed(&mut from_56), 20, "4 times as much");
}

#[test]
fn whom_no_limit_counts_may_do_anything() {
    let budgets = Budgets::new(&Rates {
        messages: pair(hourly(1), hourly(1)),
        events: hourly(1),
        sockets: hourly(1),
        upload_bytes: pair(hourly(1), hourly(1)),
        passwords: hourly(1),
        ..UNLIMITED
    });
    let mut exempt = guest("192.0.2.1");
    exempt.source = exempt.source.exempted(true);
    let room = RoomId::random();
    for _ in 0..20 {
        budgets.message(&exempt).unwrap();
        budgets.event(&exempt, 1_000).unwrap();
        budgets.upload_bytes(&exempt, 1_000).unwrap().came(5_000).unwrap();
        assert!(budgets.socket(&exempt.source).unwrap().is_none());
        budgets.password(&exempt, room, false).unwrap().wrong();
    }
}

#[test]
fn bytes_of_uploads_count_as_they_come_and_what_was_announced_counts_at_once() {
    let budgets = Budgets::new(&Rates {
        upload_bytes: pair(hourly(1_000), hourly(600)),
        ..UNLIMITED
    });
    let ann = guest("192.0.2.1");
    let mut announced = budgets.upload_bytes(&ann, 500).unwrap();
    assert!(budgets.upload_bytes(&ann, 200).is_err(), "before it is read");
    announced.came(100).unwrap();
    // Given up in the middle: the rest was not sent.
    drop(announced);
    let mut unannounced = budgets.upload_bytes(&ann, 0).unwrap();
    unannounced.came(300).unwrap();
    unannounced.came(200).unwrap();
    assert!(unannounced.came(1).is_err());
    drop(unannounced);
    assert!(budgets.upload_bytes(&guest("192.0.2.1"), 401).is_err());
    assert!(budgets.upload_bytes(&guest("192.0.2.1"), 400).is_ok());
    assert!(budgets.upload_bytes(&guest("192.0.2.2"), 601).is_err(), "never");
}

#[test]
fn sockets_that_are_open_are_counted_until_they_go() {
    let budgets = Budgets::new(&UNLIMITED);
    let source = guest("192.0.2.1").source;
    let mut open: Vec<_> = std::iter::from_fn(|| budgets.socket(&source).ok()).collect();
    assert_eq!(open.len(), 10);
    assert!(budgets.socket(&guest("192.0.2.2").source).is_ok());
    open.pop();
    assert!(budgets.socket(&source).is_ok());
}

#[test]
fn events_are_limited_in_number_and_in_bytes() {
    let budgets = Budgets::new(&Rates {
        events: hourly(5),
        event_bytes: hourly(1_000),
        ..UNLIMITED
    });
    let (many, large) = (guest("192.0.2.1"), guest("192.0.2.1"));
    assert_eq!(passed(|| budgets.event(&many, 1)), 5);
    assert_eq!(passed(|| budgets.event(&large, 400)), 2);
}

#[test]
fn only_wrong_passwords_count() {
    let budgets = Budgets::new(&Rates {
        passwords: hourly(6),
        passwords_in_room: pair(hourly(4), hourly(3)),
        ..UNLIMITED
    });
    let (ann, rooms) = (guest("192.0.2.1"), [(); 3].map(|()| RoomId::random()));
    let wrong = |guest: &Guest, room| passed(|| budgets.password(guest, room, false).map(Attempt::wrong));
    let right = |guest: &Guest, room| (0..50).all(|_| budgets.password(guest, room, false).map(Attempt::right).is_ok());
    assert!(right(&ann, rooms[0]));
    assert_eq!(wrong(&ann, rooms[0]), 3, "of a visitor");
    assert_eq!(wrong(&guest("192.0.2.1"), rooms[0]), 1, "of an address in a room");
    assert!(right(&guest("192.0.2.1"), rooms[1]));
    assert_eq!(wrong(&ann, rooms[1]), 2, "of an address");
    assert_eq!(wrong(&ann, rooms[2]), 0);
    assert_eq!(wrong(&guest("192.0.2.2"), rooms[0]), 3);
    // Tries that are under way count as if they were wrong.
    let bea = guest("192.0.2.3");
    let under_way: Vec<_> = std::iter::from_fn(|| budgets.password(&bea, rooms[0], false).ok()).collect();
    assert_eq!(under_way.len(), 3);
    drop(under_way);
    assert_eq!(wrong(&bea, rooms[0]), 3);
}

#[test]
fn a_room_that_many_guess_at_has_a_limit_of_its_own_but_not_for_those_who_belong_there() {
    let budgets = Budgets::new(&Rates {
        passwords_of_room: hourly(3),
        ..UNLIMITED
    });
    let room = RoomId::random();
    let try_it = |room, belongs| budgets.password(&guest("192.0.2.1"), room, belongs);
    assert_eq!(passed(|| try_it(room, false).map(Attempt::wrong)), 3);
    let refused = try_it(room, false).err().and_then(|refusal| refusal.retry_seconds());
    assert_eq!(refused, Some(2));
    assert!(try_it(room, true).is_ok() && try_it(RoomId::random(), false).is_ok());
}
