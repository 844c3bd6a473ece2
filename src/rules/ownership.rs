//! Who becomes the owner when the owner stays away.

use super::{Graces, Now, RoomState, now::elapsed};
use crate::domain::Visitor;

impl RoomState {
    /// The next owner, if this one has been absent for too long: the connected member who has been here longest.
    pub(super) fn successor(&self, graces: Graces, now: Now) -> Option<Visitor> {
        self.owner_absent_since
            .filter(|since| elapsed(*since, now) >= graces.owner)?;
        let connected = self.seats.iter().find(|seat| !seat.holds.is_empty())?;
        Some(connected.visitor)
    }
}
