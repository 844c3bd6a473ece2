//! Negotiates language, theme, and HTML or JSON.

use std::convert::Infallible;

use axum::{
    extract::{FromRequestParts, Request},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::page::{texts::Lang, views::Theme};

/// A year, in seconds.
const REMEMBERED: u32 = 31_536_000;

/// What the visitor prefers.
#[derive(Clone, Copy, Debug)]
pub struct Prefs {
    /// The language of pages and sentences.
    pub lang: Lang,
    /// The theme that was chosen, if one was.
    pub theme: Option<Theme>,
    /// Whether the answer is to be JSON.
    pub json: bool,
    /// Whether a browser asks for a page to show, as opposed to a script or a bot.
    pub page: bool,
}

impl Prefs {
    /// Reads them from the headers of a request.
    pub fn of(headers: &HeaderMap) -> Self {
        let accept = text(headers, header::ACCEPT);
        let lang = cookie(headers, "lang").and_then(Lang::parse);
        Self {
            lang: lang.unwrap_or_else(|| negotiate(text(headers, header::ACCEPT_LANGUAGE))),
            theme: cookie(headers, "theme").and_then(Theme::parse),
            json: accept.contains("application/json"),
            page: accept.contains("text/html"),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Prefs {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers))
    }
}

fn text(headers: &HeaderMap, name: HeaderName) -> &str {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

/// The value of a cookie that is not the session's.
fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let pairs = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let mut pairs = pairs
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    pairs.find_map(|(key, value)| (key == name).then_some(value))
}

/// The language of ours that `Accept-Language` weighs most; the earlier of two equals (RFC 9110, 12.5.4).
fn negotiate(accepted: &str) -> Lang {
    let mut best = (Lang::default(), 0.0);
    for range in accepted.split(',') {
        let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
        let weight = parameters
            .trim()
            .strip_prefix("q=")
            .map_or(1.0, |q| q.trim().parse().unwrap_or(0.0));
        if let Some(lang) = Lang::parse(tag)
            && weight > best.1
        {
            best = (lang, weight);
        }
    }
    best.0
}

/// Answers `?lang=ko` on any page by remembering it and leading back to the same page without it.
pub async fn switch_language(request: Request, next: Next) -> Response {
    let query = request.uri().query().unwrap_or_default();
    let wanted = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("lang="))
        .and_then(Lang::parse);
    let Some(lang) = wanted.filter(|_| crate::web::is_safe(request.method())) else {
        return next.run(request).await;
    };
    let rest: Vec<_> = query.split('&').filter(|pair| !pair.starts_with("lang=")).collect();
    let path = request.uri().path();
    let back = if rest.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{}", rest.join("&"))
    };
    let remember = format!("lang={}; Path=/; Max-Age={REMEMBERED}; SameSite=Lax", lang.tag());
    // `//host` would lead to another site; such a path has no page here.
    let back = if back.starts_with("//") { "/".to_owned() } else { back };
    match (HeaderValue::try_from(back), HeaderValue::try_from(remember)) {
        (Ok(back), Ok(remember)) => (
            StatusCode::SEE_OTHER,
            [(header::LOCATION, back), (header::SET_COOKIE, remember)],
        )
            .into_response(),
        _ => next.run(request).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_the_one_that_weighs_most() {
        assert_eq!(negotiate(""), Lang::En);
        assert_eq!(negotiate("ko-KR,ko;q=0.9,en-US;q=0.8"), Lang::Ko);
        assert_eq!(negotiate("en;q=0.5, ko;q=0.7"), Lang::Ko);
        assert_eq!(negotiate("fr, en;q=0.3, ko;q=0.2"), Lang::En);
        assert_eq!(negotiate("ko;q=oops"), Lang::En);
    }

    #[test]
    fn a_choice_wins_over_the_browser() {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static("ko"));
        headers.insert(header::COOKIE, HeaderValue::from_static("a=b; lang=en; theme=dark"));
        let prefs = Prefs::of(&headers);
        assert_eq!((prefs.lang, prefs.theme), (Lang::En, Some(Theme::Dark)));
    }
}
