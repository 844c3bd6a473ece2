//! `gifchat admin`: asks the interface for operators, from a shell.

use std::{fmt::Write as _, time::Duration};

use axum::http::{Method, Request, StatusCode, header};
use hyper::{body::Bytes, client::conn::http1};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::{
    net::{TcpStream, UnixStream},
    time::timeout,
};
use tokio_util::either::Either;

use crate::{
    config::{Action, BanTime, Config, Listen, Pausable},
    domain::hashes_in,
};

/// Time for the whole answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// Bytes of an answer at most: a page of a room has no more.
const ANSWER: usize = 8 << 20;

impl Action {
    /// The method, the path and the body of the request.
    fn request(&self) -> (Method, String, Option<Value>) {
        let get = |path: String| (Method::GET, path, None);
        let post = |path: String, body: Value| (Method::POST, path, Some(body));
        let because = |why: &Option<String>| json!({ "why": why.as_deref().unwrap_or_default() });
        match self {
            Self::Show => get("/".into()),
            Self::Rooms { after: None } => get("/rooms".into()),
            Self::Rooms { after: Some(after) } => get(format!("/rooms?after={}", part(after))),
            Self::Room { room, before: None } => get(format!("/rooms/{}", part(room))),
            Self::Room {
                room,
                before: Some(before),
            } => get(format!("/rooms/{}?before={before}", part(room))),
            Self::RemoveRoom { room, why } => post(format!("/rooms/{}/remove", part(room)), because(why)),
            Self::RemoveMessage { room, message, why } => post(
                format!("/rooms/{}/messages/{}/remove", part(room), part(message)),
                because(why),
            ),
            Self::Reports => get("/reports".into()),
            Self::Dismiss { report, why } => post(format!("/reports/{report}/dismiss"), because(why)),
            Self::Find { what } if what.ends_with(".gif") => get(format!("/gifs/{}", part(what))),
            Self::Find { what } => get(format!("/visitors/{}", part(what))),
            Self::RemoveGif { gif, why } => post(format!("/gifs/{}/remove", part(gif)), because(why)),
            Self::Bans => get("/bans".into()),
            Self::Ban { who, time, why } => {
                let seconds = match time {
                    BanTime::Good => None,
                    BanTime::Seconds(seconds) => Some(seconds),
                };
                let why = why.as_deref().unwrap_or_default();
                post("/bans".into(), json!({ "who": who, "seconds": seconds, "why": why }))
            }
            Self::Lift { ban, why } => post(format!("/bans/{ban}/lift"), because(why)),
            Self::Pause { what, reason } => {
                let has = |which| what.contains(&which);
                let body = json!({
                    "rooms": has(Pausable::Rooms), "uploads": has(Pausable::Uploads),
                    "newcomers": has(Pausable::Newcomers), "why": reason.as_deref().unwrap_or_default(),
                });
                post("/pauses".into(), body)
            }
            Self::Notice { text, why } => {
                let [text, why] = [text, why].map(|given| given.as_deref().unwrap_or_default());
                post("/notice".into(), json!({ "text": text, "why": why }))
            }
            Self::Block { hashes, reason } => {
                let why = reason.as_deref().unwrap_or_default();
                post("/blocked".into(), json!({ "hashes": hashes, "why": why }))
            }
            Self::Unblock { hashes, reason } => {
                let why = reason.as_deref().unwrap_or_default();
                post("/blocked/remove".into(), json!({ "hashes": hashes, "why": why }))
            }
            Self::Blocked => get("/blocked".into()),
            Self::Audit => get("/audit".into()),
        }
    }
}

