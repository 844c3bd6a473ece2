use crate::domain::Invalid;

/// The form that makes a room, as it was typed. There is no place for the password and
/// the key: they never go back into a page.
#[derive(Clone, Debug, Default)]
pub struct RoomForm {
    /// As typed.
    pub title: String,
    /// As typed.
    pub max: String,
    /// What is wrong with the title.
    pub title_error: Option<Invalid>,
    /// What is wrong with the number of seats.
    pub max_error: Option<Invalid>,
    /// What is wrong with the password.
    pub password_error: Option<Invalid>,
    /// Why the key opens nothing, as a sentence.
    pub key_error: Option<String>,
}
