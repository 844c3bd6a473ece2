use std::collections::{BTreeSet, HashMap};

use proptest::prelude::*;

use super::*;
use crate::domain::Visitor;

const WIDE: Bounds = Bounds {
    visitor: 1_000,
    address: 1_000,
    room: 1_000,
    all: 1_000,
};

/// An origin by numbers; address 0 is one that no limit counts.
fn origin((address, room, visitor): (u8, u8, u8)) -> Origin {
    let ip = std::net::IpAddr::from([192, 0, 2, address]);
    Origin {
        address: (address > 0).then(|| Address::new(ip)),
        room: Some(RoomId::from_bytes([room; 16])),
        visitor: format!("{visitor:016x}").parse().unwrap(),
    }
}

fn drained<T>(queue: &mut FairQueue<T>) -> Vec<T> {
    std::iter::from_fn(|| queue.pop()).collect()
}

#[test]
fn turns_go_round_addresses_then_rooms_then_visitors() {
    let mut queue = FairQueue::new(WIDE);
    let jobs = [
        (1, 1, 1),
        (1, 1, 1),
        (1, 1, 2),
        (1, 2, 3),
        (1, 2, 3),
        (2, 1, 4),
        (2, 1, 4),
    ];
    for job in jobs {
        assert!(queue.push(origin(job), job).is_empty());
    }
    let expected = [
        (1, 1, 1),
        (2, 1, 4),
        (1, 2, 3),
        (2, 1, 4),
        (1, 1, 2),
        (1, 2, 3),
        (1, 1, 1),
    ];
    assert_eq!(drained(&mut queue), expected);
}

/// They ask again as soon as they have their answer, each with a cookie of its own and all for the same room.
#[test]
fn one_who_comes_goes_before_hundreds_who_keep_asking() {
    let mut queue = FairQueue::new(WIDE);
    let of = |visitor: u64| Origin {
        visitor: format!("{visitor:016x}").parse().unwrap(),
        ..origin((0, 1, 0))
    };
    for visitor in 0..300 {
        queue.push(of(visitor), visitor);
    }
    for _ in 0..1_000 {
        let served = queue.pop().unwrap();
        queue.push(of(served), served);
    }
    queue.push(of(999), 999);
    assert_eq!(queue.pop(), Some(999));
    // Asking again puts this one behind the others, once.
    queue.push(of(999), 999);
    let again = (0..400).position(|_| {
        let served = queue.pop().unwrap();
        queue.push(of(served), served);
        served == 999
    });
    assert!(again.is_some_and(|turns| turns >= 299), "{again:?}");
}

/// Guests who are new each time can't be told apart; they come first, but not for ever.
#[test]
fn nobody_waits_for_ever_behind_others_who_are_new() {
    let mut queue = FairQueue::new(WIDE);
    queue.push(origin((1, 1, 1)), 1);
    queue.pop();
    queue.push(origin((1, 1, 1)), 1);
    let served = (2..).take(2_000).position(|visitor: u64| {
        let new = Origin {
            visitor: format!("{visitor:016x}").parse().unwrap(),
            ..origin((1, 1, 1))
        };
        queue.push(new, visitor);
        queue.pop() == Some(1)
    });
    assert!(served.is_some_and(|turns| turns <= 2 * LATELY as usize), "{served:?}");
}

#[test]
fn at_a_bound_the_largest_share_gives_way() {
    let bounds = Bounds {
        visitor: 2,
        address: 4,
        room: 5,
        all: 6,
    };
    let mut queue = FairQueue::new(bounds);
    let mut push = |job: (u8, u8, u8)| queue.push(origin(job), job);
    // Of a visitor.
    assert!(push((1, 1, 1)).is_empty() && push((1, 1, 1)).is_empty());
    assert_eq!(push((1, 1, 1)), [(1, 1, 1)]);
    // Of an address: somebody else there gets a place of the one who has two.
    assert!(push((1, 1, 2)).is_empty() && push((1, 1, 3)).is_empty());
    assert_eq!(push((1, 1, 4)), [(1, 1, 1)]);
    assert_eq!(push((1, 1, 5)), [(1, 1, 5)], "all have one");
    // Of a room: another address gets a place of the one that has four.
    assert!(push((2, 1, 6)).is_empty());
    assert_eq!(push((3, 1, 7)).len(), 1);
    // In all.
    assert!(push((3, 2, 7)).is_empty());
    assert_eq!(push((4, 2, 8)).len(), 1);
    let left: BTreeSet<_> = drained(&mut queue).into_iter().collect();
    assert!(
        left.is_superset(&[(2, 1, 6), (4, 2, 8)].into()) && left.len() == 6,
        "{left:?}"
    );
}

