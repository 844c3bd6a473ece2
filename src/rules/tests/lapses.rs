//! What time, restarts and the end of servers give rise to; one rule a test.

use super::*;
use crate::domain::{Action, InviteToken};

#[test]
fn a_room_goes_to_who_is_connected_longest_when_its_owner_stays_away() {
    let mut scene = Scene::new(5, None);
    scene.enter(1).unwrap();
    scene.enter(2).unwrap();
    scene.enter(3).unwrap();
    scene.leave(1, Leave::Explicit).unwrap();
    scene.wait(50).leave(2, Leave::Disconnected).unwrap();
    assert_eq!(
        scene.wait(10).expire(),
        [Event::OwnerChanged(visitor(3))],
        "2 is not connected"
    );
    scene.enter(1).unwrap();
    assert_eq!(scene.wait(100).expire(), [Event::Left(visitor(2))]);
    scene
        .run(Command::Moderate(visitor(3), Action::HandOver(id(1))))
        .unwrap();
    assert_eq!(scene.state.room.owner, visitor(1));
    assert_eq!(scene.wait(100).expire(), []);
}

#[test]
fn an_owner_who_comes_back_in_time_stays_the_owner() {
    let mut scene = Scene::new(5, None);
    scene.enter(1).unwrap();
    scene.enter(2).unwrap();
    scene.leave(1, Leave::Disconnected).unwrap();
    scene.wait(14).enter(1).unwrap();
    assert_eq!(scene.wait(600).expire(), []);
}

#[test]
fn a_new_owner_may_be_away_as_long_as_any() {
    let mut scene = Scene::new(5, None);
    scene.enter(2).unwrap();
    scene.enter(3).unwrap();
    // The owner made the room, and never came.
    scene.wait(59).leave(2, Leave::Disconnected).unwrap();
    scene
        .run(Command::Moderate(visitor(1), Action::HandOver(id(2))))
        .unwrap();
    assert_eq!(scene.wait(14).expire(), []);
    scene.enter(2).unwrap();
    assert_eq!(scene.wait(600).expire(), []);
}

#[test]
fn an_empty_room_ends_after_its_grace_and_then_takes_nothing() {
    let mut scene = Scene::new(5, None);
    assert_eq!(scene.wait(59).expire(), [], "a new room waits longer");
    scene.enter(2).unwrap();
    assert_eq!(scene.wait(600).expire(), [Event::OwnerChanged(visitor(2))]);
    scene.leave(2, Leave::Explicit).unwrap();
    assert_eq!(scene.wait(9).expire(), []);
    assert_eq!(scene.wait(1).expire(), [Event::Ended]);
    for refused in [
        scene.enter(1),
        scene.post(1),
        scene.run(Command::Remove(id(1))),
        scene.run(Command::Moderate(visitor(1), Action::Kick(id(2)))),
    ] {
        assert_eq!(refused, Err(Refusal::RoomNotFound));
    }
    let redeem = Command::Redeem(visitor(2).into(), InviteToken::random().hash());
    assert_eq!(scene.run(redeem), Err(Refusal::InviteNotFound));
    assert_eq!(scene.leave(2, Leave::Explicit), Ok(vec![]));
    assert_eq!(scene.expire(), []);
}

#[test]
fn after_a_restart_seats_wait_and_the_room_has_the_grace_of_a_new_one() {
    let before = Scene::new(5, None);
    let mut scene = Scene::new(5, None);
    let room = before.state.room.clone();
    scene.state = RoomState::restored(room, None, before.state.address_key, scene.now())
        .with_seats([visitor(1), visitor(2)], scene.now());
    assert_eq!((scene.members(), scene.state.room.count), (vec![id(1), id(2)], 2));
    assert_eq!(scene.wait(14).expire(), []);
    scene.enter(2).unwrap();
    assert_eq!(scene.wait(1).expire(), [Event::Left(visitor(1))]);
    assert_eq!(scene.wait(45).expire(), [Event::OwnerChanged(visitor(2))]);
}

#[test]
fn what_the_owner_wanted_is_refused_when_the_room_went_to_somebody_else_meanwhile() {
    let mut scene = Scene::new(5, None);
    let change = RoomChange::default();
    let invite = InviteToken::random().hash();
    let commands = |by| {
        [
            Command::Change(id(by), change.clone()),
            Command::Invite(id(by), invite),
            Command::WithdrawInvites(id(by)),
            Command::Remove(id(by)),
        ]
    };
    for command in commands(2) {
        assert_eq!(scene.run(command), Err(Refusal::NotTheOwner));
    }
    let expected = [
        Event::Changed(change.clone()),
        Event::Invited(invite),
        Event::InvitesWithdrawn,
        Event::Ended,
    ];
    for (command, event) in commands(1).into_iter().zip(expected) {
        assert_eq!(scene.run(command), Ok(vec![event]));
    }
}

#[test]
fn the_seats_that_only_a_dead_server_held_are_free_at_once() {
    let mut scene = Scene::new(5, None);
    let (dead, alive) = (ServerId(1), ServerId(2));
    let at = |server, socket| Hold { server, socket };
    for (n, holds) in [
        (1, vec![at(dead, 1)]),
        (2, vec![at(dead, 2), at(alive, 3), at(dead, 4)]),
    ] {
        for hold in holds {
            scene.run(Command::Enter(visitor(n).into(), hold)).unwrap();
        }
    }
    scene.enter(3).unwrap();
    scene.leave(3, Leave::Disconnected).unwrap();
    assert_eq!(scene.state.holds_of(dead).len(), 3);
    let mut lose = |n| scene.run(Command::Lose(id(n), dead)).unwrap();
    assert_eq!(lose(1), [Event::Left(visitor(1))]);
    assert_eq!(lose(2), [Event::Released(id(2), at(dead, 2))]);
    assert_eq!(lose(2), [Event::Released(id(2), at(dead, 4))]);
    assert_eq!(lose(2), []);
    assert_eq!(lose(3), [], "it waits for its visitor");
    assert_eq!(scene.members(), [id(2), id(3)]);
}

#[test]
fn after_the_restart_of_all_servers_graces_begin_again_and_the_owner_stays() {
    let mut scene = Scene::new(5, None);
    scene.enter(1).unwrap();
    scene.enter(2).unwrap();
    assert_eq!(scene.run(Command::Restart).unwrap(), [], "no grace runs");
    scene.leave(1, Leave::Disconnected).unwrap();
    scene.wait(14).run(Command::Restart).unwrap();
    assert_eq!(scene.wait(14).expire(), []);
    assert_eq!(scene.wait(1).expire(), [Event::Left(visitor(1))]);
    assert_eq!(scene.state.room.owner, visitor(1));
    assert_eq!(scene.wait(45).expire(), [Event::OwnerChanged(visitor(2))]);
    // A room that a dead server left empty waits like a new one.
    scene.run(Command::Lose(id(2), ServerId(0))).unwrap();
    assert_eq!(scene.run(Command::Restart).unwrap(), [Event::Restarted]);
    assert_eq!(scene.wait(59).expire(), []);
    assert_eq!(scene.wait(1).expire(), [Event::Ended]);
}
