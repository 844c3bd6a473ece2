//! What owners may do, and what the authors of messages may.

use super::*;
use crate::domain::{Action, AddressHash, InviteToken, Source};

#[test]
fn only_the_owner_moderates_and_not_against_the_owner() {
    let mut scene = Scene::new(5, None);
    scene.enter(1).unwrap();
    scene.enter(2).unwrap();
    let moderate = |by, action| Command::Moderate(visitor(by), action);
    for action in [Action::Kick(id(1)), Action::HandOver(id(2)), Action::Ban(id(1), None)] {
        assert_eq!(scene.run(moderate(2, action)), Err(Refusal::NotTheOwner));
    }
    for action in [Action::Kick(id(1)), Action::HandOver(id(1)), Action::Ban(id(1), None)] {
        assert!(matches!(scene.run(moderate(1, action)), Err(Refusal::Invalid(_))));
    }
    let message = MessageId::random();
    for action in [
        Action::Kick(id(3)),
        Action::HandOver(id(3)),
        Action::Unban(id(3)),
        Action::Delete { message, forbid: false },
        Action::Clear {
            visitor: id(3),
            forbid: false,
        },
    ] {
        assert_eq!(scene.run(moderate(1, action)), Err(action.not_there().into()));
    }
    let author = Facts {
        author: Some(visitor(3)),
        ..Facts::default()
    };
    let delete = moderate(1, Action::Delete { message, forbid: true });
    let deleted = Event::Deleted {
        message,
        author: visitor(3),
        forbid: true,
    };
    assert_eq!(scene.tell(delete, &author).unwrap(), [deleted]);
    assert_eq!(
        scene.run(moderate(1, Action::Kick(id(2)))).unwrap(),
        [Event::Kicked(visitor(2))]
    );
    scene.enter(2).expect("who was kicked may come back");
}

#[test]
fn a_ban_keeps_out_the_visitor_and_the_address_but_not_other_members_there() {
    let mut scene = Scene::new(5, None);
    let source = Source::new("192.0.2.1".parse().unwrap());
    let from_there = |n| Guest {
        visitor: visitor(n),
        source,
    };
    scene.enter(1).unwrap();
    scene.run(Command::Enter(from_there(2), hold(2))).unwrap();
    scene.run(Command::Enter(from_there(3), hold(3))).unwrap();
    let came: Vec<AddressHash> = vec![scene.state.address_key.mark(source.address())];
    let facts = Facts {
        addresses: came,
        ..Facts::default()
    };
    let until = Some(Moment::from_millis(60_000));
    scene
        .tell(Command::Moderate(visitor(1), Action::Ban(id(2), until)), &facts)
        .unwrap();
    assert_eq!(scene.members(), [id(1), id(3)]);
    assert_eq!(scene.post(2), Err(Refusal::Banned { until }));
    assert_eq!(scene.enter(2), Err(Refusal::Banned { until }));
    assert_eq!(
        scene.run(Command::Enter(from_there(4), hold(4))),
        Err(Refusal::Banned { until })
    );
    assert_eq!(
        scene.run(Command::Enter(from_there(3), hold(3))),
        Ok(vec![]),
        "has a seat"
    );
    scene.enter(4).expect("from elsewhere");
    scene.wait(60);
    scene.enter(2).expect("the ban is over");
    scene.millis = 0;
    let access = scene.state.access(visitor(2).into(), scene.now().date);
    assert_eq!(access.banned, None, "although the date is set back");
}

#[test]
fn a_ban_of_somebody_absent_says_so_in_the_room_and_bans_are_bounded() {
    let mut scene = Scene::new(5, None);
    for n in 0..BANS as u64 {
        scene
            .run(Command::Moderate(visitor(1), Action::Ban(id(n + 10), None)))
            .unwrap();
    }
    let again = Command::Moderate(visitor(1), Action::Ban(id(10), None));
    scene.run(again).expect("a ban that replaces one");
    let one_more = Command::Moderate(visitor(1), Action::Ban(id(2), None));
    assert_eq!(scene.run(one_more.clone()), Err(Refusal::StorageFull));
    scene.run(Command::Moderate(visitor(1), Action::Unban(id(10)))).unwrap();
    scene.run(one_more).unwrap();
    assert_eq!(
        scene.state.seq,
        BANS as u64 + 2,
        "each has a system message; lifting one has none"
    );
}

