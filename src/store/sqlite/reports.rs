//! Reports: what visitors tell the owner of a room about messages.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{
    cleanup::Hidden,
    command::failure,
    rows::{MESSAGE, message, text},
    writer::Writer,
};
use crate::{
    domain::{MessageId, Moment, Reason, Report, ReportId, Reported, RoomId, Seq, VisitorId},
    rules::{Command, Event, OpenReport, Reporting, decide},
    store::{Change, NewReport, StoreError, changes::report_of},
};

/// The columns of a report, behind those of its message.
const REPORT: &str = "reports.id, reports.room, reports.message, reports.seq, reports.reason, reports.created_at";

/// How many columns a message has.
const MESSAGE_COLUMNS: usize = 21;

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

/// Those that wait for the owner of a room, the oldest first.
pub fn open_in(connection: &Connection, room: RoomId) -> rusqlite::Result<Vec<OpenReport>> {
    let sql = "SELECT reports.id, reports.message, messages.visitor, reports.visitor, reports.seq
               FROM reports JOIN messages ON messages.room = reports.room AND messages.seq = reports.seq
               WHERE reports.room = ?1 ORDER BY reports.n";
    let mut statement = connection.prepare_cached(sql)?;
    let open = statement.query_map([room.to_bytes()], |row| {
        Ok(OpenReport {
            id: ReportId::from_bytes(row.get(0)?),
            message: MessageId::from_bytes(row.get(1)?),
            author: text(row, 2)?,
            by: text(row, 3)?,
            seq: row.get(4)?,
        })
    })?;
    open.collect()
}

/// Stores a report of a visitor.
pub fn insert(connection: &Connection, report: &Report, by: VisitorId) -> rusqlite::Result<()> {
    let sql = "INSERT INTO reports (id, room, message, seq, reason, created_at, visitor) VALUES (?1,?2,?3,?4,?5,?6,?7)";
    let row = params![
        report.id.to_bytes(),
        report.room.to_bytes(),
        report.message.to_bytes(),
        report.seq,
        report.reason.as_str(),
        report.created_at.millis(),
        by.to_string()
    ];
    connection.prepare_cached(sql)?.execute(row).map(drop)
}

/// Deletes the reports about a message.
pub fn delete(connection: &Connection, room: RoomId, message: MessageId) -> rusqlite::Result<()> {
    let sql = "DELETE FROM reports WHERE room = ?1 AND message = ?2";
    connection.execute(sql, (room.to_bytes(), message.to_bytes())).map(drop)
}

/// Deletes the reports by a visitor, or about its messages.
pub fn delete_with(connection: &Connection, room: RoomId, visitor: VisitorId) -> rusqlite::Result<()> {
    let sql = "DELETE FROM reports WHERE room = ?1 AND (visitor = ?2 OR EXISTS (
                   SELECT 1 FROM messages WHERE messages.room = ?1 AND messages.seq = reports.seq AND messages.visitor = ?2))";
    let row = (room.to_bytes(), visitor.to_string());
    connection.execute(sql, row).map(drop)
}

/// What is to be known of a message that is reported: its place and its author.
pub fn reported(
    connection: &Connection,
    room: RoomId,
    message: MessageId,
    hidden: &Hidden,
) -> rusqlite::Result<Option<(Seq, VisitorId)>> {
    let sql =
        format!("SELECT seq, visitor FROM messages INDEXED BY messages_id WHERE room = ?1 AND id = ?2 AND {WRITTEN}");
    let place = |row: &Row<'_>| Ok((row.get::<_, Seq>(0)?, text(row, 1)?));
    let found = connection
        .query_row(&sql, (room.to_bytes(), message.to_bytes()), place)
        .optional()?;
    Ok(found.filter(|(seq, author)| !hidden.hides(*author, *seq)))
}

impl Writer {
    /// Notes that the reports about a message are gone.
    pub(super) fn forget_reports(&mut self, room: RoomId, message: MessageId) {
        if let Ok(mut cached) = self.look(room) {
            cached.state.evolve(&Event::Dismissed(message), self.clock.now());
            self.drafts.insert(room, Some(cached));
        }
    }

    /// Stores a report, unless its author has reported the message before.
    pub(super) fn report(&mut self, new: NewReport) -> Result<Report, StoreError> {
        let NewReport {
            room,
            by,
            message,
            reason,
        } = new;
        let (cached, now) = (self.look(room)?, self.clock.now());
        let command = Command::Report(Reporting {
            id: ReportId::random(),
            by: by.id,
            message,
            reason,
        });
        let facts = self.facts(&cached, &command)?;
        let events = decide(&cached.state, &command, &facts, now).map_err(StoreError::Refused)?;
        let Some(event) = events.first() else {
            let sql = format!("SELECT {REPORT} FROM reports WHERE room = ?1 AND message = ?2 AND visitor = ?3");
            let key = (room.to_bytes(), message.to_bytes(), by.id.to_string());
            return self
                .connection
                .query_row(&sql, key, |row| report(row, 0))
                .map_err(failure);
        };
        let stored = report_of(event, room, now.date).ok_or(StoreError::Busy)?;
        self.append(cached, event, (None, &facts), now)?;
        self.events.push(Change::Reported(stored.clone()));
        Ok(stored)
    }
}
