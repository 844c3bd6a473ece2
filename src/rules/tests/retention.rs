//! What a room keeps of what was said in it.

use super::*;

const HOUR: i64 = 3_600;

fn keeping(messages: u64, age: Option<u64>) -> Graces {
    Graces {
        retention: Retention {
            messages,
            age: age.map(Duration::from_secs),
        },
        ..GRACES
    }
}

/// A room with visitors 1 and 2, whose joins are lines, and so many messages of them, an hour between two.
fn talked(messages: usize) -> Scene {
    let mut scene = Scene::new(5, None);
    scene.enter(1).unwrap();
    scene.enter(2).unwrap();
    for n in 0..messages {
        scene.wait(HOUR).post(1 + (n as u64) % 2).unwrap();
    }
    scene
}

/// Forgets what is due; the first message that is kept is `first`, said at that hour.
fn forget(scene: &mut Scene, graces: Graces, first: Option<(u64, i64)>) -> Option<u64> {
    if !due(&scene.state, graces, scene.now()).contains(&Due::Messages) {
        return None;
    }
    let kept = first.map_or((scene.state.seq + 1, None), |(seq, hour)| {
        (seq, Some(Moment::from_millis(hour * HOUR * 1_000)))
    });
    let facts = Facts {
        first_kept: Some(kept),
        ..Facts::default()
    };
    scene.tell(Command::Expire(Due::Messages, graces), &facts).unwrap();
    Some(scene.state.forgotten)
}

#[test]
fn of_one_message_too_many_the_oldest_go() {
    let mut scene = talked(8);
    let graces = keeping(10, None);
    assert_eq!(scene.state.seq, 10);
    assert_eq!(forget(&mut scene, graces, None), None, "as many as there may be");
    scene.post(1).unwrap();
    let kept = scene.state.kept(graces.retention, scene.now());
    assert_eq!((kept.behind, kept.after), (1, None));
    assert_eq!(forget(&mut scene, graces, Some((2, 0))), Some(1));
    assert_eq!(forget(&mut scene, graces, None), None);
    // Of many messages a hundredth goes together.
    let many = Retention {
        messages: 1_000,
        age: None,
    };
    scene.state.seq = 1_002;
    assert_eq!(scene.state.kept(many, scene.now()).behind, 1_002 - 990);
}

#[test]
fn what_is_too_old_goes_and_the_rest_when_its_time_comes() {
    let mut scene = talked(4);
    let graces = keeping(u64::MAX, Some(4 * HOUR as u64 + 1));
    assert_eq!(forget(&mut scene, graces, None), None, "the first is four hours old");
    scene.wait(1);
    // The first message, at one, is not old enough.
    let kept = scene.state.kept(graces.retention, scene.now());
    assert_eq!((kept.behind, kept.after), (0, Some(Moment::from_millis(0))));
    assert_eq!(forget(&mut scene, graces, Some((3, 1))), Some(2));
    assert_eq!(forget(&mut scene, graces, None), None);
    scene.wait(HOUR - 1);
    assert_eq!(forget(&mut scene, graces, None), None);
    scene.wait(10 * HOUR);
    assert_eq!(forget(&mut scene, graces, None), Some(6), "all of it");
    assert_eq!(scene.state.oldest, None);
    scene.wait(100 * HOUR);
    assert_eq!(forget(&mut scene, graces, None), None, "there is nothing");
    scene.post(1).unwrap();
    assert_eq!((scene.state.seq, scene.state.oldest), (7, Some(scene.now().date)));
}

#[test]
fn what_is_said_while_it_is_looked_up_is_kept() {
    let mut scene = talked(4);
    let graces = keeping(u64::MAX, Some(1));
    scene.wait(HOUR);
    // Looked up when there were six messages, none of which may be kept.
    let facts = Facts {
        first_kept: Some((7, None)),
        ..Facts::default()
    };
    scene.post(1).unwrap();
    scene.tell(Command::Expire(Due::Messages, graces), &facts).unwrap();
    assert_eq!((scene.state.forgotten, scene.state.seq), (6, 7));
    assert_eq!(scene.state.oldest, Some(scene.now().date));
}

#[test]
fn reports_and_reactions_go_with_what_they_are_about() {
    let mut scene = talked(9);
    let (old, new) = (MessageId::random(), MessageId::random());
    for (message, seq) in [(old, 1), (new, 2)] {
        let facts = Facts {
            reported: Some((seq, id(3))),
            ..Facts::default()
        };
        let report = Command::Report(Reporting {
            id: ReportId::random(),
            by: id(2),
            message,
            reason: Reason::default(),
        });
        scene.tell(report, &facts).unwrap();
    }
    forget(&mut scene, keeping(10, None), Some((2, 0))).unwrap();
    let left: Vec<_> = scene.state.reports.iter().map(|report| report.message).collect();
    assert_eq!(left, [new]);
}

#[test]
fn who_is_banned_is_kept_out_by_the_address_of_the_seat_when_the_room_has_forgotten_the_line() {
    let mut scene = Scene::new(5, None);
    scene.enter(1).unwrap();
    let source = crate::domain::Source::new("203.0.113.7".parse().unwrap());
    let guest = Guest {
        visitor: visitor(2),
        source,
    };
    scene.run(Command::Enter(guest, hold(2))).unwrap();
    let ban = Command::Moderate(visitor(1), crate::domain::Action::Ban(id(2), None));
    scene.run(ban).unwrap();
    let mark = source.marked().map(|address| scene.state.address_key.mark(address));
    assert_eq!(scene.state.bans[0].addresses, mark.into_iter().collect::<Vec<_>>());
    assert!(mark.is_some());
}
