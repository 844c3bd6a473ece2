//! The answer to a command: what happens, or why nothing does.

use super::{Command, Event, Facts, Now, RoomState};
use crate::domain::Refusal;

/// Decides a command. No events: there is nothing to do, which is fine.
///
/// # Errors
/// The rule that refuses it. Checks are made in this order: the room, bans, whether it is closed, membership, content.
pub fn decide(state: &RoomState, command: &Command, facts: &Facts, now: Now) -> Result<Vec<Event>, Refusal> {
    if state.ended {
        return decide_without(command);
    }
    match command {
        Command::Enter(guest, hold) => state.enter(*guest, *hold, now),
        Command::Leave(visitor, hold, how) => Ok(state.leave(*visitor, *hold, *how)),
        Command::ClosePage(visitor) => Ok(state.close_page(*visitor, now)),
        Command::Post(author, new) => state.post(*author, new, facts, now),
        Command::React(new) => state.react(new, facts, now),
        Command::Edit(edit) => state.edit(edit, facts, now),
        Command::Whisper(new) => state.whisper(new, facts, now),
        Command::Report(new) => state.report(new, facts, now),
        Command::Dismiss(by, report) => state.dismiss(*by, *report),
        Command::Grant(visitor, version) => state.give_grant(*visitor, *version),
        Command::Invite(by, invite) => state.by_owner(*by, Event::Invited(*invite)),
        Command::WithdrawInvites(by) => state.by_owner(*by, Event::InvitesWithdrawn),
        Command::Redeem(guest, invite) => state.redeem(*guest, *invite, now),
        Command::Change(by, change) => state.change_by(*by, change),
        Command::Moderate(by, action) => state.moderate(*by, *action, facts, now),
        Command::Remove(by) => state.by_owner(*by, Event::Ended),
        Command::TakeDown(what) => Ok(vec![state.take_down(*what, facts)?]),
        Command::Expire(due, graces) => Ok(state.expire(*due, *graces, facts, now)),
        Command::Lose(visitor, server) => Ok(state.lose(*visitor, *server)),
        Command::Restart => Ok(state.restart()),
    }
}

/// Decides a command about a room that does not exist, or does not any more.
///
/// # Errors
/// `RoomNotFound`, unless there is just nothing to do any more.
pub fn decide_without(command: &Command) -> Result<Vec<Event>, Refusal> {
    match command {
        Command::Leave(..) | Command::ClosePage(..) | Command::Expire(..) | Command::Lose(..) | Command::Restart => {
            Ok(Vec::new())
        }
        Command::Redeem(..) => Err(Refusal::InviteNotFound),
        _ => Err(Refusal::RoomNotFound),
    }
}