/// A part of a path or a query: ids have letters and digits, and anything else names nothing.
fn part(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte) {
            out.push(byte.into());
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// The same with what files hold in the place of their paths.
fn with_files(action: &Action) -> Result<Action, String> {
    let mut action = action.clone();
    if let Action::Block { hashes, .. } | Action::Unblock { hashes, .. } = &mut action {
        *hashes = all_of(hashes)?;
    }
    Ok(action)
}

/// These hashes, and those in these files.
fn all_of(hashes: &[String]) -> Result<Vec<String>, String> {
    let mut all = Vec::new();
    for hash in hashes {
        if hash.len() == 64 && hash.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            all.push(hash.clone());
            continue;
        }
        let text = std::fs::read_to_string(hash).map_err(|error| format!("{hash}: {error}"))?;
        all.extend(hashes_in(&text).into_iter().map(str::to_owned));
    }
    Ok(all)
}

/// Does it; what to print.
///
/// # Errors
/// A sentence: nobody answers there, or it was refused.
pub async fn run(action: &Action, config: &Config) -> Result<String, String> {
    let settings = &config.operators;
    let Some(listen) = &settings.admin else {
        return Err("--admin: it says where to ask, as it does for the server".to_owned());
    };
    let action = &with_files(action)?;
    let token = settings.tokens()?.and_then(|tokens| tokens.into_iter().next());
    let asked = ask(listen, action, token.map(|(_, token)| token));
    let (status, body) = match timeout(ANSWER_TIMEOUT, asked).await {
        Ok(answer) => answer.map_err(|error| format!("--admin {listen}: {error}"))?,
        Err(_) => {
            return Err(format!(
                "--admin {listen}: no answer within {} s",
                ANSWER_TIMEOUT.as_secs()
            ));
        }
    };
    let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
    if !status.is_success() {
        let said = answer["message"].as_str().map(str::to_owned);
        let said = said.unwrap_or_else(|| String::from_utf8_lossy(&body).into_owned());
        return Err(format!("{said} ({status})"));
    }
    if *action == Action::Blocked {
        let hashes = answer["blocked"].as_array().into_iter().flatten();
        return Ok(hashes.filter_map(Value::as_str).collect::<Vec<_>>().join("\n"));
    }
    match answer.is_null() {
        true => Ok("done".to_owned()),
        false => serde_json::to_string_pretty(&answer).map_err(|error| error.to_string()),
    }
}

async fn ask(listen: &Listen, action: &Action, token: Option<String>) -> Result<(StatusCode, Bytes), String> {
    let wrong = |error: &dyn std::error::Error| error.to_string();
    let (stream, host) = match listen {
        Listen::Address(address) => {
            let stream = TcpStream::connect(address).await.map_err(|error| wrong(&error))?;
            (Either::Left(stream), address.to_string())
        }
        Listen::Socket(path) => {
            let stream = UnixStream::connect(path).await.map_err(|error| wrong(&error))?;
            (Either::Right(stream), "localhost".to_owned())
        }
    };
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| wrong(&error))?;
    let connection = tokio::spawn(connection);
    let (method, path, body) = action.request();
    let mut request = Request::builder().method(method).uri(path).header(header::HOST, host);
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    if body.is_some() {
        request = request.header(header::CONTENT_TYPE, "application/json");
    }
    let body = axum::body::Body::from(body.map(|body| body.to_string()).unwrap_or_default());
    let request = request.body(body).map_err(|error| wrong(&error))?;
    let answer = sender.send_request(request).await.map_err(|error| wrong(&error))?;
    let status = answer.status();
    let body = axum::body::to_bytes(axum::body::Body::new(answer.into_body()), ANSWER).await;
    connection.abort();
    Ok((status, body.map_err(|error| wrong(&error))?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_stays_within_its_part_of_the_path() {
        assert_eq!(part("5f-a_b.C:1"), "5f-a_b.C:1");
        assert_eq!(part("../x?y=z é"), "..%2Fx%3Fy%3Dz%20%C3%A9");
        let room = Action::Room {
            room: "a/b".into(),
            before: Some(7),
        };
        assert_eq!(room.request().1, "/rooms/a%2Fb?before=7");
    }
}
