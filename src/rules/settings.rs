//! What an owner may change about a room.

use super::{Event, RoomChange, RoomState};
use crate::domain::{LineKind, Refusal, VisitorId};

impl RoomState {
    /// What happens if the owner wants it. The room may have gone to somebody else since the owner's page was made.
    pub(super) fn by_owner(&self, by: VisitorId, event: Event) -> Result<Vec<Event>, Refusal> {
        self.must_be_owner(by)?;
        Ok(vec![event])
    }

    /// Changes the room by what is not so already. People who are here see who changed what.
    pub(super) fn change_by(&self, by: VisitorId, change: &RoomChange) -> Result<Vec<Event>, Refusal> {
        let room = &self.room;
        let mut change = change.clone();
        change.title = change.title.filter(|title| *title != room.title);
        change.closed = change.closed.filter(|closed| *closed != room.closed);
        change.slow = change.slow.filter(|slow| *slow != room.slow);
        change.crowd = change.crowd.filter(|crowd| *crowd != room.crowd);
        // No password where there is none. One that is set again is another one.
        change.password_hash = change.password_hash.filter(|hash| hash.is_some() || room.locked);
        change.max = change.max.filter(|max| *max != room.max);
        let changed = self.by_owner(by, Event::Changed(change.clone(), Some(room.owner)))?;
        // Who wants nothing changed has to be the owner all the same.
        Ok(if change == RoomChange::default() {
            Vec::new()
        } else {
            changed
        })
    }
}

impl RoomChange {
    /// What people are told of it; nothing of the number of seats alone, which they see, and of whose they may be.
    pub(super) fn kind(&self) -> Option<LineKind> {
        let kinds = [
            self.title.as_ref().map(|_| LineKind::Renamed),
            self.password_hash.as_ref().map(|hash| match hash {
                Some(_) => LineKind::Locked,
                None => LineKind::Unlocked,
            }),
            self.closed.map(|closed| match closed {
                true => LineKind::Closed,
                false => LineKind::Opened,
            }),
            self.slow.map(|_| LineKind::Slowed),
        ];
        let mut told = kinds.into_iter().flatten();
        let first = told.next()?;
        Some(told.next().map_or(first, |_| LineKind::Changed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Title;

    #[test]
    fn what_changes_is_told_by_its_kind_and_several_changes_are_told_once() {
        let plain = RoomChange::default;
        let title = Some(Title::from_store("x"));
        let (locked, open) = (Some(Some("$hash".into())), Some(None));
        for (change, kind) in [
            (plain(), None),
            (
                RoomChange {
                    title: title.clone(),
                    ..plain()
                },
                Some(LineKind::Renamed),
            ),
            (
                RoomChange {
                    password_hash: locked,
                    ..plain()
                },
                Some(LineKind::Locked),
            ),
            (
                RoomChange {
                    password_hash: open,
                    ..plain()
                },
                Some(LineKind::Unlocked),
            ),
            (
                RoomChange {
                    slow: Some(0),
                    ..plain()
                },
                Some(LineKind::Slowed),
            ),
            (
                RoomChange {
                    closed: Some(true),
                    ..plain()
                },
                Some(LineKind::Closed),
            ),
            (
                RoomChange {
                    closed: Some(false),
                    ..plain()
                },
                Some(LineKind::Opened),
            ),
            (
                RoomChange {
                    title,
                    slow: Some(5),
                    ..plain()
                },
                Some(LineKind::Changed),
            ),
        ] {
            assert_eq!(change.kind(), kind, "{change:?}");
        }
    }
}
