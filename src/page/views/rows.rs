//! The rows of the list of rooms, rendered once for all who see the same.

use std::sync::Arc;

use askama::Template;
use parking_lot::Mutex;

use super::{Page, RoomView};
use crate::{domain::Room, page::texts::Lang};

/// The rows of one page of rooms.
#[derive(Template)]
#[template(path = "_rooms.html")]
pub struct RoomRows<'a> {
    /// The frame of the page they are on.
    pub page: &'a Page<'a>,
    /// The rooms, newest first.
    pub rooms: Vec<RoomView<'a>>,
}

/// The rows rendered last, for each language. The list is asked for far more often than it changes, and rendering its
/// rows was half of the work of a page.
#[derive(Default)]
pub struct LastRows([Mutex<Option<Rendered>>; 2]);

/// Rows, and all that they were made from.
struct Rendered {
    rooms: Vec<Room>,
    /// Age of each room in minutes, the finest that a row shows.
    ages: Vec<u64>,
    html: Arc<str>,
}

impl LastRows {
    /// The rows of these rooms, as seen by somebody who owns none of them; `render` makes them when they are new.
    ///
    /// # Errors
    /// Rendering fails.
    pub fn get(
        &self,
        lang: Lang,
        rooms: &[Room],
        ages: Vec<u64>,
        render: impl FnOnce() -> askama::Result<String>,
    ) -> askama::Result<Arc<str>> {
        let [english, korean] = &self.0;
        let last = match lang {
            Lang::En => english,
            Lang::Ko => korean,
        };
        if let Some(last) = &*last.lock()
            && last.rooms == rooms
            && last.ages == ages
        {
            return Ok(Arc::clone(&last.html));
        }
        let html: Arc<str> = render()?.into();
        let rooms = rooms.to_vec();
        *last.lock() = Some(Rendered {
            rooms,
            ages,
            html: Arc::clone(&html),
        });
        Ok(html)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Max, Moment, RoomId, Title, Visitor, VisitorId};

    #[test]
    fn rows_are_rendered_again_when_anything_they_show_has_changed() {
        let room = Room {
            id: RoomId::random(),
            title: Title::from_store("움짤"),
            max: Max::from_store(5),
            count: 1,
            away: 0,
            owner: Visitor::new(VisitorId::random()),
            locked: false,
            closed: false,
            slow: 0,
            crowd: false,
            created_at: Moment::from_millis(0),
            asleep: false,
        };
        let rows = LastRows::default();
        let get = |lang, room: &Room, age, html: &str| {
            rows.get(lang, std::slice::from_ref(room), vec![age], || Ok(html.to_owned()))
                .unwrap()
                .to_string()
        };
        assert_eq!(get(Lang::En, &room, 0, "first"), "first");
        assert_eq!(get(Lang::En, &room, 0, "unused"), "first");
        assert_eq!(get(Lang::Ko, &room, 0, "other language"), "other language");
        assert_eq!(get(Lang::En, &room, 1, "older"), "older");
        let fuller = Room {
            count: 2,
            ..room.clone()
        };
        assert_eq!(get(Lang::En, &fuller, 1, "fuller"), "fuller");
        let renamed = Room {
            title: Title::from_store("짤"),
            ..fuller
        };
        assert_eq!(get(Lang::En, &renamed, 1, "renamed"), "renamed");
    }
}
