//! Who is an operator: whoever has a token, or, where there are none, whoever reaches the address.

use std::{
    net::IpAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use parking_lot::Mutex;
use tracing::warn;

use super::{Said, sign_in::Browsers};
use crate::{
    config::Token,
    domain::Operator,
    service::secrets::Secrets,
    web::{Peer, is_safe},
};

/// Wrong tokens in a time, from everybody together: nobody guesses one, and the log stays short. Right ones are let in all the
/// same, or whoever reaches the address could lock operators out.
const WRONG: u32 = 20;
const WITHIN: Duration = Duration::from_secs(60);

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// What is said to who has no token. A page asks for it then.
pub const TOKEN_REQUIRED: &str = "token_required";

/// Marks a request of a browser that is signed in.
#[derive(Clone, Copy)]
pub struct SignedIn;

/// The tokens, who came in by one, and how many wrong ones came lately.
pub struct Keys {
    pub browsers: Browsers,
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
            browsers: Browsers::default(),
            known,
            wrong: Mutex::new((Instant::now(), 0)),
        }
    }

    /// The operator who asks, and whether by a browser that is signed in.
    fn who(&self, request: &Request) -> Result<(Operator, bool), Denied> {
        if self.known.is_none() {
            return match is_from_here(request) {
                true => Ok((Operator::nameless(), false)),
                false => Err(Denied::Elsewhere),
            };
        }
        let headers = request.headers();
        if let Some(given) = bearer(headers) {
            return Ok((self.of_token(given)?, false));
        }
        let who = self.browsers.who(headers).ok_or(Denied::NoToken)?;
        match is_safe(request.method()) || is_of_no_page(headers) {
            true => Ok((who, true)),
            false => Err(Denied::Elsewhere),
        }
    }

    /// Whose token it is.
    pub fn of_token(&self, given: &str) -> Result<Operator, Denied> {
        let Some((secrets, names)) = &self.known else {
            return Err(Denied::NoToken);
        };
        let found = secrets.which(given.trim()).and_then(|at| names.get(at));
        found.cloned().ok_or_else(|| self.count_wrong())
    }

    fn count_wrong(&self) -> Denied {
        let mut wrong = self.wrong.lock();
        if wrong.0.elapsed() > WITHIN {
            *wrong = (Instant::now(), 0);
        }
        if wrong.1 >= WRONG {
            return Denied::TooMany(WITHIN.saturating_sub(wrong.0.elapsed()));
        }
        wrong.1 += 1;
        warn!(event = "password_refused", route = "operators", "a token is refused");
        Denied::NoToken
    }
}

/// The token of a request. What is meant for somebody in between, such as a password of a proxy, is none.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let given = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = given.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}

/// Why somebody is no operator.
pub enum Denied {
    NoToken,
    TooMany(Duration),
    Elsewhere,
}

impl IntoResponse for Denied {
    fn into_response(self) -> Response {
        let (status, code, message) = match self {
            Self::NoToken => (
                StatusCode::UNAUTHORIZED,
                TOKEN_REQUIRED,
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
        let sentence = message.to_owned();
        let mut response = Said { code, sentence }.with(status);
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

/// Whether no page of another site made the request. Browsers say so, or where that page is from.
pub fn is_of_no_page(headers: &HeaderMap) -> bool {
    match headers.get(SEC_FETCH_SITE).map(|site| site.as_bytes()) {
        Some(b"same-origin" | b"none") => true,
        Some(_) => false,
        None => headers.get(header::ORIGIN).is_none_or(|origin| {
            let origin = origin.to_str().unwrap_or_default();
            let authority = origin.split_once("://").map(|(_, authority)| authority.as_bytes());
            authority.is_some() && authority == headers.get(header::HOST).map(|host| host.as_bytes())
        }),
    }
}

/// Lets operators pass, and says who they are, also to what answers them.
pub async fn pass(State(keys): State<Arc<Keys>>, mut request: Request, next: Next) -> Response {
    let (who, signed_in) = match keys.who(&request) {
        Ok(known) => known,
        Err(denied) => return denied.into_response(),
    };
    request.extensions_mut().insert(who);
    if !signed_in {
        return next.run(request).await;
    }
    request.extensions_mut().insert(SignedIn);
    let mut response = next.run(request).await;
    response.extensions_mut().insert(SignedIn);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_that_of_the_bearer_scheme_in_any_case() {
        for (given, token) in [
            ("Bearer 0123", Some("0123")),
            ("bearer 0123", Some("0123")),
            ("Basic 0123", None),
            ("0123", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, given.parse().unwrap());
            assert_eq!(bearer(&headers), token, "{given}");
        }
    }

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
