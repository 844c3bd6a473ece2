//! Reports: what visitors tell the owner of a room about messages.

use futures_util::TryStreamExt;
use mongodb::{bson::doc, options::ReadConcern};
use serde::{Deserialize, Serialize};

use super::{
    client::{ANSWER, Collections, failure, is_duplicate, within},
    documents::{Damaged, signed, text},
    gifs::{leave_hidden_out, says},
    log::Log,
};
use crate::{
    domain::{Moment, Reason, Refusal, Report, ReportId, Reported, RoomId},
    store::{NewReport, REPORTS, REPORTS_EACH, StoreError, TOO_MANY_REPORTS},
};

/// A report as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ReportDoc {
    #[serde(rename = "_id")]
    id: String,
    room: String,
    message: String,
    seq: i64,
    by: String,
    reason: String,
    at: i64,
}

impl ReportDoc {
    pub fn report(&self) -> Result<Report, Damaged> {
        Ok(Report {
            id: text(&self.id, "_id")?,
            room: text::<RoomId>(&self.room, "room")?,
            message: text(&self.message, "message")?,
            seq: super::documents::number(self.seq, "seq")?,
            reason: Reason::from_store(&self.reason),
            created_at: Moment::from_millis(self.at),
        })
    }
}

impl Log {
    /// Stores a report of a member.
    pub async fn report(&self, new: NewReport) -> Result<Report, StoreError> {
        let room = self.open_room(new.room).await?;
        room.state.must_be_member(new.by.id).map_err(StoreError::Refused)?;
        let (id, by) = (new.room.to_string(), new.by.id.to_string());
        let reports = &self.collections.reports;
        let key = doc! { "room": &id, "message": new.message.to_string(), "by": &by };
        if let Some(known) = within(reports.find_one(key.clone())).await? {
            return Ok(known.report()?);
        }
        let mut about = says(new.room);
        about.insert("message", new.message.to_string());
        let about = self.collections.messages(leave_hidden_out(about, &room), 1, 1).await?;
        let about = about.first().ok_or(StoreError::Refused(Refusal::MessageNotFound))?;
        // Servers that take reports at the same moment may exceed the bounds by a few.
        let (all, mine) = tokio::try_join!(
            within(reports.count_documents(doc! { "room": &id })),
            within(reports.count_documents(doc! { "room": &id, "by": &by })),
        )?;
        if all >= REPORTS as u64 || mine >= REPORTS_EACH as u64 {
            return Err(TOO_MANY_REPORTS);
        }
        let report = ReportDoc {
            id: ReportId::random().to_string(),
            room: id,
            message: new.message.to_string(),
            seq: signed(about.seq),
            by,
            reason: new.reason.as_str().to_owned(),
            at: Moment::now().millis(),
        };
        match tokio::time::timeout(ANSWER, reports.insert_one(&report).into_future()).await {
            Ok(Ok(_)) => Ok(report.report()?),
            Ok(Err(error)) if is_duplicate(&error) => {
                let known = within(reports.find_one(key)).await?;
                Ok(known.unwrap_or(report).report()?)
            }
            Ok(Err(error)) => Err(failure(error)),
            Err(_) => Err(StoreError::failed("MongoDB did not take a report in time")),
        }
    }

    /// The reports in a room about messages that are still there, oldest first.
    pub async fn reports_of(&self, id: RoomId) -> Result<Vec<Reported>, StoreError> {
        let Some(room) = self.fresh(id).await? else {
            return Ok(Vec::new());
        };
        let mut session = self.collections.up_to_date().await?;
        let reports = async {
            let mut found = self
                .collections
                .reports
                .find(doc! { "room": id.to_string() })
                .sort(doc! { "at": 1, "_id": 1 })
                .limit(signed(REPORTS))
                .read_concern(ReadConcern::majority())
                .max_time(ANSWER)
                .session(&mut session)
                .await?;
            found.stream(&mut session).try_collect::<Vec<ReportDoc>>().await
        };
        let reports = within(reports).await?;
        let ids: Vec<_> = reports.iter().map(|report| report.message.as_str()).collect();
        let mut which = says(id);
        which.insert("message", doc! { "$in": &ids });
        let which = leave_hidden_out(which, &room);
        let messages = self.collections.messages(which, 1, REPORTS).await?;
        let mut reported = Vec::new();
        for report in reports {
            let about = messages.iter().find(|message| message.id.to_string() == report.message);
            if let Some(about) = about {
                reported.push(Reported {
                    report: report.report()?,
                    about: about.clone(),
                });
            }
        }
        Ok(reported)
    }
}

impl Collections {
    /// Deletes the reports in a room about messages that say nothing any more: nobody sees them, and they would count
    /// among those that wait for the owner.
    pub async fn forget_reports_of_blank(&self, id: RoomId) -> Result<(), StoreError> {
        let room = id.to_string();
        let reported = within(self.reports.distinct("message", doc! { "room": &room })).await?;
        if reported.is_empty() {
            return Ok(());
        }
        let mut say = says(id);
        say.insert("message", doc! { "$in": reported.clone() });
        let say = within(self.log.distinct("message", say)).await?;
        let blank: Vec<_> = reported.into_iter().filter(|message| !say.contains(message)).collect();
        let about = doc! { "room": room, "message": { "$in": blank } };
        within(self.reports.delete_many(about)).await.map(drop)
    }

    /// Removes all reports about the message of a report.
    pub async fn dismiss_report(&self, room: RoomId, report: ReportId) -> Result<(), StoreError> {
        let key = doc! { "_id": report.to_string(), "room": room.to_string() };
        let gone = || StoreError::Refused(Refusal::ReportNotFound);
        let found = within(self.reports.find_one(key)).await?.ok_or_else(gone)?;
        let same = doc! { "room": &found.room, "message": &found.message };
        within(self.reports.delete_many(same)).await.map(drop)
    }
}
