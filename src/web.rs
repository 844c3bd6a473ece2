//! HTTP: the table of URLs and the layers around it.

mod error;
mod extract;
mod handlers;
mod layers;
mod list;
pub mod operator;
mod rendered;
mod source;

use std::sync::Arc;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::Method,
    middleware::{from_fn, from_fn_with_state},
    routing::{any, delete, get, patch, post},
};
use socketioxide::{SocketIo, layer::SocketIoLayer};
use tower_sessions::{
    Expiry, SessionManagerLayer,
    cookie::{SameSite, time::Duration as CookieDuration},
};

pub use self::source::Peer;
use self::{
    error::ApiError,
    extract::negotiation,
    handlers::{
        files, gifs, health, install, invites, messages, moderation, pages, reactions, reports, rooms, share, sheets,
        site, whispers,
    },
    layers::{
        admitted,
        compress::{self, Compressor},
        count, door, drain_body, guard, handshake,
    },
};
use crate::{
    config::Config, domain::Refusal, realtime::sockets::Hangups, realtime::transport::WebSockets, state::AppState,
    store::Sessions,
};

/// Every URL of the site.
pub fn router(state: AppState, sessions: Sessions, (io, sockets): (SocketIo, SocketIoLayer)) -> Router {
    let upload = DefaultBodyLimit::max(usize::try_from(state.limits.gif_form()).unwrap_or(usize::MAX));
    let pages = Router::new()
        .route("/", get(pages::main))
        .route("/rooms", get(rooms::list))
        .route("/open", post(pages::open))
        .route("/room", get(pages::room).post(rooms::create))
        .route(
            "/room/{id}",
            get(pages::chat).patch(rooms::update).delete(rooms::remove),
        )
        .route("/room/{id}/enter", post(rooms::enter))
        .route("/room/{id}/leave", post(rooms::leave))
        .route("/room/{id}/delete", post(rooms::remove_by_form))
        .route(
            "/room/{id}/invite",
            get(invites::link).post(invites::invite).delete(invites::withdraw),
        )
        .route("/invite/{token}", get(invites::redeem).post(invites::redeem))
        .route("/room/{id}/chat", post(messages::post))
        .route("/room/{id}/gif", post(gifs::post).layer(upload))
        .route("/room/{id}/whisper", post(whispers::post))
        .route("/room/{id}/whisper/gif", post(gifs::whisper).layer(upload))
        .route("/room/{id}/whispers", get(whispers::list))
        .route("/room/{id}/reports", get(reports::list).post(reports::post))
        .route("/room/{id}/report", get(reports::form))
        .route("/room/{id}/reports/site", post(reports::to_site))
        .route("/room/{id}/reports/{report}", delete(reports::dismiss))
        .route("/room/{id}/reports/{report}/delete", post(reports::delete))
        .route("/room/{id}/gifs", get(messages::lately_sent))
        .route("/room/{id}/messages", get(messages::history))
        .route("/room/{id}/messages/{message}", patch(messages::edit))
        .route(
            "/room/{id}/messages/{message}/reactions",
            get(reactions::of_message).post(reactions::post),
        )
        .route("/room/{id}/reactions", get(reactions::all))
        .route("/room/{id}/moderate", post(moderation::moderate))
        .route("/room/{id}/bans", get(moderation::bans))
        .route(share::PATH, get(share::choose).post(share::lost))
        // Inside the other two: who stands before the door chooses a language, and counts.
        .layer(from_fn_with_state(state.clone(), door::pass))
        .layer(from_fn_with_state(state.clone(), admitted::pass))
        .layer(from_fn(negotiation::switch_language))
        .layer(from_fn_with_state(state.clone(), count::requests));
    let open = Router::new()
        .route(site::RULES, get(site::rules))
        .route("/door", post(site::enter))
        .layer(from_fn(negotiation::switch_language))
        .layer(from_fn_with_state(state.clone(), count::requests));
    let shared = Router::new()
        .route("/gif/{name}", get(files::gif))
        .route("/gif/{name}/still", get(files::still))
        .route("/sheets/{lang}/{name}", get(sheets::sheet))
        .layer(from_fn_with_state(state.clone(), door::pass))
        .layer(from_fn_with_state(state.clone(), admitted::pass));
    // Open to everybody, also where the site has a password: they say nothing of rooms.
    let files = Router::new()
        .route("/visitor/{file}", get(files::mark))
        .route("/assets/{version}/{*path}", get(files::asset))
        .route("/favicon.ico", get(files::favicon))
        .route("/icons/{file}", get(files::icon))
        .route("/manifest.webmanifest", get(install::manifest_file))
        .route("/sw.js", get(files::worker))
        .route("/offline/{name}", get(install::offline))
        .route("/offline/{name}/{*path}", get(files::asset))
        .route("/robots.txt", get(files::robots))
        .route(site::SECURITY, get(site::security));
    let polling = Hangups::default();
    let prepared = handshake::Sockets {
        state: state.clone(),
        websockets: WebSockets::new(&sockets, &state.config, state.stopping.clone()),
        hangups: polling.clone(),
        io,
    };
    let sockets = Router::new()
        .route("/socket.io/", any(|| async { ApiError(Refusal::NotFound) }))
        .layer(sockets)
        .layer(from_fn_with_state(prepared, handshake::prepare))
        .layer(from_fn_with_state(state.clone(), door::pass))
        .layer(from_fn_with_state(state.clone(), admitted::pass))
        .layer(from_fn_with_state((state.clone(), polling), count::sockets));
    let health = Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready));
    Router::new()
        .merge(pages)
        .merge(open)
        .merge(shared)
        .merge(files)
        .merge(sockets)
        .fallback(count::nothing)
        .method_not_allowed_fallback(count::wrong_method)
        .layer(from_fn_with_state(state.clone(), guard::same_site))
        .layer(from_fn_with_state(state.clone(), error::render))
        .layer(from_fn_with_state(Arc::new(Compressor::new()), compress::compress))
        .layer(session_layer(&state.config, sessions))
        .merge(health)
        .layer(from_fn(drain_body::drain_body))
        .layer(from_fn_with_state(state.clone(), source::find))
        .layer(from_fn_with_state(state.clone(), guard::frame))
        .with_state(state)
}

/// Sessions, by a cookie that no script sees and no other site's page sends.
fn session_layer(config: &Config, sessions: Sessions) -> SessionManagerLayer<Sessions> {
    let https = config.is_https();
    let life = CookieDuration::try_from(config.session_life).unwrap_or(CookieDuration::MAX);
    SessionManagerLayer::new(sessions)
        .with_name(if https { "__Host-gifchat" } else { "gifchat" })
        .with_secure(https)
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_path("/")
        .with_expiry(Expiry::OnInactivity(life))
}

/// Whether a request of this method may change something.
const fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}
