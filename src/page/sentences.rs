//! Refusals in words, in the visitor's language.

use std::time::Duration;

use crate::{
    domain::{
        Budget, Field, Full, Holder, Invalid, Moment, Paused, Problem, Refusal, TooLarge,
        gif::{DecodeFault, GifError},
    },
    page::{
        texts::{Lang, Texts, fill, grouped},
        views::{limit_text, size_text},
    },
};

/// A refusal as one sentence that a visitor understands: what is wrong, and the limit if there is one.
pub fn sentence(refusal: &Refusal, lang: Lang) -> String {
    let t = lang.texts();
    let fixed = match refusal {
        Refusal::Invalid(invalid) => return invalid.text(t),
        Refusal::TooLarge(TooLarge::Body { limit, was }) => {
            return size_sentence(t.error.too_large_form, *limit, *was, t);
        }
        Refusal::TooLarge(TooLarge::Gif(error)) | Refusal::NotAGif(error) => return gif_sentence(*error, t),
        Refusal::GifNotFound => t.error.gif_not_found,
        Refusal::BannedFromSite { until: Some(until) } => {
            let e = &t.error;
            let texts = [
                e.banned_from_site_until,
                e.banned_from_site_hours,
                e.banned_from_site_days,
            ];
            return left_sentence(*until, texts);
        }
        Refusal::Paused(Paused::Rooms) => t.error.paused_rooms,
        Refusal::Paused(Paused::Uploads) => t.error.paused_uploads,
        Refusal::Paused(Paused::Newcomers) => t.error.paused_newcomers,
        Refusal::Banned { until: Some(until) } => {
            let e = &t.error;
            return left_sentence(*until, [e.banned_until, e.banned_hours, e.banned_days]);
        }
        Refusal::SlowMode { .. } => {
            let seconds = grouped(refusal.retry_seconds().unwrap_or(1));
            return fill(t.error.slow_mode, &[("n", &seconds)]);
        }
        Refusal::TooManySockets { limit } => return fill(t.error.too_many_tabs, &[("n", &limit.to_string())]),
        Refusal::TooManyWhispers { retry_after } => {
            let minutes = retry_after.as_secs().div_ceil(60).max(1).to_string();
            return fill(t.error.too_many_whispers, &[("n", &minutes)]);
        }
        Refusal::EditTooLate { within } => {
            let minutes = (within.as_secs() / 60).to_string();
            return fill(t.error.edit_too_late, &[("n", &minutes)]);
        }
        Refusal::BlockedGif => t.error.blocked_gif,
        Refusal::RateLimited { budget, retry_after } => return limit_sentence(*budget, *retry_after, t),
        Refusal::QuotaReached(full) => return full_sentence(*full, t),
        Refusal::Unknown { repeatable: true } => t.error.unknown_repeatable,
        plain => t.code(plain.code()).map_or("", |(sentence, _)| sentence),
    };
    fixed.to_owned()
}

/// Says what there was too much of, and when there may be more.
fn limit_sentence(budget: Budget, retry_after: Duration, t: &Texts) -> String {
    let text = &t.limited;
    let text = match budget {
        Budget::Visitors => text.visitors,
        Budget::Rooms => text.rooms,
        Budget::OpenRooms => text.open_rooms,
        Budget::Passwords => text.passwords,
        Budget::Joins => text.joins,
        Budget::Seats => text.seats,
        Budget::Messages => text.messages,
        Budget::Uploads => text.uploads,
        Budget::UploadsAtOnce { .. } => text.uploads_at_once,
        Budget::UploadBytes => text.upload_bytes,
        Budget::Invites => text.invites,
        Budget::Reports => text.reports,
        Budget::Sockets => text.sockets,
        Budget::Requests => text.requests,
        Budget::Events => text.events,
        Budget::Load => text.load,
    };
    let most = match budget {
        Budget::UploadsAtOnce { each } => grouped(each),
        _ => String::new(),
    };
    fill(text, &[("wait", &wait_text(retry_after, t)), ("n", &most)])
}

