//! What holds after any sequence of commands by several visitors, with any clock.

use std::collections::HashSet;

use proptest::prelude::*;

use super::*;
use crate::domain::{Action, InviteHash, InviteToken};

/// A command, as few numbers: who, by which socket, about whom.
#[derive(Clone, Debug)]
enum Step {
    Enter(u64, u64),
    Leave(u64, u64, bool),
    ClosePage(u64),
    Post(u64),
    Kick(u64, u64),
    Ban(u64, u64, Option<i64>),
    Unban(u64, u64),
    HandOver(u64, u64),
    Grant(u64, u64),
    Invite,
    Redeem(u64),
    Withdraw,
    Change(u64, Option<u32>, Option<bool>, Option<bool>, Option<i64>),
    Remove,
    Expire,
}

fn step() -> impl Strategy<Value = Step> {
    let who = || 1..6_u64;
    let socket = || 0..4_u64;
    prop_oneof![
        12 => (who(), socket()).prop_map(|(n, s)| Step::Enter(n, s)),
        6 => (who(), socket(), any::<bool>()).prop_map(|(n, s, explicit)| Step::Leave(n, s, explicit)),
        3 => who().prop_map(Step::ClosePage),
        10 => who().prop_map(Step::Post),
        3 => (who(), who()).prop_map(|(by, n)| Step::Kick(by, n)),
        3 => (who(), who(), proptest::option::of(0..100_000_i64)).prop_map(|(by, n, until)| Step::Ban(by, n, until)),
        2 => (who(), who()).prop_map(|(by, n)| Step::Unban(by, n)),
        2 => (who(), who()).prop_map(|(by, n)| Step::HandOver(by, n)),
        3 => (who(), 0..3_u64).prop_map(|(n, version)| Step::Grant(n, version)),
        1 => Just(Step::Invite),
        2 => who().prop_map(Step::Redeem),
        1 => Just(Step::Withdraw),
        2 => (who(), proptest::option::of(0..30_u32), any::<Option<bool>>(), any::<Option<bool>>(), proptest::option::of(2..5_i64))
            .prop_map(|(by, slow, closed, locked, max)| Step::Change(by, slow, closed, locked, max)),
        1 => Just(Step::Remove),
        6 => Just(Step::Expire),
    ]
}

/// Time mostly goes on; a clock that is set back must not break anything either.
fn steps() -> impl Strategy<Value = Vec<(i64, Step)>> {
    let pause = prop_oneof![8 => 0..5_000_i64, 3 => 5_000..90_000_i64, 1 => -20_000..0_i64];
    proptest::collection::vec((pause, step()), 1..120)
}

fn commands(step: &Step, scene: &Scene, invite: InviteHash) -> Vec<Command> {
    let moderate = |by, action| vec![Command::Moderate(visitor(by), action)];
    match *step {
        Step::Enter(n, s) => vec![Command::Enter(visitor(n).into(), hold(n * 10 + s))],
        Step::Leave(n, s, explicit) => {
            let how = if explicit { Leave::Explicit } else { Leave::Disconnected };
            vec![Command::Leave(id(n), hold(n * 10 + s), how)]
        }
        Step::ClosePage(n) => vec![Command::ClosePage(id(n))],
        Step::Post(n) => vec![Command::Post(visitor(n), chat("x").into())],
        Step::Kick(by, n) => moderate(by, Action::Kick(id(n))),
        Step::Ban(by, n, until) => moderate(
            by,
            Action::Ban(id(n), until.map(|at| Moment::from_millis(scene.millis + at))),
        ),
        Step::Unban(by, n) => moderate(by, Action::Unban(id(n))),
        Step::HandOver(by, n) => moderate(by, Action::HandOver(id(n))),
        Step::Grant(n, version) => vec![Command::Grant(id(n), version)],
        Step::Invite => vec![Command::Invite(scene.state.room.owner.id, invite)],
        Step::Redeem(n) => vec![Command::Redeem(visitor(n).into(), invite)],
        Step::Withdraw => vec![Command::WithdrawInvites(scene.state.room.owner.id)],
        Step::Change(by, slow, closed, locked, max) => {
            let max = max.map(|max| Max::parse(Some(max), &Limits::default()).unwrap());
            let password_hash = locked.map(|locked| locked.then(|| "$hash".into()));
            let change = RoomChange {
                title: None,
                max,
                password_hash,
                closed,
                slow,
                crowd: None,
            };
            vec![Command::Change(id(by), change)]
        }
        Step::Remove => vec![Command::Remove(scene.state.room.owner.id)],
        Step::Expire => {
            let due = due(&scene.state, GRACES, scene.now());
            due.into_iter().map(|due| Command::Expire(due, GRACES)).collect()
        }
    }
}

