//! What visitors and owners ask for; one rule a test, in the order of a visit.

use super::*;
use crate::domain::{Action, Budget, InviteToken, Source};

const KICKED: Refusal = Refusal::NotAMember;

#[test]
fn a_visitor_takes_a_seat_once_and_further_sockets_share_it() {
    let mut scene = Scene::new(2, None);
    assert!(matches!(scene.enter(1).unwrap()[..], [Event::Joined { .. }]));
    assert_eq!(scene.enter(1).unwrap(), [], "the same socket again");
    let second = Command::Enter(visitor(1).into(), hold(11));
    assert_eq!(scene.run(second).unwrap(), [Event::Held(id(1), hold(11))]);
    assert_eq!(scene.state.room.count, 1);
    scene.enter(2).unwrap();
    assert_eq!(scene.enter(3), Err(Refusal::RoomFull));
    assert_eq!(scene.members(), [id(1), id(2)]);
}

#[test]
fn a_visitor_has_a_bounded_number_of_sockets_in_a_room() {
    let mut scene = Scene::new(2, None);
    for socket in 0..SOCKETS_EACH as u64 {
        scene.run(Command::Enter(visitor(1).into(), hold(socket))).unwrap();
    }
    let one_more = Command::Enter(visitor(1).into(), hold(99));
    assert_eq!(
        scene.run(one_more),
        Err(Refusal::TooManySockets { limit: SOCKETS_EACH })
    );
    assert_eq!(scene.run(Command::Enter(visitor(1).into(), hold(0))), Ok(vec![]));
}

#[test]
fn who_leaves_by_the_last_socket_frees_the_seat_and_who_is_disconnected_is_waited_for() {
    let mut scene = Scene::new(3, None);
    scene.enter(1).unwrap();
    scene.enter(2).unwrap();
    scene.run(Command::Enter(visitor(2).into(), hold(22))).unwrap();
    assert_eq!(
        scene.leave(2, Leave::Explicit).unwrap(),
        [Event::Released(id(2), hold(2))]
    );
    let other = Command::Leave(id(2), hold(22), Leave::Explicit);
    assert_eq!(scene.run(other).unwrap(), [Event::Left(visitor(2))]);
    assert_eq!(scene.leave(2, Leave::Explicit).unwrap(), [], "it is gone already");

    scene.enter(2).unwrap();
    scene.leave(2, Leave::Disconnected).unwrap();
    assert_eq!(scene.wait(14).expire(), []);
    scene.enter(2).unwrap();
    assert_eq!(scene.wait(20).expire(), [], "came back in time");
    scene.leave(2, Leave::Disconnected).unwrap();
    assert_eq!(scene.wait(15).expire(), [Event::Left(visitor(2))]);
    assert_eq!(scene.members(), [id(1)]);
}

#[test]
fn a_locked_room_asks_for_a_grant_that_a_new_password_ends_while_members_stay() {
    let mut scene = Scene::new(5, Some("$hash"));
    assert_eq!(scene.enter(2), Err(Refusal::WrongPassword));
    scene.enter(1).unwrap();
    scene.run(Command::Grant(id(2), 0)).unwrap();
    scene.enter(2).unwrap();
    scene.change(RoomChange {
        password_hash: Some(Some("$other".into())),
        ..RoomChange::default()
    });
    assert_eq!(
        scene.run(Command::Grant(id(3), 0)),
        Err(Refusal::WrongPassword),
        "of the old password"
    );
    assert_eq!(scene.enter(2).unwrap(), [], "a member stays");
    scene.leave(2, Leave::Explicit).unwrap();
    assert_eq!(scene.enter(2), Err(Refusal::WrongPassword));
    scene.change(RoomChange {
        password_hash: Some(None),
        ..RoomChange::default()
    });
    scene.enter(2).unwrap();
}

#[test]
fn an_invite_lets_in_until_it_is_withdrawn_and_only_so_many_are_good() {
    let mut scene = Scene::new(5, Some("$hash"));
    let (first, second) = (InviteToken::random().hash(), InviteToken::random().hash());
    scene.run(Command::Invite(id(1), first)).unwrap();
    scene.run(Command::Redeem(visitor(2).into(), first)).unwrap();
    scene.run(Command::Redeem(visitor(3).into(), first)).unwrap();
    scene.run(Command::Grant(id(3), 0)).unwrap();
    scene.enter(2).unwrap();
    scene.run(Command::WithdrawInvites(id(1))).unwrap();
    assert_eq!(
        scene.run(Command::Redeem(visitor(4).into(), first)),
        Err(Refusal::InviteNotFound)
    );
    scene.leave(2, Leave::Explicit).unwrap();
    assert_eq!(scene.enter(2), Err(Refusal::WrongPassword));
    scene.enter(3).expect("who gave the password needs no invite");
    scene.run(Command::Invite(id(1), second)).unwrap();
    for _ in 0..INVITES {
        scene.run(Command::Invite(id(1), InviteToken::random().hash())).unwrap();
    }
    assert_eq!(scene.state.invites(), INVITES);
    assert!(!scene.state.is_good(second), "the oldest is replaced");
}

