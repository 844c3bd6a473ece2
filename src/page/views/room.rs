use std::{borrow::Cow, fmt, time::Duration};

use super::VisitorView;
use crate::domain::straight;
use crate::page::texts::{Texts, fill, grouped};

/// An open room as pages show it.
#[derive(Clone, Debug)]
pub struct RoomView<'a> {
    /// Names the room in URLs.
    pub id: Cow<'a, str>,
    /// What the owner called it.
    pub title: Cow<'a, str>,
    /// Seats.
    pub max: u32,
    /// Taken seats.
    pub count: u32,
    /// Whether all are taken, and by people who are here.
    pub full: bool,
    /// Who owns it.
    pub owner: VisitorView<'a>,
    /// Whether a password is asked for.
    pub locked: bool,
    /// Whether nobody new gets in.
    pub closed: bool,
    /// Whether everybody in it is away.
    pub asleep: bool,
    /// Seconds between two messages of one visitor.
    pub slow: u32,
    /// Whether people of one address may take all seats.
    pub crowd: bool,
    /// RFC 3339, UTC.
    pub created_at: Cow<'a, str>,
    /// Time since then.
    pub age: Duration,
    /// Whether it belongs to whoever looks.
    pub mine: bool,
}

impl RoomView<'_> {
    /// The row inside `<template>`, which the page fills in when a room appears.
    pub(crate) fn blank() -> Self {
        Self {
            id: "".into(),
            title: "".into(),
            max: 1,
            count: 0,
            full: false,
            owner: VisitorView::nobody(),
            locked: false,
            closed: false,
            asleep: false,
            slow: 0,
            crowd: false,
            created_at: super::message::BLANK_TIME.into(),
            age: Duration::ZERO,
            mine: false,
        }
    }

    /// Whether nobody more can come in. The owner's own row keeps its link: another tab of theirs may hold a seat.
    pub fn full(&self) -> bool {
        self.full && !self.mine
    }

    /// Whether nobody new may come in, as the owner wants it.
    pub fn shut(&self) -> bool {
        self.closed && !self.mine
    }

    /// The title for where no element isolates it from the text beside it.
    pub(crate) fn tab_title(&self) -> Cow<'_, str> {
        straight(&self.title)
    }

    pub(crate) fn owner_text(&self, t: &Texts) -> String {
        let (before, after) = t.rooms.owner;
        [before, &self.owner.name, after].concat()
    }

    pub(crate) fn people_text(&self, t: &Texts) -> String {
        fill(
            t.chat.people,
            &[("count", &grouped(self.count)), ("max", &grouped(self.max))],
        )
    }

    pub(crate) fn age_text(&self, t: &'static Texts) -> Age {
        Age(self.age, t)
    }
}

/// A duration as "4 minutes ago", written without an allocation.
#[derive(Clone, Copy)]
pub struct Age(pub Duration, pub &'static Texts);

impl fmt::Display for Age {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ago = &self.1.ago;
        let minutes = self.0.as_secs() / 60;
        let (n, one, (before, after)) = match minutes {
            0 => return f.write_str(ago.now),
            1..60 => (minutes, ago.minute, ago.minutes),
            60..1440 => (minutes / 60, ago.hour, ago.hours),
            _ => (minutes / 1440, ago.day, ago.days),
        };
        if n == 1 {
            f.write_str(one)
        } else {
            write!(f, "{before}{n}{after}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::texts::Lang;

    #[test]
    fn the_title_of_a_tab_turns_nothing_round() {
        let titled = |title: &str| {
            let title = title.to_owned().into();
            RoomView {
                title,
                ..RoomView::blank()
            }
            .tab_title()
            .into_owned()
        };
        assert_eq!(titled("a\u{202E}b\u{2066}c"), "abc");
        assert_eq!(titled("שלום 👩\u{200D}👧"), "שלום 👩\u{200D}👧");
    }

    #[test]
    fn ages_are_told_in_both_languages() {
        let told = |lang: Lang, secs| Age(Duration::from_secs(secs), lang.texts()).to_string();
        assert_eq!(told(Lang::Ko, 59), "방금");
        assert_eq!(told(Lang::Ko, 240), "4분 전");
        assert_eq!(told(Lang::En, 60), "1 minute ago");
        assert_eq!(told(Lang::En, 2 * 3600), "2 hours ago");
        assert_eq!(told(Lang::En, 50 * 3600), "2 days ago");
    }
}
