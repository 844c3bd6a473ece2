//! What visitors tell the operators, beside the owner of a room and without them.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::SiteState;
use crate::{
    domain::{Budget, MessageId, Moment, Reason, Refusal, RoomId, VisitorId},
    rules::Now,
};

/// Reports to the site that wait for its operators at most; who comes later has to wait, too.
pub const SITE_REPORTS: usize = 500;

/// Of them those of one visitor.
pub const SITE_REPORTS_EACH: usize = 10;

/// How long a report to the site waits; what no operator has looked at by then is forgotten.
pub const SITE_REPORT_WAITS: Duration = Duration::from_secs(30 * 86_400);

/// When somebody may try again who finds no place for a report.
const AGAIN: Duration = Duration::from_secs(600);

/// What somebody tells the operators about: the title of a room, or a message in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteReport {
    /// Tells it from others.
    pub id: u64,
    /// The room.
    pub room: RoomId,
    /// The message; of none it is the title.
    pub message: Option<MessageId>,
    /// Why.
    pub reason: Reason,
    /// Who says so. Operators are not told either.
    by: VisitorId,
    /// When, in milliseconds since the Unix epoch.
    pub at: i64,
}

impl SiteReport {
    pub(super) fn is_over(&self, now: Moment) -> bool {
        let age = u128::try_from(now.millis().saturating_sub(self.at)).unwrap_or(0);
        age >= SITE_REPORT_WAITS.as_millis()
    }
}

/// A report to the site that is to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSiteReport {
    /// The room.
    pub room: RoomId,
    /// The message; of none it is the title.
    pub message: Option<MessageId>,
    /// Why.
    pub reason: Reason,
    /// Who says so.
    pub by: VisitorId,
}

impl SiteState {
    /// Notes a report, if it is not known.
    pub(super) fn report(&mut self, new: NewSiteReport, now: Now) -> Result<(), Refusal> {
        let own = || self.reports.iter().filter(|report| report.by == new.by);
        if own().any(|report| (report.room, report.message) == (new.room, new.message)) {
            return Ok(());
        }
        if self.reports.len() >= SITE_REPORTS || own().count() >= SITE_REPORTS_EACH {
            return Err(Refusal::RateLimited {
                budget: Budget::Reports,
                retry_after: AGAIN,
            });
        }
        self.reports.push(SiteReport {
            id: self.version,
            room: new.room,
            message: new.message,
            reason: new.reason,
            by: new.by,
            at: now.date.millis(),
        });
        Ok(())
    }

    /// Drops a report with all about the same; what it was about.
    pub(super) fn dismiss(&mut self, id: u64) -> Result<String, Refusal> {
        let found = self.reports.iter().find(|report| report.id == id);
        let (room, message) = found
            .map(|report| (report.room, report.message))
            .ok_or(Refusal::ReportNotFound)?;
        self.reports
            .retain(|report| (report.room, report.message) != (room, message));
        Ok(match message {
            Some(message) => format!("{message} of room {room}"),
            None => format!("title of room {room}"),
        })
    }
}
