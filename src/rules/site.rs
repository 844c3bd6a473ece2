//! What the operator decides about the whole site while it runs, and what a decision leads to.

mod reports;

use std::{collections::VecDeque, net::IpAddr, time::Duration};

use serde::{Deserialize, Serialize};

pub use reports::{NewSiteReport, SITE_REPORTS, SITE_REPORTS_EACH, SiteReport};

use super::Now;
use crate::domain::{AuditEntry, KeptOut, Moment, Notice, Operator, Paused, Refusal, VisitorId, Why};

/// Bans of the site at most; one more is refused as `storage_full`.
pub const SITE_BANS: usize = 1_000;

/// What operators did that is kept; of one more the oldest goes. Each takes some 3 kB at most, so that all that is decided has
/// less than 5 MB, which a document of MongoDB holds.
pub const AUDIT: usize = 1_000;

/// How long somebody is a newcomer.
pub const NEWCOMER: Duration = Duration::from_secs(3_600);

/// A ban from the site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteBan {
    /// Tells it from others.
    pub id: u64,
    /// Whom it keeps out.
    pub who: KeptOut,
    /// Its end, in milliseconds since the Unix epoch; none is for good.
    pub until: Option<i64>,
}

impl SiteBan {
    fn is_over(&self, now: Moment) -> bool {
        self.until.is_some_and(|until| until <= now.millis())
    }
}

/// What visitors may not do for now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Pauses {
    /// Nobody makes a room.
    pub rooms: bool,
    /// Nobody uploads a GIF.
    pub uploads: bool,
    /// Who came less than an hour ago reads, and does nothing.
    pub newcomers: bool,
}

/// What operators have decided so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SiteState {
    /// Counts the decisions.
    pub version: u64,
    /// Who is kept out, bans that are over included.
    pub bans: Vec<SiteBan>,
    /// What is paused.
    pub pauses: Pauses,
    /// What stands on every page.
    pub notice: Option<Notice>,
    /// What operators did, the oldest first.
    pub audit: VecDeque<AuditEntry>,
    /// What visitors told them, the oldest first.
    pub reports: Vec<SiteReport>,
}

/// What an operator decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SiteCommand {
    /// Keeps somebody out for so many seconds, or for good.
    Ban(KeptOut, Option<u32>),
    /// Ends a ban.
    Lift(u64),
    /// Sets what is paused.
    Pause(Pauses),
    /// Sets what stands on every page, or takes it away.
    Notice(Option<Notice>),
    /// Forgets bans that are over, with their addresses, and reports that have waited for too long. It happens by itself, so
    /// that nothing is written down.
    Lapse,
    /// Only writes down what was done elsewhere: what, and to what.
    Done(&'static str, String),
    /// A visitor tells the operators something: nothing is written down about it.
    Report(NewSiteReport),
    /// Drops a report, with all others about the same.
    Dismiss(u64),
}

const fn refuse(is_paused: bool, what: Paused) -> Result<(), Refusal> {
    match is_paused {
        true => Err(Refusal::Paused(what)),
        false => Ok(()),
    }
}

impl SiteState {
    /// Until when somebody is kept out; `None` within is for good.
    fn ban_of(&self, visitor: Option<VisitorId>, ip: IpAddr, now: Moment) -> Option<Option<Moment>> {
        let bans = self.bans_at(now).filter(|ban| ban.who.holds(visitor, ip));
        // The one that lasts longest.
        let ban = bans.max_by_key(|ban| ban.until.unwrap_or(i64::MAX))?;
        Some(ban.until.map(Moment::from_millis))
    }

    /// Whether everybody may come and do everything: then nobody has to be looked at.
    pub const fn lets_everybody_in(&self) -> bool {
        self.bans.is_empty() && !self.pauses.newcomers
    }

    /// Refuses who is banned from the site.
    ///
    /// # Errors
    /// `BannedFromSite`.
    pub fn may_come(&self, visitor: Option<VisitorId>, ip: IpAddr, now: Moment) -> Result<(), Refusal> {
        match self.ban_of(visitor, ip, now) {
            Some(until) => Err(Refusal::BannedFromSite { until }),
            None => Ok(()),
        }
    }

