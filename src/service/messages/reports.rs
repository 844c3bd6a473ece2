//! The service of reports: members report, the owner reads and dismisses.

use super::Messages;
use crate::{
    domain::{Action, Guest, MessageId, Reason, Refusal, Report, ReportId, Reported, RoomId},
    rules::Command,
    service::access::Owner,
    store::NewReport,
};

impl Messages {
    /// Tells the owner of a room about a message.
    ///
    /// # Errors
    /// Too many reports, no such room, not a member, no such message, too many reports wait, or the store fails.
    pub async fn report(
        &self,
        room: RoomId,
        by: &Guest,
        message: MessageId,
        reason: Reason,
    ) -> Result<Report, Refusal> {
        self.budgets.report(by)?;
        let new = NewReport {
            room,
            by: by.visitor,
            message,
            reason,
        };
        Ok(self.store.report(new).await?)
    }

    /// The reports that wait for the owner, oldest first.
    ///
    /// # Errors
    /// The store fails.
    pub async fn reports(&self, owner: &Owner) -> Result<Vec<Reported>, Refusal> {
        Ok(self.store.reports(owner.id()).await?)
    }

    /// Dismisses a report, with all others about the same message.
    ///
    /// # Errors
    /// No such report, or the store fails.
    pub async fn dismiss_report(&self, owner: &Owner, report: ReportId) -> Result<(), Refusal> {
        let dismiss = Command::Dismiss(owner.visitor().id, report);
        Ok(self.store.submit(owner.id(), dismiss, None).await.map(drop)?)
    }

    /// Deletes the message of a report as abuse: its GIF can't be sent to that room again, by these bytes.
    ///
    /// # Errors
    /// No such report, the room is gone or somebody else's by now, or the store fails.
    pub async fn delete_reported(&self, owner: &Owner, report: ReportId) -> Result<(), Refusal> {
        let reported = self.reports(owner).await?;
        let found = reported.into_iter().find(|reported| reported.report.id == report);
        let about = found.ok_or(Refusal::ReportNotFound)?.about;
        let delete = Action::Delete {
            message: about.id,
            forbid: true,
        };
        // The reports about it go with it.
        let delete = Command::Moderate(owner.visitor(), delete);
        let deleted = self.deletions.submit(owner.id(), delete).await;
        deleted.map_err(|refusal| match refusal {
            // Somebody was faster, and the report is gone with the message.
            Refusal::Invalid(_) => Refusal::ReportNotFound,
            refusal => refusal,
        })
    }
}