#[test]
fn who_has_no_seat_hears_first_of_a_ban_and_then_that_the_room_is_closed() {
    let mut scene = Scene::new(5, None);
    scene.enter(1).unwrap();
    scene.enter(2).unwrap();
    assert_eq!(scene.post(3), Err(Refusal::NotAMember));
    scene.change(RoomChange {
        closed: Some(true),
        ..RoomChange::default()
    });
    assert_eq!(scene.post(3), Err(Refusal::RoomClosed));
    scene.post(2).expect("who is in may talk");
    let until = Some(Moment::from_millis(10_000));
    scene
        .run(Command::Moderate(visitor(1), Action::Ban(id(2), until)))
        .unwrap();
    assert_eq!(scene.post(2), Err(Refusal::Banned { until }));
    assert_eq!(scene.wait(10).post(2), Err(Refusal::RoomClosed));
}

#[test]
fn no_more_than_so_many_grants_are_given() {
    let mut scene = Scene::new(5, Some("$hash"));
    for n in 0..GRANTS as u64 {
        scene.run(Command::Grant(id(n + 10), 0)).unwrap();
    }
    assert_eq!(scene.run(Command::Grant(id(2), 0)), Err(Refusal::StorageFull));
    assert_eq!(scene.run(Command::Grant(id(10), 0)), Ok(vec![]));
}

#[test]
fn a_closed_room_takes_only_members_and_the_owner() {
    let mut scene = Scene::new(5, Some("$hash"));
    scene.run(Command::Grant(id(2), 0)).unwrap();
    scene.enter(2).unwrap();
    scene.change(RoomChange {
        closed: Some(true),
        ..RoomChange::default()
    });
    assert_eq!(
        scene.enter(3),
        Err(Refusal::RoomClosed),
        "before a password is asked for"
    );
    assert_eq!(scene.enter(2), Ok(vec![]));
    scene.enter(1).unwrap();
}

#[test]
fn a_member_posts_and_nobody_else() {
    let mut scene = Scene::new(5, None);
    assert_eq!(scene.post(1), Err(KICKED), "the owner is no member without a seat");
    scene.enter(1).unwrap();
    assert!(matches!(scene.post(1).unwrap()[..], [Event::Posted { .. }]));
    assert_eq!(scene.state.seq, 2, "the join and the message");
    let again = NewBody::Again(AgainGif {
        name: GifName::random(),
        alt: None,
        caption: None,
    });
    let post = |n| Command::Post(visitor(n), again.clone().into());
    assert_eq!(
        scene.run(post(2)),
        Err(Refusal::NotAMember),
        "membership before content"
    );
    assert_eq!(scene.run(post(1)), Err(Refusal::GifNotFound));
    let facts = Facts {
        earlier_gif: Some(gif(1)),
        forbidden: true,
        ..Facts::default()
    };
    assert_eq!(scene.tell(post(1), &facts), Err(Refusal::ForbiddenGif));
}

#[test]
fn slow_mode_asks_everybody_but_the_owner_for_a_pause() {
    let mut scene = Scene::new(5, None);
    let slow = |seconds| RoomChange {
        slow: Some(seconds),
        ..RoomChange::default()
    };
    scene.enter(1).unwrap();
    scene.enter(2).unwrap();
    scene.post(2).unwrap();
    scene.change(slow(600));
    scene.post(2).expect("who wrote before the change need not wait");
    let left = |seconds| {
        Err(Refusal::SlowMode {
            retry_after: Duration::from_secs(seconds),
        })
    };
    assert_eq!(scene.wait(100).post(2), left(500));
    let again = Command::Post(visitor(2), NewBody::Gif(gif(1)).into());
    let forbidden = Facts {
        forbidden: true,
        ..Facts::default()
    };
    assert_eq!(
        scene.tell(again, &forbidden),
        Err(Refusal::ForbiddenGif),
        "what is refused costs no pause"
    );
    scene.post(1).unwrap();
    scene.post(1).unwrap();
    scene.change(slow(0));
    scene.change(slow(600));
    scene.post(2).expect("the change begins the pauses again");
    assert_eq!(scene.wait(599).post(2), left(1));
    scene.wait(1).post(2).unwrap();
}

#[test]
fn people_of_one_address_have_half_of_the_seats_unless_the_owner_lets_a_crowd_in() {
    let guest = |n, ip: &str| Guest {
        visitor: visitor(n),
        source: Source::new(ip.parse().unwrap()),
    };
    let enter = |scene: &mut Scene, guest: Guest| {
        let socket = scene.events.len() as u64 + 100;
        scene.run(Command::Enter(guest, hold(socket))).map(drop)
    };
    let mut scene = Scene::new(12, None);
    let (class, home) = ("192.0.2.1", "198.51.100.1");
    for n in 2..=7 {
        enter(&mut scene, guest(n, class)).unwrap();
    }
    let beyond = Refusal::RateLimited {
        budget: Budget::Seats,
        retry_after: Duration::from_secs(10),
    };
    assert_eq!(enter(&mut scene, guest(8, class)), Err(beyond.clone()));
    enter(&mut scene, guest(7, class)).expect("who is in comes with another tab");
    enter(&mut scene, guest(1, class)).expect("the owner gets in");
    enter(&mut scene, guest(9, home)).unwrap();
    let mut unmarked = guest(10, class);
    unmarked.source = Source::here("127.0.0.1".parse().unwrap());
    enter(&mut scene, unmarked).unwrap();
    scene.change(RoomChange {
        crowd: Some(true),
        ..RoomChange::default()
    });
    enter(&mut scene, guest(8, class)).unwrap();
    let mut small = Scene::new(5, None);
    assert_eq!(
        (2..9).filter(|n| enter(&mut small, guest(*n, class)).is_ok()).count(),
        4
    );
    assert_eq!(enter(&mut small, guest(9, class)), Err(beyond));
}
