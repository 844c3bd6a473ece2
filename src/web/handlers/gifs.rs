//! GIFs in: a multipart form, read as it comes.

use std::{
    error::Error,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    body::Body,
    extract::{FromRequest, Request, State},
    http::HeaderMap,
    response::Response,
};
use axum_extra::extract::multipart::{Field as Part, Multipart, MultipartError};
use tokio::time::{Instant, timeout, timeout_at};

use crate::{
    domain::{
        Alt, Chat, Field, GifWords, Guest, Invalid, Limits, Nonce, Problem, Refusal, RoomId, TooLarge, Visitor,
        gif::GifError,
    },
    limits::{budgets::UploadBytes, pace::Pace},
    media::uploads::{Upload, UploadSlot},
    service::messages::{addressee, answered, caption},
    state::AppState,
    web::{
        error::ApiError,
        extract::{fields::announced, negotiation::Prefs},
        handlers::{
            messages::{nonce, posted},
            rooms::Id,
        },
        layers::paced_body::{PacedBody, Unread},
    },
};

/// How long an upload may bring nothing at its beginning, until the rate holds.
const BEGINNING: Duration = Duration::from_secs(5);

/// A form with its GIF.
struct Sent {
    upload: Upload,
    words: GifWords,
    nonce: Option<Nonce>,
    to: Option<String>,
    reply: Option<String>,
}

/// What the form has brought so far.
#[derive(Default)]
struct Form {
    slot: Option<(UploadSlot, UploadBytes)>,
    upload: Option<Upload>,
    alt: Option<Alt>,
    /// Outer: whether it was given.
    caption: Option<Option<Chat>>,
    nonce: Option<Nonce>,
    to: Option<String>,
    reply: Option<String>,
}

/// Reads one form within its times.
struct Reader<'a> {
    state: &'a AppState,
    room: RoomId,
    visitor: Visitor,
    deadline: Instant,
    /// Bytes of the file that were read.
    file: Arc<AtomicU64>,
}

/// `POST /room/{id}/gif`
pub async fn post(
    State(state): State<AppState>,
    Id(room): Id,
    prefs: Prefs,
    guest: Guest,
    request: Request,
) -> Result<Response, ApiError> {
    let visitor = guest.visitor;
    let running = state.metrics.uploads.begin();
    let stored = async {
        let sent = read(&state, room, guest, request).await?;
        if sent.to.is_some() {
            return Err(Invalid::new(Field::To, Problem::Malformed).into());
        }
        let reply = answered(sent.reply.as_deref());
        let Sent {
            upload, words, nonce, ..
        } = sent;
        let messages = &state.messages;
        messages.post_gif(room, visitor, upload, (words, reply), nonce).await
    };
    let message = running.end(stored.await)?;
    Ok(posted(prefs, room, &*message))
}

/// `POST /room/{id}/whisper/gif`
pub async fn whisper(
    State(state): State<AppState>,
    Id(room): Id,
    prefs: Prefs,
    guest: Guest,
    request: Request,
) -> Result<Response, ApiError> {
    let visitor = guest.visitor;
    let running = state.metrics.uploads.begin();
    let stored = async {
        let sent = read(&state, room, guest, request).await?;
        if sent.reply.is_some() {
            return Err(Invalid::new(Field::Reply, Problem::Malformed).into());
        }
        let to = addressee(visitor, sent.to.as_deref())?;
        let Sent {
            upload, words, nonce, ..
        } = sent;
        let messages = &state.messages;
        messages.whisper_gif(room, visitor, to, upload, words, nonce).await
    };
    let whisper = running.end(stored.await)?;
    Ok(posted(prefs, room, &*whisper))
}

/// Reads the form of a request.
async fn read(state: &AppState, room: RoomId, guest: Guest, request: Request) -> Result<Sent, Refusal> {
    let config = &state.config;
    let deadline = Instant::now() + config.upload_timeout;
    check_announced(request.headers(), &state.limits)?;
    // Before the first byte: what waits for one is bounded, too.
    let announced = announced(request.headers()).unwrap_or_default();
    let (slot, bytes) = state.messages.upload_slot(&guest, announced)?;
    let file = Arc::<AtomicU64>::default();
    let pace = Pace::new(config.upload_rate, BEGINNING, config.body_timeout);
    let request = request.map(|body| Body::new(PacedBody::new(body, pace, Limits::AROUND_GIF, Arc::clone(&file))));
    let malformed = Invalid::new(Field::Body, Problem::Malformed);
    let mut multipart = Multipart::from_request(request, state).await.map_err(|_| malformed)?;
    let reader = Reader {
        state,
        room,
        visitor: guest.visitor,
        deadline,
        file,
    };
    reader.read(&mut multipart, slot, bytes).await
}

/// Refuses a form that says by itself that it is too large.
fn check_announced(headers: &HeaderMap, limits: &Limits) -> Result<(), Refusal> {
    match announced(headers) {
        Some(length) if length > limits.gif_form() => Err(too_large(limits, length)),
        _ => Ok(()),
    }
}

fn too_large(limits: &Limits, size_at_least: u64) -> Refusal {
    Refusal::TooLarge(TooLarge::Gif(GifError::TooManyBytes {
        limit: limits.gif.bytes,
        size_at_least,
    }))
}

