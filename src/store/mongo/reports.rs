//! Reports: what members tell the owner of a room about messages. A report is an entry of the log; those that wait for the
//! owner are part of the state of the room.

use std::collections::HashMap;

use mongodb::bson::doc;

use super::{
    MongoStore,
    client::within,
    commands::Decided,
    documents::{Entry, pruned},
    folded::Folded,
    gifs::{leave_hidden_out, says},
    log::Log,
};
use crate::{
    domain::{MessageId, Report, ReportId, Reported, RoomId},
    rules::{Command, Facts, OpenReport, Reporting},
    store::{NewReport, REPORTS, StoreError},
};

impl MongoStore {
    /// Stores a report of a member; the one that is there already.
    pub(super) async fn store_report(&self, new: NewReport) -> Result<Report, StoreError> {
        let command = Command::Report(Reporting {
            id: ReportId::random(),
            by: new.by.id,
            message: new.message,
            reason: new.reason,
        });
        let committed = match self.decide(new.room, &command, None).await? {
            Decided::New(committed) => committed,
            Decided::Known(_) => return Err(StoreError::Busy),
        };
        if let Some(report) = committed.entry.as_ref().and_then(Entry::report) {
            return Ok(report);
        }
        let is_known = |report: &&OpenReport| report.message == new.message && report.by == new.by.id;
        let known = committed.room.state.reports.iter().find(is_known).copied();
        let known: Vec<_> = known.into_iter().collect();
        let mut found = self.call(self.log.read_reports(new.room, &known)).await?;
        // It may have been dismissed since.
        found.pop().ok_or(StoreError::Busy)
    }
}

impl Log {
    /// What has to be known of a message to be reported.
    pub async fn facts_of_report(&self, room: &Folded, message: MessageId) -> Result<Facts, StoreError> {
        let mut which = says(room.state.room.id);
        which.insert("message", message.to_string());
        let found = self.collections.messages(leave_hidden_out(which, room), 1, 1).await?;
        Ok(Facts {
            reported: found.first().map(|message| (message.seq, message.author.id)),
            ..Facts::default()
        })
    }

    /// The reports in a room that wait for the owner, oldest first, with the messages that they are about.
    pub async fn reports_of(&self, id: RoomId) -> Result<Vec<Reported>, StoreError> {
        let Some(room) = self.fresh(id).await?.filter(|room| !room.state.reports.is_empty()) else {
            return Ok(Vec::new());
        };
        let reports = self.read_reports(id, &room.state.reports).await?;
        let ids: Vec<_> = reports.iter().map(|report| report.message.to_string()).collect();
        let mut which = says(id);
        which.insert("message", doc! { "$in": ids });
        let messages = self.shown(&room, leave_hidden_out(which, &room), 1, REPORTS).await?;
        let messages: HashMap<_, _> = messages.into_iter().map(|message| (message.id, message)).collect();
        let reported = reports.into_iter().filter_map(|report| {
            let about = messages.get(&report.message)?.clone();
            Some(Reported { report, about })
        });
        Ok(reported.collect())
    }

    async fn read_reports(&self, room: RoomId, open: &[OpenReport]) -> Result<Vec<Report>, StoreError> {
        let ids: Vec<_> = open.iter().map(|report| report.id.to_string()).collect();
        let which = doc! { "room": room.to_string(), "item": { "$in": ids } };
        let entries = self.collections.entries(which, doc! { "_id": 1 }, None).await?;
        Ok(entries.iter().filter_map(Entry::report).collect())
    }

    /// Deletes what reports said that wait no more.
    pub async fn forget_reports(&self, id: RoomId) -> Result<(), StoreError> {
        let Some(room) = self.fresh(id).await? else {
            return Ok(());
        };
        let open: Vec<_> = room.state.reports.iter().map(|report| report.id.to_string()).collect();
        // Those that are appended meanwhile stand behind what is known of the room.
        let last = super::documents::entry_id(id, room.position);
        let gone = doc! {
            "room": id.to_string(), "reason": { "$exists": true }, "item": { "$nin": open }, "_id": { "$lte": last },
        };
        within(self.collections.log.update_many(gone, pruned())).await.map(drop)
    }
}
