//! Reports: what visitors tell the owner of a room about messages.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{
    cleanup::is_hidden,
    command::failure,
    rows::{MESSAGE, message, text},
    writer::Writer,
};
use crate::{
    domain::{MessageId, Moment, Reason, Refusal, Report, ReportId, Reported, RoomId, Seq},
    store::{Change, NewReport, REPORTS, REPORTS_EACH, StoreError, TOO_MANY_REPORTS},
};

/// The columns of a report, behind those of its message.
const REPORT: &str = "reports.id, reports.room, reports.message, reports.seq, reports.reason, reports.created_at";

/// How many columns a message has.
const MESSAGE_COLUMNS: usize = 19;

/// A message that somebody wrote and nobody deleted.
const WRITTEN: &str = "(messages.chat IS NOT NULL OR messages.gif IS NOT NULL)";

fn report(row: &Row<'_>, first: usize) -> rusqlite::Result<Report> {
    Ok(Report {
        id: ReportId::from_bytes(row.get(first)?),
        room: RoomId::from_bytes(row.get(first + 1)?),
        message: MessageId::from_bytes(row.get(first + 2)?),
        seq: row.get(first + 3)?,
        reason: Reason::from_store(row.get_ref(first + 4)?.as_str()?),
        created_at: Moment::from_millis(row.get(first + 5)?),
    })
}

/// The reports in a room about messages that are still there, oldest first.
pub fn of_room(connection: &Connection, room: RoomId) -> rusqlite::Result<Vec<Reported>> {
    let columns: Vec<_> = MESSAGE
        .split(", ")
        .map(|column| format!("messages.{}", column.trim()))
        .collect();
    let sql = format!(
        "SELECT {}, {REPORT} FROM reports JOIN messages ON messages.room = reports.room AND messages.seq = reports.seq
         WHERE reports.room = ?1 AND {WRITTEN} ORDER BY reports.n",
        columns.join(", ")
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let both = |row: &Row<'_>| {
        Ok(Reported {
            about: message(row)?,
            report: report(row, MESSAGE_COLUMNS)?,
        })
    };
    statement.query_map([room.to_bytes()], both)?.collect()
}

impl Writer {
    pub(super) fn report(&mut self, new: NewReport) -> Result<Report, StoreError> {
        let cached = self.look(new.room)?;
        cached.state.must_be_member(new.by.id).map_err(StoreError::Refused)?;
        let (room, by) = (new.room.to_bytes(), new.by.id.to_string());
        let sql = format!("SELECT {REPORT} FROM reports WHERE room = ?1 AND message = ?2 AND visitor = ?3");
        let key = (room, new.message.to_bytes(), &by);
        let known = self.connection.query_row(&sql, key, |row| report(row, 0)).optional();
        if let Some(known) = known.map_err(failure)? {
            return Ok(known);
        }
        let sql = format!(
            "SELECT seq, visitor FROM messages INDEXED BY messages_id WHERE room = ?1 AND id = ?2 AND {WRITTEN}"
        );
        let place = |row: &Row<'_>| Ok((row.get::<_, Seq>(0)?, text(row, 1)?));
        let found = self
            .connection
            .query_row(&sql, (room, new.message.to_bytes()), place)
            .optional();
        let (seq, _) = found
            .map_err(failure)?
            .filter(|(seq, author)| !is_hidden(&cached.clearings, *author, *seq))
            .ok_or(StoreError::Refused(Refusal::MessageNotFound))?;
        let sql = "SELECT count(*), coalesce(sum(visitor = ?2), 0) FROM reports WHERE room = ?1";
        let counts = |row: &Row<'_>| Ok((row.get::<_, usize>(0)?, row.get::<_, usize>(1)?));
        let (all, mine) = self.connection.query_row(sql, (room, &by), counts).map_err(failure)?;
        if all >= REPORTS || mine >= REPORTS_EACH {
            return Err(TOO_MANY_REPORTS);
        }
        let report = Report {
            id: ReportId::random(),
            room: new.room,
            message: new.message,
            seq,
            reason: new.reason,
            created_at: Moment::now(),
        };
        let sql =
            "INSERT INTO reports (id, room, message, seq, reason, created_at, visitor) VALUES (?1,?2,?3,?4,?5,?6,?7)";
        let row = params![
            report.id.to_bytes(),
            room,
            report.message.to_bytes(),
            report.seq,
            report.reason.as_str(),
            report.created_at.millis(),
            by
        ];
        self.connection.execute(sql, row).map_err(failure)?;
        self.events.push(Change::Reported(report.clone()));
        Ok(report)
    }

    pub(super) fn dismiss_report(&self, room: RoomId, report: ReportId) -> Result<(), StoreError> {
        self.look(room)?;
        let sql = "DELETE FROM reports WHERE room = ?1
                   AND message = (SELECT message FROM reports WHERE room = ?1 AND id = ?2)";
        let dismissed = self.connection.execute(sql, (room.to_bytes(), report.to_bytes()));
        match dismissed.map_err(failure)? {
            0 => Err(StoreError::Refused(Refusal::ReportNotFound)),
            _ => Ok(()),
        }
    }
}
