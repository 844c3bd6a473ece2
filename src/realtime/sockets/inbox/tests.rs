use std::sync::atomic::{AtomicU64, Ordering};

use super::*;
use crate::domain::{Visitor, VisitorId};

const LARGEST: usize = 16 << 10;

fn bounds() -> Arc<Bounds> {
    Arc::new(Bounds::new(LARGEST))
}

fn inbox_of<T>(guest: Guest, bounds: &Arc<Bounds>) -> Inbox<T> {
    static KEYS: AtomicU64 = AtomicU64::new(0);
    Inbox::new(KEYS.fetch_add(1, Ordering::Relaxed), guest, Arc::clone(bounds))
}

fn somebody() -> Guest {
    Visitor::new(VisitorId::random()).into()
}

#[test]
fn one_is_at_work_until_nothing_is_left_and_order_is_kept() {
    let inbox = inbox_of(somebody(), &bounds());
    assert_eq!(inbox.push(1, 0), Queued::Yours);
    assert_eq!(inbox.push(2, 0), Queued::Behind);
    assert_eq!((inbox.next(), inbox.next(), inbox.next()), (Some(1), Some(2), None));
    assert_eq!(inbox.push(3, 0), Queued::Yours);
}

#[test]
fn what_waits_is_bounded_in_bytes_beside_the_event_in_work() {
    let inbox = inbox_of(somebody(), &bounds());
    assert_eq!(inbox.push(0, 100_000), Queued::Yours, "it does not wait");
    assert_eq!(inbox.next(), Some(0));
    let large = 15 << 10;
    for n in 1..=4 {
        assert_eq!(inbox.push(n, large), Queued::Behind);
    }
    assert_eq!(inbox.push(5, large), Queued::Full(5));
    assert_eq!(inbox.push(6, 0), Queued::Behind, "a small one still fits");
    assert_eq!(inbox.push_always(7), Queued::Behind);
    assert_eq!(inbox.next(), Some(1));
    assert_eq!(inbox.push(8, large), Queued::Behind, "there is room again");
}

#[test]
fn small_events_are_bounded_too_by_what_holds_them() {
    let inbox = inbox_of(somebody(), &bounds());
    let taken = (0..100_000).take_while(|n| !matches!(inbox.push(*n, 0), Queued::Full(_)));
    let taken = taken.count();
    assert!(
        taken * size_of::<Waiting<usize>>() <= 2 * SOCKET * LARGEST,
        "{taken} events"
    );
    while inbox.next().is_some() {}
    assert_eq!(inbox.push(10, 0), Queued::Yours);
}

#[test]
fn a_client_that_goes_on_without_answers_is_hung_up_on_and_no_other() {
    let bounds = bounds();
    let flooded = inbox_of::<()>(somebody(), &bounds);
    let most = UNHEARD.get() as usize;
    assert!((0..most).all(|_| !flooded.is_flooded()));
    // Some have come back if the test takes long.
    assert!((0..most).any(|_| flooded.is_flooded()));
    assert!(!inbox_of::<()>(flooded.guest, &bounds).is_flooded());
}

#[test]
fn the_sockets_of_one_visitor_share_their_bytes_and_each_has_an_event_in_work() {
    let (bounds, flooder) = (bounds(), somebody());
    let inboxes: Vec<_> = (0..20).map(|_| inbox_of(flooder, &bounds)).collect();
    let large = 15 << 10;
    let mut waiting = 0;
    for inbox in &inboxes {
        assert_eq!(inbox.push((), large), Queued::Yours);
        while inbox.push((), large) == Queued::Behind {
            waiting += large;
        }
    }
    assert!(
        (GUEST.0 * LARGEST / 2..=GUEST.0 * LARGEST).contains(&waiting),
        "{waiting} bytes"
    );
    let other = inbox_of(somebody(), &bounds);
    assert_eq!(
        (other.push((), 0), other.push((), large)),
        (Queued::Yours, Queued::Behind)
    );
    drop(inboxes);
    let again = inbox_of(flooder, &bounds);
    assert_eq!(
        (again.push((), 0), again.push((), large)),
        (Queued::Yours, Queued::Behind)
    );
}

#[test]
fn what_waits_for_all_is_bounded_and_a_newcomer_is_still_taken() {
    let bounds = bounds();
    let large = 15 << 10;
    let mut waiting = 0;
    let inboxes: Vec<_> = (0..2_000).map(|_| inbox_of(somebody(), &bounds)).collect();
    for inbox in &inboxes {
        assert_eq!(inbox.push((), 0), Queued::Yours);
        while inbox.push((), large) == Queued::Behind {
            waiting += large;
        }
    }
    assert!(
        (ALL * LARGEST / 2..=ALL * LARGEST).contains(&waiting),
        "{waiting} bytes"
    );
    let newcomer = inbox_of(somebody(), &bounds);
    assert_eq!(
        (newcomer.push((), 0), newcomer.push((), 1_000)),
        (Queued::Yours, Queued::Behind)
    );
    drop(inboxes);
    let (first, again) = (newcomer.push((), large), newcomer.push((), large));
    assert_eq!((first, again), (Queued::Behind, Queued::Behind));
}
