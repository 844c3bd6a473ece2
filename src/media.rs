//! GIFs: what is checked of their bytes, and where they are on disk.

pub mod gif;
pub mod uploads;