/// What must be true of every event at the moment at which it is decided.
fn check(before: &RoomState, event: &Event, now: Now) {
    assert!(!before.ended, "{event:?} after the end");
    let banned = |n: Visitor| before.access(n.into(), now.date).banned.is_some();
    match event {
        Event::Joined { visitor, .. } => {
            assert!(before.member(visitor.id).is_none(), "joined twice");
            assert!(before.room.count < before.room.max.get(), "more members than seats");
            assert!(!banned(*visitor), "joined in spite of a ban");
        }
        Event::Left(visitor) | Event::Kicked(visitor) | Event::OwnerChanged(visitor) => {
            assert!(before.member(visitor.id).is_some(), "{event:?} of nobody");
        }
        Event::Posted { author, .. } => {
            assert!(before.member(author.id).is_some(), "posted without a seat");
            assert!(!banned(*author), "posted in spite of a ban");
        }
        _ => (),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn whatever_happens_the_rules_hold(steps in steps(), locked in any::<bool>()) {
        let mut scene = Scene::new(3, locked.then_some("$hash"));
        let invite = InviteToken::random().hash();
        let (mut most, mut seq) = (3, 0);
        for (pause, step) in &steps {
            scene.millis += pause;
            for command in commands(step, &scene, invite) {
                let now = scene.now();
                let Ok(events) = decide(&scene.state, &command, &Facts::default(), now) else { continue };
                for event in events {
                    check(&scene.state, &event, now);
                    scene.state.evolve(&event, now);
                    seq += u64::from(event.is_visible());
                    scene.events.push(event);
                }
                let state = &scene.state;
                prop_assert_eq!(state.seq, seq, "a gap");
                let members = scene.members();
                let distinct: HashSet<_> = members.iter().collect();
                prop_assert_eq!(distinct.len(), members.len(), "two seats of one visitor");
                prop_assert_eq!(state.room.count as usize, members.len());
                most = most.max(state.room.max.get());
                prop_assert!(members.len() <= most as usize);
                let connected = members.len() > state.away().len();
                prop_assert_eq!(state.empty_since().is_none(), connected, "empty is who has no socket");
                prop_assert!(!(state.room.asleep && connected));
                prop_assert!(state.bans.iter().all(|ban| state.member(ban.visitor.id).is_none() || !ban.holds(now.date)));
            }
        }
        // Joins and the ends of seats alternate for each visitor: one system message for each.
        for n in 1..6 {
            let mut seated = false;
            for event in &scene.events {
                match event {
                    Event::Joined { visitor, .. } if visitor.id == id(n) => {
                        prop_assert!(!seated);
                        seated = true;
                    }
                    Event::Left(visitor) | Event::Kicked(visitor) if visitor.id == id(n) => {
                        prop_assert!(seated);
                        seated = false;
                    }
                    Event::Banned(ban) if ban.visitor.id == id(n) => seated = false,
                    _ => (),
                }
            }
            prop_assert_eq!(seated, scene.state.member(id(n)).is_some());
        }
    }
}
