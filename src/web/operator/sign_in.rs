//! Operators who come by a browser give their token once.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Extension,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use data_encoding::HEXLOWER;
use parking_lot::Mutex;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{
    Failure,
    asks::Asks,
    auth::{Denied, Keys, is_of_no_page},
    body::Body,
};
use crate::{domain::Operator, page::views::console::SignInPage, state::AppState, web::rendered::html};

/// How long an operator stays signed in.
const LASTS: Duration = Duration::from_secs(12 * 60 * 60);

/// Browsers that are signed in at this server; with one more, the one that came first is signed out.
const BROWSERS: usize = 100;

const COOKIE: &str = "gifchat_operator";

/// The browsers that gave a token, by the hash of what they carry since. They are forgotten when the server ends.
#[derive(Default)]
pub struct Browsers(Mutex<Vec<Browser>>);

struct Browser {
    hash: [u8; 32],
    who: Operator,
    since: Instant,
}

impl Browsers {
    /// Lets a browser in; what it is to carry.
    fn add(&self, who: Operator) -> String {
        let pass = HEXLOWER.encode(&rand::random::<[u8; 32]>());
        let mut browsers = self.0.lock();
        browsers.retain(|browser| browser.since.elapsed() < LASTS);
        if browsers.len() >= BROWSERS {
            browsers.remove(0);
        }
        browsers.push(Browser {
            hash: hash(&pass),
            who,
            since: Instant::now(),
        });
        pass
    }

    /// Who uses the browser that sent this.
    pub fn who(&self, headers: &HeaderMap) -> Option<Operator> {
        let hash = hash(pass_in(headers)?);
        let browsers = self.0.lock();
        let found = browsers
            .iter()
            .find(|browser| browser.hash == hash && browser.since.elapsed() < LASTS);
        found.map(|browser| browser.who.clone())
    }

    fn remove(&self, headers: &HeaderMap) {
        if let Some(pass) = pass_in(headers) {
            let hash = hash(pass);
            self.0.lock().retain(|browser| browser.hash != hash);
        }
    }
}

fn hash(pass: &str) -> [u8; 32] {
    Sha256::digest(pass.as_bytes()).into()
}

fn pass_in(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).iter();
    let mut pairs = cookies
        .filter_map(|cookies| cookies.to_str().ok())
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE).map(|(_, pass)| pass)
}

/// Only over HTTPS where the page came by it, which its forms say.
fn cookie(pass: &str, seconds: u64, headers: &HeaderMap) -> Result<HeaderValue, Failure> {
    let origin = headers.get(header::ORIGIN).map(HeaderValue::as_bytes);
    let secure = match origin.is_some_and(|origin| origin.starts_with(b"https://")) {
        true => "; Secure",
        false => "",
    };
    let cookie = format!("{COOKIE}={pass}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}");
    HeaderValue::try_from(cookie).map_err(|_| Failure::Refused(crate::domain::Refusal::Unavailable))
}

#[derive(Deserialize)]
pub struct Given {
    token: String,
}

/// `GET /sign-in`: where a wrong token leaves a browser. The overview asks for it.
pub async fn start() -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, "/")]).into_response()
}

/// `POST /sign-in`
pub async fn sign_in(
    State(state): State<AppState>,
    Extension(keys): Extension<Arc<Keys>>,
    asks: Asks,
    headers: HeaderMap,
    Body { given, .. }: Body<Given>,
) -> Result<Response, Failure> {
    if !is_of_no_page(&headers) {
        return Ok(Denied::Elsewhere.into_response());
    }
    match keys.of_token(&given.token) {
        Ok(who) => {
            let cookie = cookie(&keys.browsers.add(who), LASTS.as_secs(), &headers)?;
            let to_overview = [
                (header::SET_COOKIE, cookie),
                (header::LOCATION, HeaderValue::from_static("/")),
            ];
            Ok((StatusCode::SEE_OTHER, to_overview).into_response())
        }
        Err(Denied::NoToken) if asks.wants_page() => {
            let error = Some(asks.prefs.lang.texts().console.wrong_token);
            Ok((
                StatusCode::FORBIDDEN,
                html(&SignInPage {
                    page: asks.page(&state),
                    error,
                }),
            )
                .into_response())
        }
        Err(denied) => Ok(denied.into_response()),
    }
}

/// `POST /sign-out`
pub async fn sign_out(Extension(keys): Extension<Arc<Keys>>, request: Request) -> Result<Response, Failure> {
    if !is_of_no_page(request.headers()) {
        return Ok(Denied::Elsewhere.into_response());
    }
    keys.browsers.remove(request.headers());
    let out = [
        (header::SET_COOKIE, cookie("", 0, request.headers())?),
        (header::LOCATION, HeaderValue::from_static("/")),
    ];
    Ok((StatusCode::SEE_OTHER, out).into_response())
}
