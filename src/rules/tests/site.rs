//! What the operator decides about the whole site.

use super::*;
use crate::domain::{KeptOut, MessageId, Notice, Operator, Paused, Reason, RoomId, Why};

fn decide_at(state: &SiteState, command: SiteCommand, millis: i64) -> Result<SiteState, Refusal> {
    let now = Now::at(Moment::from_millis(millis));
    state.decide(&Operator::nameless(), Why::default(), command, now)
}

fn ban(who: &str, seconds: Option<u32>) -> SiteCommand {
    SiteCommand::Ban(KeptOut::parse(who).unwrap(), seconds)
}

#[test]
fn a_ban_keeps_out_until_it_is_over_or_lifted_and_the_longest_counts() {
    let state = decide_at(&SiteState::default(), ban("192.0.2.0/24", Some(60)), 0).unwrap();
    let state = decide_at(&state, ban("00000000000000aa", None), 0).unwrap();
    let until = |state: &SiteState, visitor: u64, ip: &str, millis: i64| {
        let come = state.may_come(Some(id(visitor)), ip.parse().unwrap(), Moment::from_millis(millis));
        come.err().map(|refusal| match refusal {
            Refusal::BannedFromSite { until } => until,
            other => panic!("{other:?}"),
        })
    };
    let end = Some(Some(Moment::from_millis(60_000)));
    assert_eq!(until(&state, 1, "192.0.2.9", 0), end);
    assert_eq!(until(&state, 1, "192.0.2.9", 60_000), None, "it is over");
    assert_eq!(until(&state, 1, "192.0.3.9", 0), None);
    assert_eq!(until(&state, 0xaa, "192.0.2.9", 0), Some(None), "for good");
    // Again is another one in its place, and what is over goes with the next decision.
    let again = decide_at(&state, ban("192.0.2.0/24", Some(120)), 0).unwrap();
    assert_eq!(again.bans.len(), 2);
    let later = decide_at(&again, ban("198.51.100.1", None), 200_000).unwrap();
    assert_eq!(later.bans.len(), 2);
    let lifted = decide_at(&later, SiteCommand::Lift(later.bans[0].id), 200_000).unwrap();
    assert_eq!(until(&lifted, 0xaa, "192.0.2.9", 200_000), None);
    assert_eq!(decide_at(&lifted, SiteCommand::Lift(99), 0), Err(Refusal::NotFound));
    // What is over is forgotten without a word.
    let over = Moment::from_millis(61_000);
    assert!(state.has_lapsed(over) && !again.has_lapsed(over));
    let forgotten = decide_at(&state, SiteCommand::Lapse, 61_000).unwrap();
    assert_eq!((forgotten.bans.len(), forgotten.audit.len()), (1, state.audit.len()));
}

#[test]
fn bans_and_what_is_written_down_have_a_bound() {
    let mut state = SiteState::default();
    for n in 0..SITE_BANS {
        state = decide_at(&state, ban(&format!("{n:016x}"), None), 0).unwrap();
    }
    assert_eq!(decide_at(&state, ban("192.0.2.1", None), 0), Err(Refusal::StorageFull));
    state = decide_at(&state, SiteCommand::Done("remove room", "x".into()), 7).unwrap();
    assert_eq!(state.audit.len(), AUDIT);
    let last = state.audit.back().unwrap();
    assert_eq!((last.at, &*last.what, &*last.target), (7, "remove room", "x"));
}

#[test]
fn what_was_decided_is_the_same_once_it_was_written_and_read() {
    let mut state = decide_at(&SiteState::default(), ban("2001:db8::/32", Some(9)), 5).unwrap();
    let notice = Notice::parse("Back at noon").unwrap();
    state = decide_at(&state, SiteCommand::Notice(notice), 6).unwrap();
    let pauses = Pauses {
        uploads: true,
        ..Pauses::default()
    };
    state = decide_at(&state, SiteCommand::Pause(pauses), 7).unwrap();
    let text = serde_json::to_string(&state).unwrap();
    assert_eq!(serde_json::from_str::<SiteState>(&text).unwrap(), state);
    assert_eq!(serde_json::from_str::<SiteState>("{}").unwrap(), SiteState::default());
}

