//! What members report to the owner, and how much of it may wait.

use std::{sync::Arc, time::Duration};

use super::{Event, Facts, Now, OpenReport, REPORTS, REPORTS_EACH, Reporting, RoomState};
use crate::domain::{Budget, Refusal, ReportId, VisitorId};

/// When one who has reported too much may look again: the owner may get to it.
const AGAIN: Duration = Duration::from_secs(60);

impl RoomState {
    /// Nothing if the same visitor has reported the same message. The owner reads the reports, and so is part of none.
    pub(super) fn report(&self, new: &Reporting, facts: &Facts, now: Now) -> Result<Vec<Event>, Refusal> {
        self.must_be_inside(new.by, now)?;
        let is_known = |report: &OpenReport| report.message == new.message && report.by == new.by;
        if self.reports.iter().any(is_known) {
            return Ok(Vec::new());
        }
        let (seq, author) = facts.reported.ok_or(Refusal::MessageNotFound)?;
        let owner = self.room.owner.id;
        if author == owner || new.by == owner {
            return Err(Refusal::OwnerReport);
        }
        let own = self.reports.iter().filter(|report| report.by == new.by).count();
        if self.reports.len() >= REPORTS || own >= REPORTS_EACH {
            return Err(Refusal::RateLimited {
                budget: Budget::Reports,
                retry_after: AGAIN,
            });
        }
        let report = OpenReport {
            id: new.id,
            message: new.message,
            seq,
            author,
            by: new.by,
        };
        let reason = new.reason.clone();
        Ok(vec![Event::Reported { report, reason }])
    }

    pub(super) fn dismiss(&self, by: VisitorId, report: ReportId) -> Result<Vec<Event>, Refusal> {
        self.must_be_owner(by)?;
        let found = self.reports.iter().find(|open| open.id == report);
        let message = found.ok_or(Refusal::ReportNotFound)?.message;
        Ok(vec![Event::Dismissed(message)])
    }

    pub(super) fn forget_reports(&mut self, gone: impl Fn(&OpenReport) -> bool) {
        if self.reports.iter().any(&gone) {
            Arc::make_mut(&mut self.reports).retain(|report| !gone(report));
        }
    }
}
