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
fn a_room_that_the_last_one_left_ends_soon_and_then_takes_nothing() {
    let mut scene = Scene::new(5, None);
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
fn a_room_whose_last_connection_was_lost_waits_for_whoever_may_come_back() {
    let mut scene = Scene::new(5, None);
    scene.enter(1).unwrap();
    scene.enter(2).unwrap();
    scene.leave(1, Leave::Disconnected).unwrap();
    // Somebody is asleep, so that it is not over with who leaves.
    scene.leave(2, Leave::Explicit).unwrap();
    assert!(scene.state.room.asleep);
    assert_eq!(scene.wait(15).expire(), [Event::Left(visitor(1))]);
    assert_eq!(scene.wait(584).expire(), []);
    assert_eq!(scene.wait(1).expire(), [Event::Ended]);
}

#[test]
fn a_room_waits_longer_while_nobody_but_its_maker_came_or_an_invite_is_good() {
    let mut scene = Scene::new(5, None);
    assert_eq!(scene.wait(1_799).expire(), [], "nobody has come yet");
    scene.enter(1).unwrap();
    scene.leave(1, Leave::Disconnected).unwrap();
    assert_eq!(scene.wait(1_799).expire(), [Event::Left(visitor(1))]);
    scene.enter(2).unwrap();
    scene.leave(2, Leave::Disconnected).unwrap();
    scene.wait(15).expire();
    scene.run(Command::Invite(id(1), InviteToken::random().hash())).unwrap();
    assert_eq!(scene.wait(1_784).expire(), []);
    scene.run(Command::WithdrawInvites(id(1))).unwrap();
    assert_eq!(scene.expire(), [Event::Ended], "for a room that others have seen");
}

#[test]
fn who_closes_the_page_has_left_after_the_time_of_a_reload() {
    let mut scene = Scene::new(5, None);
    scene.enter(1).unwrap();
    scene.enter(2).unwrap();
    // Before the connection goes, and after it; said again it is nothing new.
    let close = |n| Command::ClosePage(id(n));
    assert_eq!(scene.run(close(1)).unwrap(), [Event::PageClosed(id(1))]);
    assert_eq!(scene.wait(1).run(close(1)).unwrap(), []);
    scene.leave(1, Leave::Disconnected).unwrap();
    scene.leave(2, Leave::Disconnected).unwrap();
    assert_eq!(scene.wait(1).run(close(2)).unwrap(), [Event::PageClosed(id(2))]);
    assert_eq!(scene.run(close(2)).unwrap(), []);
    assert_eq!(scene.run(close(3)).unwrap(), [], "who is not there");
    assert_eq!(scene.wait(3).expire(), []);
    assert_eq!(scene.wait(1).expire(), [Event::Left(visitor(1))]);
    assert_eq!(scene.wait(1).expire(), [Event::Left(visitor(2))]);
    assert_eq!(scene.wait(4).expire(), []);
    assert_eq!(
        scene.wait(1).expire(),
        [Event::Ended],
        "10 s after the last page was closed"
    );
}

#[test]
fn a_page_that_was_closed_while_another_tab_stayed_means_nothing_later() {
    let mut scene = Scene::new(5, None);
    scene.enter(2).unwrap();
    scene.run(Command::Enter(visitor(2).into(), hold(22))).unwrap();
    scene.run(Command::ClosePage(id(2))).unwrap();
    scene.leave(2, Leave::Disconnected).unwrap();
    scene
        .wait(11)
        .run(Command::Leave(id(2), hold(22), Leave::Disconnected))
        .unwrap();
    assert_eq!(scene.wait(14).expire(), []);
    // And one that was loaded again.
    scene.run(Command::ClosePage(id(2))).unwrap();
    scene.enter(2).unwrap();
    scene.leave(2, Leave::Disconnected).unwrap();
    assert_eq!(scene.wait(14).expire(), []);
    assert_eq!(scene.wait(1).expire(), [Event::Left(visitor(2))]);
}

#[test]
fn a_tab_that_was_closed_says_nothing_of_another_whose_connection_is_lost_right_after() {
    let mut scene = Scene::new(5, None);
    scene.enter(1).unwrap();
    scene.enter(2).unwrap();
    scene.run(Command::Enter(visitor(2).into(), hold(22))).unwrap();
    scene.run(Command::ClosePage(id(2))).unwrap();
    scene.leave(2, Leave::Disconnected).unwrap();
    scene
        .wait(3)
        .run(Command::Leave(id(2), hold(22), Leave::Disconnected))
        .unwrap();
    assert_eq!(scene.wait(14).expire(), []);
    assert_eq!(scene.wait(1).expire(), [Event::Left(visitor(2))]);
}

#[test]
fn a_page_that_was_closed_is_left_however_late_its_end_is_noticed_or_said() {
    let mut scene = Scene::new(5, None);
    scene.enter(1).unwrap();
    scene.enter(2).unwrap();
    scene.enter(3).unwrap();
    let close = |n| Command::ClosePage(id(n));
    // A polling client is missed by the heartbeat only.
    scene.run(close(2)).unwrap();
    scene.wait(45).leave(2, Leave::Disconnected).unwrap();
    assert_eq!(scene.wait(4).expire(), []);
    assert_eq!(scene.wait(1).expire(), [Event::Left(visitor(2))]);
    // Somebody loads the page again after 12 s without a line, and has the time of a reload.
    scene.leave(3, Leave::Disconnected).unwrap();
    assert_eq!(scene.wait(12).run(close(3)).unwrap(), [Event::PageClosed(id(3))]);
    assert_eq!(scene.wait(2).expire(), []);
    assert_eq!(scene.run(close(3)).unwrap(), [], "it is known");
    assert_eq!(
        scene.wait(1).expire(),
        [Event::Left(visitor(3))],
        "the grace of the seat is over"
    );
    // A page that was loaded before the news of the closed one came holds the seat for long after.
    scene.run(close(1)).unwrap();
    scene.wait(61).leave(1, Leave::Disconnected).unwrap();
    assert_eq!(scene.wait(14).expire(), []);
    assert_eq!(scene.wait(1).expire(), [Event::Left(visitor(1))]);
}

#[test]
fn after_a_restart_seats_wait_and_the_room_waits_for_who_lost_the_connection() {
    let before = Scene::new(5, None);
    let mut scene = Scene::new(5, None);
    let room = before.state.room.clone();
    scene.state = RoomState::restored(room, None, before.state.address_key, scene.now()).with_seats(
        [(visitor(1), None), (visitor(2), None)],
        Came::Others,
        scene.now(),
    );
    assert!(scene.state.room.asleep);
    assert_eq!((scene.members(), scene.state.room.count), (vec![id(1), id(2)], 2));
    assert_eq!(scene.wait(14).expire(), []);
    scene.enter(2).unwrap();
    assert_eq!(scene.wait(1).expire(), [Event::Left(visitor(1))]);
    assert_eq!(scene.wait(45).expire(), [Event::OwnerChanged(visitor(2))]);
}

#[test]
fn who_was_on_a_server_that_died_is_away_unless_another_holds_the_seat() {
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
    assert_eq!(lose(1), [Event::Released(id(1), at(dead, 1))]);
    assert_eq!(lose(1), []);
    assert_eq!(lose(2), [Event::Released(id(2), at(dead, 2))]);
    assert_eq!(lose(2), [Event::Released(id(2), at(dead, 4))]);
    assert_eq!(lose(2), []);
    assert_eq!(lose(3), []);
    assert_eq!(scene.state.away(), [id(1), id(3)]);
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
    // Who left a room just before a restart may have been about to come back.
    scene.leave(2, Leave::Explicit).unwrap();
    assert_eq!(scene.run(Command::Restart).unwrap(), [Event::Restarted]);
    assert_eq!(scene.wait(599).expire(), []);
    assert_eq!(scene.wait(1).expire(), [Event::Ended]);
}