/// Says where there is no space for a GIF, and how much of it is used.
fn full_sentence(full: Full, t: &Texts) -> String {
    let text = &t.full;
    let (used, limit, shown) = match full.is_by_number() {
        true => (grouped(full.used.files), grouped(full.limit.files), text.files),
        false => (
            size_text(full.used.bytes, t.lang),
            limit_text(full.limit.bytes, t.lang),
            text.bytes,
        ),
    };
    let shown = fill(shown, &[("used", &used), ("limit", &limit)]);
    let text = match full.holder {
        Holder::Room => text.room,
        Holder::Visitor => text.visitor,
        Holder::Address => text.address,
        Holder::Site => text.site,
    };
    fill(text, &[("used", &shown)])
}

/// A time to wait, in the unit that fits, rounded up.
fn wait_text(wait: Duration, t: &Texts) -> String {
    let seconds = u64::try_from(wait.as_millis().div_ceil(1_000)).unwrap_or(u64::MAX);
    let (text, n) = match seconds {
        ..100 => (t.limited.seconds, seconds.max(1)),
        100..6_000 => (t.limited.minutes, seconds.div_ceil(60)),
        _ => (t.limited.hours, seconds.div_ceil(3_600)),
    };
    fill(text, &[("n", &grouped(n))])
}

/// Says how long a ban still lasts, as nobody here knows the time on the visitor's wall.
fn left_sentence(until: Moment, [in_minutes, in_hours, in_days]: [&str; 3]) -> String {
    let left = until.millis().saturating_sub(Moment::now().millis()).max(0);
    let minutes = left / 60_000 + 1;
    let (text, n) = match minutes {
        ..120 => (in_minutes, minutes),
        120..2_880 => (in_hours, (minutes + 59) / 60),
        _ => (in_days, (minutes + 1_439) / 1_440),
    };
    fill(text, &[("n", &n.to_string())])
}

fn size_sentence(text: &str, limit: u64, size: u64, t: &Texts) -> String {
    let (limit, size) = (limit_text(limit, t.lang), size_text(size, t.lang));
    fill(text, &[("limit", &limit), ("size", &size)])
}

/// What somebody can do about a GIF that was refused. What exactly is wrong with it, the log says.
fn gif_sentence(error: GifError, t: &Texts) -> String {
    let text = &t.gif;
    let fixed = match error {
        GifError::Empty => text.empty,
        GifError::NotAGif => t.error.not_a_gif,
        GifError::Truncated | GifError::Undecodable(DecodeFault::TooShort) => text.cut_off,
        GifError::TrailingBytes => text.trailing,
        GifError::NoFrames => text.no_frames,
        GifError::ZeroSize { .. }
        | GifError::FrameOutsideCanvas { .. }
        | GifError::NoColourTable { .. }
        | GifError::NoFrameData { .. }
        | GifError::BadLzwCodeSize { .. }
        | GifError::BadControlBlock
        | GifError::UnknownBlock { .. }
        | GifError::Undecodable(DecodeFault::Damaged) => text.damaged,
        GifError::TooManyBytes { limit, size_at_least } => {
            return size_sentence(t.error.too_large_over, limit, size_at_least, t);
        }
        GifError::TooLargeSide { limit, width, height } => {
            let sides = [
                ("width", grouped(width)),
                ("height", grouped(height)),
                ("limit", grouped(limit)),
            ];
            return fill(
                text.side,
                &sides.each_ref().map(|(name, number)| (*name, number.as_str())),
            );
        }
        GifError::TooManyFrames { limit } => return fill(text.frames, &[("limit", &grouped(limit))]),
        GifError::TooManyPixels { limit, pixels_at_least } => {
            let (limit, was) = (grouped(limit), grouped(pixels_at_least));
            return fill(text.pixels, &[("limit", &limit), ("was", &was)]);
        }
        GifError::Unreadable(_) => t.error.unavailable,
    };
    fixed.to_owned()
}

impl Invalid {
    /// The error as one sentence that names the field and the limit.
    pub fn text(self, t: &Texts) -> String {
        invalid_sentence(self, t)
    }
}

