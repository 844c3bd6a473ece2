//! What pages show, in English and Korean.

pub mod about;
pub mod assets;
pub mod avatar;
pub mod manifest;
pub mod sentences;
pub mod texts;
pub mod views;