    /// Refuses who came less than an hour ago, or has not come yet, while newcomers only read.
    ///
    /// # Errors
    /// `Paused`.
    pub fn may_act(&self, since: Option<Moment>, now: Moment) -> Result<(), Refusal> {
        let came = since.unwrap_or(now);
        let age = u128::try_from(now.millis().saturating_sub(came.millis())).unwrap_or(0);
        refuse(self.pauses.newcomers && age < NEWCOMER.as_millis(), Paused::Newcomers)
    }

    /// Refuses new rooms while they are paused.
    ///
    /// # Errors
    /// `Paused`.
    pub const fn may_make_rooms(&self) -> Result<(), Refusal> {
        refuse(self.pauses.rooms, Paused::Rooms)
    }

    /// Refuses uploads while they are paused.
    ///
    /// # Errors
    /// `Paused`.
    pub const fn may_upload(&self) -> Result<(), Refusal> {
        refuse(self.pauses.uploads, Paused::Uploads)
    }

    /// The bans that are not over.
    pub fn bans_at(&self, now: Moment) -> impl Iterator<Item = &SiteBan> {
        self.bans.iter().filter(move |ban| !ban.is_over(now))
    }

    /// The state after a command.
    ///
    /// # Errors
    /// There is no such ban, or there are too many.
    pub fn decide(&self, by: &Operator, why: Why, command: SiteCommand, now: Now) -> Result<Self, Refusal> {
        let mut after = self.clone();
        after.version += 1;
        after.bans.retain(|ban| !ban.is_over(now.date));
        after.reports.retain(|report| !report.is_over(now.date));
        let Some((what, target)) = after.apply(command, now)? else {
            return Ok(after);
        };
        after.audit.push_back(AuditEntry {
            at: now.date.millis(),
            who: by.clone(),
            what: what.to_owned(),
            target,
            why,
        });
        while after.audit.len() > AUDIT {
            after.audit.pop_front();
        }
        Ok(after)
    }

    /// Whether a ban or a report is over that is still known.
    pub fn has_lapsed(&self, now: Moment) -> bool {
        self.bans.iter().any(|ban| ban.is_over(now)) || self.reports.iter().any(|report| report.is_over(now))
    }

    /// What was done, and to what.
    fn apply(&mut self, command: SiteCommand, now: Now) -> Result<Option<(&'static str, String)>, Refusal> {
        Ok(Some(match command {
            SiteCommand::Ban(who, seconds) => {
                self.bans.retain(|ban| ban.who != who);
                if self.bans.len() >= SITE_BANS {
                    return Err(Refusal::StorageFull);
                }
                let id = self.version;
                let until = seconds.map(|seconds| now.date.millis().saturating_add(i64::from(seconds) * 1_000));
                self.bans.push(SiteBan { id, who, until });
                ("ban", who.in_audit(id))
            }
            SiteCommand::Lift(id) => {
                let at = self.bans.iter().position(|ban| ban.id == id);
                let ban = self.bans.remove(at.ok_or(Refusal::NotFound)?);
                ("lift ban", ban.who.in_audit(id))
            }
            SiteCommand::Pause(pauses) => {
                self.pauses = pauses;
                let all = [
                    (pauses.rooms, "rooms"),
                    (pauses.uploads, "uploads"),
                    (pauses.newcomers, "newcomers"),
                ];
                let paused: Vec<_> = all.iter().filter(|(on, _)| *on).map(|(_, what)| *what).collect();
                match paused[..] {
                    [] => ("go on", String::new()),
                    _ => ("pause", paused.join(", ")),
                }
            }
            SiteCommand::Notice(notice) => {
                let said = notice.as_ref().map(Notice::as_str).unwrap_or_default().to_owned();
                self.notice = notice;
                ("notice", said)
            }
            SiteCommand::Lapse => return Ok(None),
            SiteCommand::Done(what, target) => (what, target),
            SiteCommand::Report(new) => {
                self.report(new, now)?;
                return Ok(None);
            }
            SiteCommand::Dismiss(id) => ("dismiss report", self.dismiss(id)?),
        }))
    }
}