fn invalid_sentence(invalid: Invalid, t: &Texts) -> String {
    let f = &t.field;
    let name = field_name(invalid.field, t);
    let (text, limit, was) = match (invalid.field, invalid.problem) {
        (Field::Chat, Problem::Empty) => (f.chat_empty, 0, 0),
        (Field::Title, Problem::Empty) => (f.title_empty, 0, 0),
        (Field::Password, Problem::Empty) => (f.password_empty, 0, 0),
        (_, Problem::Empty) => (f.missing, 0, 0),
        (Field::Title, Problem::TooManyCharacters { limit, was }) => (f.title_too_long, limit, was),
        (Field::Alt, Problem::TooManyCharacters { limit, was }) => (f.alt_too_long, limit, was),
        (_, Problem::TooManyCharacters { limit, was }) => (f.chat_too_long, limit, was),
        (Field::Password, Problem::TooManyBytes { limit, was }) => (f.password_too_long, limit, was),
        (_, Problem::TooManyBytes { limit, was }) => (f.too_many_bytes, limit, was),
        (field, Problem::OutOfRange { min, max, was }) => return range_sentence(field, min, max, was, t),
        (_, Problem::ControlCharacter) => (f.control, 0, 0),
        (_, Problem::Invisible) => (f.invisible, 0, 0),
        (_, Problem::TooManyMarks { limit }) => (f.too_many_marks, limit, 0),
        (Field::Nonce, Problem::Malformed) => (f.nonce_shape, crate::domain::Nonce::LIMIT, 0),
        (Field::Emoji, Problem::Malformed) => (f.emoji_shape, 0, 0),
        (_, Problem::Malformed) => (f.wrong_type, 0, 0),
        (_, Problem::Twice) => (f.twice, 0, 0),
        (Field::Message, Problem::NotThere) => (f.message_gone, 0, 0),
        (_, Problem::NotThere) => (f.visitor_gone, 0, 0),
        (_, Problem::Oneself) => (f.oneself, 0, 0),
    };
    fill(
        text,
        &[("field", name), ("limit", &grouped(limit)), ("was", &grouped(was))],
    )
}

fn range_sentence(field: Field, min: u32, max: u32, was: Option<i64>, t: &Texts) -> String {
    let text = match (field, was) {
        (Field::Max, Some(_)) => t.field.max_range,
        (Field::Max, None) => t.field.max_number,
        (_, _) => t.field.range,
    };
    let (name, min, max) = (field_name(field, t), grouped(min), grouped(max));
    fill(text, &[("field", name), ("min", &min), ("limit", &max)])
}

fn field_name(field: Field, t: &Texts) -> &'static str {
    let f = &t.field;
    match field {
        Field::Title => f.title,
        Field::Max => f.max,
        Field::Password => f.password,
        Field::Chat => f.chat,
        Field::Gif => f.gif,
        Field::Alt => f.alt,
        Field::Nonce => f.nonce,
        Field::Key => f.key,
        Field::Room => f.room,
        Field::To => f.to,
        Field::Reason => f.reason,
        Field::Body => f.body,
        Field::Visitor => f.visitor,
        Field::Message | Field::Reply => f.chat,
        Field::Seconds => f.seconds,
        Field::Slow => f.slow,
        Field::Closed => f.closed,
        Field::Crowd => f.crowd,
        Field::Forbid | Field::On => field.name(),
        Field::Emoji => f.emoji,
        Field::Action => f.action,
        Field::After | Field::Before | Field::Limit | Field::Error | Field::Back => field.name(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_sentence_and_a_help() {
        let mut texts = Refusal::CODES.map(|code| Lang::En.texts().code(code)).into_iter();
        assert!(texts.all(|text| text.is_some()));
        assert_eq!(Lang::Ko.texts().code("no_such_code"), None);
    }

    #[test]
    fn the_end_of_a_ban_is_told_in_what_one_counts_by() {
        let told = |seconds: i64| {
            let until = Moment::from_millis(Moment::now().millis() + seconds * 1_000);
            sentence(&Refusal::Banned { until: Some(until) }, Lang::En)
        };
        let expected = |left: &str| format!("The owner banned you from this room for another {left}.");
        assert_eq!(told(3_500), expected("59 min"));
        assert_eq!(told(86_300), expected("24 hours"));
        assert_eq!(told(31_535_000), expected("365 days"));
    }
}