#[test]
fn what_is_paused_is_refused_and_newcomers_are_none_after_an_hour() {
    let open = SiteState::default();
    let (came, hour) = (Moment::from_millis(0), 3_600_000);
    let at = Moment::from_millis;
    assert!(open.lets_everybody_in() && open.may_act(None, came).is_ok());
    assert!(open.may_make_rooms().is_ok() && open.may_upload().is_ok());
    let pauses = Pauses {
        rooms: true,
        uploads: true,
        newcomers: true,
    };
    let paused = decide_at(&open, SiteCommand::Pause(pauses), 0).unwrap();
    assert!(!paused.lets_everybody_in());
    assert_eq!(paused.may_make_rooms(), Err(Refusal::Paused(Paused::Rooms)));
    assert_eq!(paused.may_upload(), Err(Refusal::Paused(Paused::Uploads)));
    let waits = Err(Refusal::Paused(Paused::Newcomers));
    assert_eq!(paused.may_act(Some(came), at(hour - 1)), waits);
    assert_eq!(paused.may_act(Some(came), at(hour)), Ok(()));
    assert_eq!(paused.may_act(None, at(hour)), waits, "who has no session yet");
}

#[test]
fn a_report_to_the_site_waits_once_until_it_is_dismissed_or_nobody_looked_at_it() {
    let (room, message) = (RoomId::random(), MessageId::random());
    let report = |by: u64, message: Option<MessageId>| {
        SiteCommand::Report(NewSiteReport {
            room,
            message,
            reason: Reason::from_store("spam"),
            by: id(by),
        })
    };
    let mut state = SiteState::default();
    for (by, about) in [(1, None), (1, None), (2, None), (1, Some(message))] {
        state = decide_at(&state, report(by, about), 0).unwrap();
    }
    assert_eq!(
        (state.reports.len(), state.audit.len()),
        (3, 0),
        "nothing an operator did"
    );
    let about: Vec<_> = state.reports.iter().map(|report| report.message).collect();
    assert_eq!(about, [None, None, Some(message)]);
    let text = serde_json::to_string(&state).unwrap();
    assert_eq!(serde_json::from_str::<SiteState>(&text).unwrap(), state);

    let title = state.reports[1].id;
    let after = decide_at(&state, SiteCommand::Dismiss(title), 1).unwrap();
    assert_eq!(after.reports, state.reports[2..], "with all others about the same");
    assert_eq!(after.audit[0].target, format!("title of room {room}"));
    let again = decide_at(&after, SiteCommand::Dismiss(title), 2);
    assert_eq!(again, Err(Refusal::ReportNotFound));
    let days = 30 * 86_400_000;
    assert!(!after.has_lapsed(Moment::from_millis(days - 1)) && after.has_lapsed(Moment::from_millis(days)));
    assert!(decide_at(&after, SiteCommand::Lapse, days).unwrap().reports.is_empty());
}

#[test]
fn so_many_reports_of_one_visitor_wait_and_so_many_of_all() {
    let mut state = SiteState::default();
    let report = |by: u64| {
        SiteCommand::Report(NewSiteReport {
            room: RoomId::random(),
            message: None,
            reason: Reason::default(),
            by: id(by),
        })
    };
    let is_full = |state: &SiteState, by| matches!(decide_at(state, report(by), 0), Err(Refusal::RateLimited { .. }));
    for n in 0..SITE_REPORTS as u64 {
        let by = n / SITE_REPORTS_EACH as u64;
        state = decide_at(&state, report(by), 0).unwrap();
        let has_all = (n + 1) % SITE_REPORTS_EACH as u64 == 0;
        assert_eq!(is_full(&state, by), has_all || n + 1 == SITE_REPORTS as u64, "{n}");
    }
    assert!(is_full(&state, 1_000), "somebody else");
}
