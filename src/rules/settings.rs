//! What an owner may change about a room.

use super::{Event, RoomChange, RoomState};
use crate::domain::{Refusal, VisitorId};

impl RoomState {
    pub(super) fn change_by(&self, by: Option<VisitorId>, change: &RoomChange) -> Result<Vec<Event>, Refusal> {
        // The room may have gone to another while the password was hashed.
        if let Some(by) = by {
            self.must_be_owner(by)?;
        }
        Ok(vec![Event::Changed(change.clone())])
    }
}
