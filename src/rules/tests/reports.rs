//! Whispers and reports: who may, about what, and how many wait.

use super::*;
use crate::domain::{Action, WhisperId};

fn whisper(n: u64, to: u64, body: NewBody) -> Command {
    Command::Whisper(Whispering {
        id: WhisperId::random(),
        author: visitor(n),
        to: id(to),
        body,
    })
}

fn delete(message: MessageId) -> (Command, Facts) {
    let facts = Facts {
        author: Some(visitor(2)),
        ..Facts::default()
    };
    let action = Action::Delete { message, forbid: false };
    (Command::Moderate(visitor(1), action), facts)
}

#[test]
fn one_member_whispers_to_another_and_slow_mode_and_places_do_not_count_it() {
    let mut scene = Scene::new(3, None);
    for n in [1, 2] {
        scene.enter(n).unwrap();
    }
    scene.change(RoomChange {
        slow: Some(60),
        ..RoomChange::default()
    });
    let before = scene.state.clone();
    for _ in 0..2 {
        let said = scene.run(whisper(2, 1, chat("쉿"))).unwrap();
        assert!(matches!(said[..], [Event::Whispered { author, to, .. }] if (author, to) == (visitor(2), visitor(1))));
    }
    assert_eq!(scene.state, before);
    assert_eq!(scene.run(whisper(2, 3, chat("x"))), Err(Refusal::VisitorNotFound));
    assert_eq!(scene.run(whisper(3, 1, chat("x"))), Err(Refusal::NotAMember));
    let forbidden = Facts {
        forbidden: true,
        ..Facts::default()
    };
    let refused = scene.tell(whisper(2, 1, NewBody::Gif(gif(1))), &forbidden);
    assert_eq!(refused, Err(Refusal::ForbiddenGif));
    scene
        .run(Command::Moderate(visitor(1), Action::Ban(id(2), None)))
        .unwrap();
    assert_eq!(
        scene.run(whisper(2, 1, chat("x"))),
        Err(Refusal::Banned { until: None })
    );
    assert_eq!(scene.run(whisper(1, 2, chat("x"))), Err(Refusal::VisitorNotFound));
    scene.run(Command::Remove(id(1))).unwrap();
    assert_eq!(scene.run(whisper(1, 2, chat("x"))), Err(Refusal::RoomNotFound));
}

#[test]
fn only_members_report_what_is_there_and_only_so_many_reports_wait() {
    let mut scene = Scene::new(40, None);
    assert_eq!(scene.report(1, MessageId::random()), Err(Refusal::NotAMember));
    for n in 1..=25 {
        scene.enter(n).unwrap();
    }
    let nothing = Command::Report(Reporting {
        id: ReportId::random(),
        by: id(1),
        message: MessageId::random(),
        reason: Reason::default(),
    });
    assert_eq!(scene.run(nothing), Err(Refusal::MessageNotFound));
    let first = MessageId::random();
    assert_eq!(scene.report(2, first).unwrap().len(), 1);
    assert_eq!(scene.report(2, first), Ok(Vec::new()), "once");
    for n in 2..=21 {
        while scene.state.reports.iter().filter(|report| report.by == id(n)).count() < REPORTS_EACH {
            scene.report(n, MessageId::random()).unwrap();
        }
        let beyond = scene.report(n, MessageId::random());
        assert!(matches!(beyond, Err(Refusal::RateLimited { .. })));
    }
    assert_eq!(scene.state.reports.len(), REPORTS);
    let beyond = scene.report(22, first);
    assert!(
        matches!(beyond, Err(Refusal::RateLimited { .. })),
        "as the room has enough"
    );
    let (delete, facts) = delete(first);
    scene.tell(delete, &facts).unwrap();
    assert_eq!(scene.state.reports.len(), REPORTS - 1);
    scene.report(22, MessageId::random()).unwrap();
}

#[test]
fn nobody_reports_the_owner_of_that_moment_and_the_owner_reports_nobody() {
    let mut scene = Scene::new(5, None);
    for n in 1..=3 {
        scene.enter(n).unwrap();
    }
    let message = MessageId::random();
    assert_eq!(scene.report(1, message), Err(Refusal::OwnerReport), "by the owner");
    scene.report(3, message).unwrap();
    scene
        .run(Command::Moderate(visitor(1), Action::HandOver(id(2))))
        .unwrap();
    assert_eq!(
        scene.report(1, MessageId::random()),
        Err(Refusal::OwnerReport),
        "on the owner"
    );
    assert_eq!(
        scene.report(3, message),
        Err(Refusal::OwnerReport),
        "what was reported before is forgotten, as its author would read it"
    );
    assert!(scene.state.reports.is_empty());
}

#[test]
fn reports_go_when_the_owner_dismisses_them_or_nothing_is_left_of_what_they_are_about() {
    let mut scene = Scene::new(5, None);
    for n in 1..=3 {
        scene.enter(n).unwrap();
    }
    let [one, other] = [(); 2].map(|()| MessageId::random());
    for (n, message) in [(2, one), (3, one), (3, other)] {
        scene.report(n, message).unwrap();
    }
    let known = scene.state.reports[1].id;
    assert_eq!(scene.run(Command::Dismiss(id(3), known)), Err(Refusal::NotTheOwner));
    assert_eq!(
        scene.run(Command::Dismiss(id(1), known)),
        Ok(vec![Event::Dismissed(one)])
    );
    assert_eq!(scene.run(Command::Dismiss(id(1), known)), Err(Refusal::ReportNotFound));
    assert_eq!(scene.state.reports.len(), 1);
    let clear = Action::Clear {
        visitor: id(2),
        forbid: false,
    };
    let facts = delete(other).1;
    scene.tell(Command::Moderate(visitor(1), clear), &facts).unwrap();
    assert!(scene.state.reports.is_empty());
}
