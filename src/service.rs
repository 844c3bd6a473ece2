//! What handlers call: loads, lets the store commit what the rules decide, and deletes files.

pub mod access;
pub mod deletions;
pub mod detached_tasks;
pub mod messages;
pub mod operator;
pub mod passwords;
pub mod rooms;
pub mod secrets;
