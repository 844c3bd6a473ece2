//! Who is an operator: whoever has a token, or, where there are none, whoever reaches the address.

use std::{
    net::IpAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Json,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use parking_lot::Mutex;
use serde_json::json;
use tracing::warn;

use crate::{
    config::Token,
    domain::Operator,
    service::secrets::Secrets,
    web::{Peer, is_safe},
};

/// Wrong tokens in a time, from everybody together: nobody guesses one, and the log stays short.
const WRONG: u32 = 20;
const WITHIN: Duration = Duration::from_secs(60);

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The tokens, and how many wrong ones came lately.
pub struct Keys {
    known: Option<(Secrets, Vec<Operator>)>,
    wrong: Mutex<(Instant, u32)>,
}

impl Keys {
    /// These, or none.
    pub fn new(tokens: Option<Vec<Token>>) -> Self {
        let known = tokens.map(|tokens| {
            let secrets = Secrets::new(tokens.iter().map(|(_, token)| token.as_str()));
            (secrets, tokens.into_iter().map(|(who, _)| who).collect())
        });
        Self {
            known,
            wrong: Mutex::new((Instant::now(), 0)),
        }
    }

    /// The operator who asks.
    fn who(&self, request: &Request) -> Result<Operator, Refused> {
        let Some((secrets, names)) = &self.known else {
            return match is_from_here(request) {
                true => Ok(Operator::nameless()),
                false => Err(Refused::Elsewhere),
            };
        };
        let mut wrong = self.wrong.lock();
        if wrong.0.elapsed() > WITHIN {
            *wrong = (Instant::now(), 0);
        }
        if wrong.1 >= WRONG {
            return Err(Refused::TooMany(WITHIN.saturating_sub(wrong.0.elapsed())));
        }
        let given = request.headers().get(header::AUTHORIZATION);
        let given = given.and_then(|given| given.to_str().ok()?.strip_prefix("Bearer "));
        let found = given.and_then(|given| names.get(secrets.which(given.trim())?));
        found.cloned().ok_or_else(|| {
            if given.is_some() {
                wrong.1 += 1;
                warn!(event = "password_refused", route = "operators", "a token is refused");
            }
            Refused::NoToken
        })
    }
}

enum Refused {
    NoToken,
    TooMany(Duration),
    Elsewhere,
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let (status, code, message) = match self {
            Self::NoToken => (
                StatusCode::UNAUTHORIZED,
                "token_required",
                "This takes a token: Authorization: Bearer TOKEN.",
            ),
            Self::TooMany(_) => (
                StatusCode::TOO_MANY_REQUESTS,
                "rate_limited",
                "Too many wrong tokens. Try again in a minute.",
            ),
            Self::Elsewhere => (
                StatusCode::FORBIDDEN,
                "cross_origin",
                "This is not for pages of other sites: ask for the address itself.",
            ),
        };
        let mut response = (status, Json(json!({ "code": code, "message": message }))).into_response();
        let headers = response.headers_mut();
        match self {
            Self::NoToken => drop(headers.insert(header::WWW_AUTHENTICATE, header::HeaderValue::from_static("Bearer"))),
            Self::TooMany(wait) => drop(headers.insert(header::RETRY_AFTER, (wait.as_secs() + 1).into())),
            Self::Elsewhere => (),
        }
        response
    }
}

/// Whether no page of another site made the request, be it by a name that leads to this machine. A socket file is no page's.
fn is_from_here(request: &Request) -> bool {
    let headers = request.headers();
    let by_file = matches!(request.extensions().get(), Some(Peer(None)));
    (by_file || is_this_machine(headers)) && (is_safe(request.method()) || is_of_no_page(headers))
}

fn is_this_machine(headers: &HeaderMap) -> bool {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or_default();
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|digit| digit.is_ascii_digit()) => name,
        _ => host,
    };
    let ip = name.trim_matches(['[', ']']).parse::<IpAddr>();
    name.eq_ignore_ascii_case("localhost") || ip.is_ok_and(|ip| ip.to_canonical().is_loopback())
}

/// Browsers say of every request whether a page made it, and older ones where that page is from.
fn is_of_no_page(headers: &HeaderMap) -> bool {
    match headers.get(SEC_FETCH_SITE).map(|site| site.as_bytes()) {
        Some(b"same-origin" | b"none") => true,
        Some(_) => false,
        None => !headers.contains_key(header::ORIGIN),
    }
}

/// Lets operators pass, and says who they are.
pub async fn pass(State(keys): State<Arc<Keys>>, mut request: Request, next: Next) -> Response {
    match keys.who(&request) {
        Ok(who) => {
            request.extensions_mut().insert(who);
            next.run(request).await
        }
        Err(refused) => refused.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_lead_to_it() {
        for (host, here) in [
            ("127.0.0.1:9000", true),
            ("localhost", true),
            ("LOCALHOST:9000", true),
            ("[::1]:9000", true),
            ("evil.example:9000", false),
            ("127.0.0.1.evil.example", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, host.parse().unwrap());
            assert_eq!(is_this_machine(&headers), here, "{host}");
        }
    }
}
