//! What no client of ours sends: each with its code, nothing stored, and the server answers on.

mod events;
mod fields;
mod origin;
mod wire;

use serde_json::Value;

use crate::support::{Socket, TestApp, Visitor};

/// The id of no room.
const UNKNOWN: &str = "00000000000000000000000000000000";

/// A room with one member and one message, so that a change would be seen.
struct Stage {
    app: TestApp,
    visitor: Visitor,
    room: String,
    socket: Socket,
}

impl Stage {
    async fn with(flags: &[&str]) -> Self {
        let app = TestApp::with(flags).await;
        let visitor = app.visitor().await;
        let room = visitor.create_room("방").await;
        let mut socket = visitor.join(&room).await;
        socket.post("처음").await;
        Self {
            app,
            visitor,
            room,
            socket,
        }
    }

    async fn start() -> Self {
        Self::with(&[]).await
    }

    async fn rooms(&self) -> Value {
        self.visitor.get_json("/rooms?limit=100").await.ok().json()["data"].clone()
    }

    /// Fails when anything but the room, its owner's join and first message is there.
    async fn nothing_happened(&mut self) {
        let rooms = self.rooms().await;
        assert_eq!(rooms.as_array().unwrap().len(), 1, "{rooms}");
        assert_eq!(
            (rooms[0]["title"].as_str(), rooms[0]["max"].as_u64()),
            (Some("방"), Some(10))
        );
        assert_eq!(rooms[0]["password"], false);
        let history = self.visitor.written(&self.room).await;
        assert_eq!(history.len(), 1, "{history:?}");
        assert!(self.app.files().is_empty());
        self.app.still_answers().await;
        let second = self.socket.post("둘째").await;
        let written = self.visitor.written(&self.room).await;
        assert_eq!(
            written,
            [history[0].clone(), second],
            "the socket of somebody else is unharmed"
        );
    }
}
