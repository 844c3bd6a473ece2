//! How an operator asks: by a browser, which gets pages and sends forms, or by anything else, which gets and sends JSON.

use std::convert::Infallible;

use askama::Template;
use axum::{
    Json,
    extract::FromRequestParts,
    http::{HeaderMap, StatusCode, Uri, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde_json::Value;

use super::auth::SignedIn;
use crate::{
    domain::{Message, Operator, RoomId, Visitor, VisitorId},
    page::views::console::{ConsolePage, Seen},
    state::AppState,
    web::{
        extract::negotiation::Prefs,
        rendered::{html, message_view, visitor_view},
    },
};

/// One request of an operator.
#[derive(Clone, Debug)]
pub struct Asks {
    /// Who asks. Before they have signed in it is nobody in particular.
    pub who: Operator,
    /// The language and theme of pages.
    pub prefs: Prefs,
    path: String,
    /// Whether by a browser that gave a token.
    pub signed_in: bool,
    by_form: bool,
    done: bool,
    /// Where a form wants to lead back to.
    back: Option<String>,
}

impl Asks {
    /// Reads it from a request that has passed the door, or has not.
    pub fn of(parts: &Parts) -> Self {
        let query = |name: &str| field(&parts.uri, name);
        Self {
            who: parts.extensions.get().cloned().unwrap_or_else(Operator::nameless),
            prefs: Prefs::of(&parts.headers),
            path: parts.uri.path().to_owned(),
            signed_in: parts.extensions.get::<SignedIn>().is_some(),
            by_form: is_form(&parts.headers),
            done: query("done").is_some(),
            back: query("back").filter(|back| is_path(back)).map(str::to_owned),
        }
    }

    /// Whether the answer is a page.
    pub const fn wants_page(&self) -> bool {
        self.prefs.page && !self.prefs.json
    }

    /// The frame of a page.
    pub fn page<'a>(&'a self, state: &'a AppState) -> ConsolePage<'a> {
        ConsolePage {
            t: self.prefs.lang.texts(),
            theme: self.prefs.theme,
            site: visitor_view(&Visitor::new(VisitorId::SITE), self.prefs.lang),
            assets: state.assets.prefix(),
            name: &state.about.name,
            path: &self.path,
            signed_in: self.signed_in,
            done: self.done,
            waiting: state.operators.site().reports.len(),
        }
    }

    /// A message of a room, as a page shows it.
    pub fn seen<'a>(&self, room: RoomId, message: &'a Message) -> Seen<'a> {
        let me = Visitor::new(VisitorId::SITE);
        Seen {
            room: room.to_string(),
            message: message_view(message, &me, self.prefs.lang.texts()),
        }
    }

    /// Answers by a page or by JSON.
    pub fn show<T: Template>(&self, json: impl FnOnce() -> Value, page: impl FnOnce() -> T) -> Response {
        if self.wants_page() {
            html(&page())
        } else {
            Json(json()).into_response()
        }
    }

    /// Answers an action: leads a form to where it came from, or to `next`.
    pub fn done(&self, next: &str, json: impl IntoResponse) -> Response {
        if !self.by_form {
            return json.into_response();
        }
        let back = self.back.as_deref().unwrap_or(next);
        (StatusCode::SEE_OTHER, [(header::LOCATION, format!("{back}?done"))]).into_response()
    }
}

impl<S: Sync> FromRequestParts<S> for Asks {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(parts))
    }
}

/// Whether a browser sent the fields of a form.
pub fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).map(|kind| kind.as_bytes());
    kind.is_some_and(|kind| kind.starts_with(b"application/x-www-form-urlencoded"))
}

fn field<'a>(uri: &'a Uri, name: &str) -> Option<&'a str> {
    let pairs = uri.query()?.split('&');
    let mut pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// Whether that is a page of this console and nothing else.
fn is_path(back: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.".contains(&byte);
    back.starts_with('/') && !back.starts_with("//") && back.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_leads_back_to_pages_of_the_console_alone() {
        for back in ["/", "/rooms/00ff", "/gifs/a_b.gif"] {
            assert!(is_path(back), "{back}");
        }
        for back in [
            "",
            "rooms",
            "//evil.example",
            "/\\evil.example",
            "/a?b",
            "/a%0d%0ab",
            "https://evil.example",
        ] {
            assert!(!is_path(back), "{back}");
        }
    }
}