#[test]
fn a_member_deletes_what_it_wrote_and_nothing_else() {
    let mut scene = Scene::new(5, None);
    for n in 1..=3 {
        scene.enter(n).unwrap();
    }
    let message = MessageId::random();
    let delete = |scene: &mut Scene, by, author, forbid| {
        let facts = Facts {
            author,
            ..Facts::default()
        };
        scene.tell(
            Command::Moderate(visitor(by), Action::Delete { message, forbid }),
            &facts,
        )
    };
    let (twos, nobodys) = (Some(visitor(2)), None);
    assert_eq!(delete(&mut scene, 3, twos, false), Err(Refusal::NotTheOwner));
    assert_eq!(
        delete(&mut scene, 2, twos, true),
        Err(Refusal::NotTheOwner),
        "what the room refuses is for the owner to say"
    );
    let not_there = Action::Delete { message, forbid: false }.not_there();
    assert_eq!(delete(&mut scene, 2, nobodys, false), Err(not_there.into()));
    assert_eq!(delete(&mut scene, 4, Some(visitor(4)), false), Err(Refusal::NotAMember));
    let deleted = Event::Deleted {
        message,
        author: visitor(2),
        forbid: false,
    };
    assert_eq!(delete(&mut scene, 2, twos, false), Ok(vec![deleted]));
    // Who takes away what was reported, before the owner has seen it, does not send it again.
    scene.report(3, message).unwrap();
    let forbidden = Event::Deleted {
        message,
        author: visitor(2),
        forbid: true,
    };
    assert_eq!(delete(&mut scene, 2, twos, false), Ok(vec![forbidden]));
    scene
        .run(Command::Moderate(visitor(1), Action::Ban(id(2), None)))
        .unwrap();
    assert_eq!(delete(&mut scene, 2, twos, false), Err(Refusal::Banned { until: None }));
}

#[test]
fn who_wants_what_is_so_already_changes_nothing() {
    let mut scene = Scene::new(5, None);
    let removes = RoomChange {
        password_hash: Some(None),
        ..RoomChange::default()
    };
    assert_eq!(scene.run(Command::Change(id(1), removes.clone())), Ok(vec![]));
    let same = RoomChange {
        title: Some(scene.state.room.title.clone()),
        max: Some(scene.state.room.max),
        closed: Some(false),
        slow: Some(0),
        crowd: Some(false),
        password_hash: None,
    };
    assert_eq!(scene.run(Command::Change(id(1), same.clone())), Ok(vec![]));
    assert_eq!(scene.run(Command::Change(id(2), same)), Err(Refusal::NotTheOwner));
    scene.change(RoomChange {
        password_hash: Some(Some("$hash".into())),
        ..RoomChange::default()
    });
    let told = Event::Changed(removes.clone(), Some(visitor(1)));
    assert_eq!(scene.run(Command::Change(id(1), removes)), Ok(vec![told]));
}

#[test]
fn what_the_owner_wanted_is_refused_when_the_room_went_to_somebody_else_meanwhile() {
    let mut scene = Scene::new(5, None);
    let change = RoomChange {
        slow: Some(5),
        ..RoomChange::default()
    };
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
        Event::Changed(change.clone(), Some(visitor(1))),
        Event::Invited(invite),
        Event::InvitesWithdrawn,
        Event::Ended,
    ];
    for (command, event) in commands(1).into_iter().zip(expected) {
        assert_eq!(scene.run(command), Ok(vec![event]));
    }
}
