//! What pages show, in English and Korean.

pub mod assets;
pub mod avatar;
pub mod sentences;
pub mod texts;
pub mod views;