#[test]
fn guests_whom_no_limit_counts_are_bound_by_no_address() {
    let mut queue = FairQueue::new(Bounds { address: 2, ..WIDE });
    for visitor in 0..9 {
        assert!(queue.push(origin((0, 1, visitor)), visitor).is_empty());
    }
    assert!(queue.push(origin((1, 1, 0)), 0).is_empty() && queue.push(origin((1, 1, 1)), 1).is_empty());
    assert_eq!(queue.push(origin((1, 1, 2)), 2), [2]);
}

#[test]
fn what_is_remembered_is_bounded() {
    let mut queue = FairQueue::new(WIDE);
    for _ in 0..10_000 {
        let guest = Guest::from(Visitor::new(VisitorId::random()));
        queue.push(Origin::new(&guest, Some(RoomId::random())), ());
        queue.pop();
    }
    assert!(queue.visitors.0.len() as u64 <= 2 * LATELY && queue.rooms.0.len() as u64 <= 2 * LATELY);
}

proptest! {
    /// While a queue is drained, two who both still wait have been served equally often, at each of the three levels.
    #[test]
    fn no_share_runs_ahead(jobs in prop::collection::vec((0_u8..4, 0_u8..3, 0_u8..3), 0..200)) {
        let mut queue = FairQueue::new(WIDE);
        for (n, job) in jobs.iter().enumerate() {
            prop_assert!(queue.push(origin(*job), (n, *job)).is_empty());
        }
        let mut waiting = jobs.clone();
        let (mut served, mut last) = (HashMap::<Vec<u8>, usize>::new(), HashMap::new());
        while let Some((n, job)) = queue.pop() {
            prop_assert!(last.insert(job, n).is_none_or(|before| before < n), "one's own jobs keep their order");
            let (a, r, v) = job;
            for (of, share) in [(vec![], a), (vec![a], r), (vec![a, r], v)] {
                let level = of.len();
                let key = |other: (u8, u8, u8)| [vec![other.0], vec![other.0, other.1], vec![other.0, other.1, other.2]][level].clone();
                let mine = [of.clone(), vec![share]].concat();
                let times = served.get(&mine).copied().unwrap_or(0);
                for other in waiting.iter().map(|other| key(*other)).filter(|other| other.starts_with(&of)) {
                    let theirs = served.get(&other).copied().unwrap_or(0);
                    prop_assert!(times <= theirs, "{mine:?} had {times} turns, {other:?} {theirs}");
                }
                *served.entry(mine).or_default() += 1;
            }
            let at = waiting.iter().position(|other| *other == job).unwrap();
            waiting.remove(at);
        }
        prop_assert!(waiting.is_empty(), "every job is served once");
    }

    /// Whatever comes, no bound is exceeded, and each job is served or given back, once.
    #[test]
    fn bounds_hold_and_no_job_is_lost(
        steps in prop::collection::vec(prop::option::weighted(0.8, (0_u8..4, 0_u8..3, 0_u8..6)), 0..300)
    ) {
        let bounds = Bounds { visitor: 3, address: 5, room: 9, all: 12 };
        let mut queue = FairQueue::new(bounds);
        let (mut pushed, mut out) = (0_usize, Vec::new());
        for step in steps {
            match step {
                Some(job) => {
                    out.extend(queue.push(origin(job), pushed));
                    pushed += 1;
                }
                None => out.extend(queue.pop()),
            }
            let most = |key: fn(&Origin) -> Option<String>| {
                let mut counts = HashMap::<String, usize>::new();
                for one in queue.waiting.iter().filter_map(|one| key(&one.origin)) {
                    *counts.entry(one).or_default() += 1;
                }
                counts.into_values().max().unwrap_or(0)
            };
            prop_assert!(queue.waiting.len() <= bounds.all);
            for address in 1..4 {
                let address = origin((address, 0, 0)).address;
                let theirs = queue.waiting.iter().filter(|one| one.origin.address == address);
                prop_assert!(theirs.count() <= bounds.address);
            }
            prop_assert!(most(|origin| Some(origin.visitor.to_string())) <= bounds.visitor);
            prop_assert!(most(|origin| origin.room.map(|room| room.to_string())) <= bounds.room);
        }
        out.extend(drained(&mut queue));
        out.sort_unstable();
        prop_assert_eq!(out, (0..pushed).collect::<Vec<_>>());
    }
}