impl Reader<'_> {
    async fn read(&self, multipart: &mut Multipart, slot: UploadSlot, bytes: UploadBytes) -> Result<Sent, Refusal> {
        let mut form = Form {
            slot: Some((slot, bytes)),
            ..Form::default()
        };
        while let Some(part) = while_it_runs(form.upload.as_ref(), self.in_time(multipart.next_field())).await? {
            self.take(&mut form, part).await?;
        }
        Ok(Sent {
            upload: form.upload.ok_or(Invalid::new(Field::Gif, Problem::Empty))?,
            words: GifWords {
                alt: form.alt.unwrap_or_default(),
                caption: form.caption.flatten(),
            },
            nonce: form.nonce,
            to: form.to,
            reply: form.reply,
        })
    }

    async fn take(&self, form: &mut Form, part: Part) -> Result<(), Refusal> {
        match part.name() {
            Some("gif") if form.upload.is_some() => Err(Invalid::new(Field::Gif, Problem::Twice).into()),
            Some("gif") => {
                let (slot, bytes) = form.slot.take().ok_or(Refusal::Unavailable)?;
                form.upload = Some(self.file(part, slot, bytes).await?);
                Ok(())
            }
            Some("alt") if form.alt.is_some() => Err(Invalid::new(Field::Alt, Problem::Twice).into()),
            Some("alt") => {
                let alt = while_it_runs(form.upload.as_ref(), self.text(part, Field::Alt)).await?;
                form.alt = Some(Alt::parse(&alt, &self.state.limits)?);
                Ok(())
            }
            Some("chat") if form.caption.is_some() => Err(Invalid::new(Field::Chat, Problem::Twice).into()),
            Some("chat") => {
                let text = while_it_runs(form.upload.as_ref(), self.text(part, Field::Chat)).await?;
                form.caption = Some(caption(&text, &self.state.limits)?);
                Ok(())
            }
            Some("nonce") if form.nonce.is_some() => Err(Invalid::new(Field::Nonce, Problem::Twice).into()),
            Some("nonce") => {
                let text = while_it_runs(form.upload.as_ref(), self.text(part, Field::Nonce)).await?;
                form.nonce = nonce(&text)?;
                Ok(())
            }
            Some("to") if form.to.is_some() => Err(Invalid::new(Field::To, Problem::Twice).into()),
            Some("to") => {
                form.to = Some(while_it_runs(form.upload.as_ref(), self.text(part, Field::To)).await?);
                Ok(())
            }
            Some("reply") if form.reply.is_some() => Err(Invalid::new(Field::Reply, Problem::Twice).into()),
            Some("reply") => {
                form.reply = Some(while_it_runs(form.upload.as_ref(), self.text(part, Field::Reply)).await?);
                Ok(())
            }
            _ => Err(Invalid::new(Field::Body, Problem::Malformed).into()),
        }
    }

    async fn file(&self, mut part: Part, slot: UploadSlot, mut bytes: UploadBytes) -> Result<Upload, Refusal> {
        let mut upload = self.state.messages.begin_gif(self.room, self.visitor, slot).await?;
        loop {
            let chunk = while_it_runs(Some(&upload), self.in_time(part.chunk())).await?;
            let Some(chunk) = chunk else { return Ok(upload) };
            self.file.fetch_add(chunk.len() as u64, Ordering::Relaxed);
            bytes.came(chunk.len())?;
            self.state.messages.must_take_uploads()?;
            upload.push(&chunk).await?;
        }
    }

    async fn text(&self, mut part: Part, field: Field) -> Result<String, Refusal> {
        let mut bytes = Vec::new();
        while let Some(chunk) = self.in_time(part.chunk()).await? {
            bytes.extend_from_slice(&chunk);
            // Far beyond what any text field may hold; what it may hold is checked where it is parsed.
            if bytes.len() > self.state.limits.body {
                let (limit, was) = (self.state.limits.body, bytes.len());
                return Err(Invalid::new(field, Problem::TooManyBytes { limit, was }).into());
            }
        }
        String::from_utf8(bytes).map_err(|_| Invalid::new(field, Problem::Malformed).into())
    }

    /// Waits for the next part of the form, within the time for a part and that for the whole.
    async fn in_time<T>(&self, next: impl Future<Output = Result<T, MultipartError>>) -> Result<T, Refusal> {
        let next = timeout(self.state.config.body_timeout, next);
        let next = timeout_at(self.deadline, next).await.map_err(|_| Refusal::TimedOut)?;
        next.map_err(|_| Refusal::TimedOut)?
            .map_err(|error| match error.status().as_u16() {
                _ if is_too_slow(&error) => Refusal::TimedOut,
                413 => too_large(&self.state.limits, self.state.limits.gif.bytes + 1),
                _ => Invalid::new(Field::Body, Problem::Malformed).into(),
            })
    }
}

/// Reads more of a form until another upload takes the turn of this one, if it has begun.
async fn while_it_runs<T>(
    upload: Option<&Upload>,
    more: impl Future<Output = Result<T, Refusal>>,
) -> Result<T, Refusal> {
    let Some(upload) = upload else { return more.await };
    tokio::select! {
        more = more => more,
        refusal = upload.ended() => Err(refusal),
    }
}

/// Whether the body was given up because of its pace. The parser wraps that as it does any error.
fn is_too_slow(error: &MultipartError) -> bool {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(Unread::TooSlow) = error.downcast_ref() {
            return true;
        }
        cause = error.source();
    }
    false
}
