//! What visitors tell the operators of the site.

use super::Operators;
use crate::{
    domain::{Guest, Message, MessageId, Operator, Reason, Refusal, Room, RoomId, Why},
    rules::{NewSiteReport, SiteCommand, SiteReport},
    service::access::Reader,
};

/// Reports that are listed at most.
const LISTED: usize = 100;

/// A report with what it is about, as that is now.
#[derive(Debug)]
pub struct ToldOf {
    /// The report.
    pub report: SiteReport,
    /// Its room, unless that is gone.
    pub room: Option<Room>,
    /// Its message, unless that is gone, or the report is about the title.
    pub message: Option<Message>,
}

impl Operators {
    /// Tells the operators of a room's title, or of a message that a reader of the room sees. What the same visitor has told
    /// them before is not noted twice.
    ///
    /// # Errors
    /// Too many reports, no such room, no such message, too many reports wait, or the store fails.
    pub async fn report(
        &self,
        room: RoomId,
        by: &Guest,
        message: Option<(Reader, MessageId)>,
        reason: Reason,
    ) -> Result<(), Refusal> {
        self.budgets.report(by)?;
        match &message {
            Some((reader, message)) => {
                let found = self.store.message(reader.id(), *message).await?;
                found.ok_or(Refusal::MessageNotFound).map(drop)?;
            }
            None => {
                self.store.room(room).await?.ok_or(Refusal::RoomNotFound)?;
            }
        }
        let message = message.map(|(_, message)| message);
        let by = by.visitor.id;
        let new = NewSiteReport {
            room,
            message,
            reason,
            by,
        };
        let nobody = Operator::nameless();
        let site = self.decide(&nobody, Why::default(), SiteCommand::Report(new)).await?;
        tracing::info!(waiting = site.reports.len(), "somebody reported something to the site");
        Ok(())
    }

    /// The reports that wait, oldest first, and how many there are.
    ///
    /// # Errors
    /// The store fails.
    pub async fn reports(&self) -> Result<(Vec<ToldOf>, usize), Refusal> {
        let (site, mut listed) = (self.site(), Vec::new());
        for report in site.reports.iter().take(LISTED) {
            let room = self.store.room(report.room).await?.map(|state| state.room.clone());
            let message = match report.message {
                Some(message) => self.store.message(report.room, message).await?,
                None => None,
            };
            let report = report.clone();
            listed.push(ToldOf { report, room, message });
        }
        Ok((listed, site.reports.len()))
    }
}
