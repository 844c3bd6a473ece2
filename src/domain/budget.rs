//! What the site lets somebody have only so much of in a time.

/// What is limited, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Budget {
    /// New sessions.
    Visitors,
    /// New rooms.
    Rooms,
    /// Rooms that are open at once.
    OpenRooms,
    /// Wrong passwords.
    Passwords,
    /// Joins of rooms.
    Joins,
    /// Seats of one room, for the people of one address.
    Seats,
    /// Messages, whispers, edits and reactions.
    Messages,
    /// Uploads of GIFs.
    Uploads,
    /// Uploads that run side by side.
    UploadsAtOnce {
        /// Of a visitor, and of an address.
        each: usize,
    },
    /// Bytes of uploads.
    UploadBytes,
    /// Invites that are made.
    Invites,
    /// Reports.
    Reports,
    /// New sockets, and those that are open at once.
    Sockets,
    /// Requests of pages and of what changes something.
    Requests,
    /// Events of sockets.
    Events,
    /// What the server can do at once, whoever asks.
    Load,
}

impl Budget {
    /// All of them; a number is no part of the name.
    pub const ALL: [Self; 16] = [
        Self::Visitors,
        Self::Rooms,
        Self::OpenRooms,
        Self::Passwords,
        Self::Joins,
        Self::Seats,
        Self::Messages,
        Self::Uploads,
        Self::UploadsAtOnce { each: 0 },
        Self::UploadBytes,
        Self::Invites,
        Self::Reports,
        Self::Sockets,
        Self::Requests,
        Self::Events,
        Self::Load,
    ];

    /// The name in flags, logs and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Visitors => "visitors",
            Self::Rooms => "rooms",
            Self::OpenRooms => "open_rooms",
            Self::Passwords => "passwords",
            Self::Joins => "joins",
            Self::Seats => "seats",
            Self::Messages => "messages",
            Self::Uploads => "uploads",
            Self::UploadsAtOnce { .. } => "uploads_at_once",
            Self::UploadBytes => "upload_bytes",
            Self::Invites => "invites",
            Self::Reports => "reports",
            Self::Sockets => "sockets",
            Self::Requests => "requests",
            Self::Events => "events",
            Self::Load => "load",
        }
    }
}
