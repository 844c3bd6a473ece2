//! What an owner may change about a room.

use super::{Event, RoomState};
use crate::domain::{Refusal, VisitorId};

impl RoomState {
    /// What happens if the owner wants it. The room may have gone to somebody else since the owner's page was made.
    pub(super) fn by_owner(&self, by: VisitorId, event: Event) -> Result<Vec<Event>, Refusal> {
        self.must_be_owner(by)?;
        Ok(vec![event])
    }
}
