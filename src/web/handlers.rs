//! What answers a URL, a file for each kind of thing.

pub mod files;
pub mod gifs;
pub mod health;
pub mod install;
pub mod invites;
pub mod messages;
pub mod moderation;
pub mod pages;
pub mod reactions;
pub mod reports;
pub mod rooms;
pub mod share;
pub mod sheets;
pub mod site;
pub mod whispers;
