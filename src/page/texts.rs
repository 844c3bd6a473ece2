//! Every sentence of the site, looked up once per language and then read as plain fields.

mod emoji;

use std::{borrow::Cow, sync::LazyLock};

use serde::Serialize;
use serde_json::json;

/// A language of the site.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Korean.
    Ko,
}

impl Lang {
    /// The tag for `lang` attributes, `?lang=` and the cookie.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ko => "ko",
        }
    }

    /// Reads a tag as `?lang=` and the cookie carry it; regions are ignored (`ko-KR`).
    pub fn parse(tag: &str) -> Option<Self> {
        match tag.trim().split(['-', '_']).next() {
            Some(main) if main.eq_ignore_ascii_case("ko") => Some(Self::Ko),
            Some(main) if main.eq_ignore_ascii_case("en") => Some(Self::En),
            _ => None,
        }
    }

    /// What the language switch leads to.
    pub const fn other(self) -> Self {
        match self {
            Self::En => Self::Ko,
            Self::Ko => Self::En,
        }
    }

    /// The texts in this language.
    pub fn texts(self) -> &'static Texts {
        &TEXTS[self as usize]
    }
}

static TEXTS: LazyLock<[Texts; 2]> = LazyLock::new(|| [Lang::En, Lang::Ko].map(|lang| Texts::load(lang).finished()));

/// Looked up once per process and language, so the text may live as long as the process. A missing key shows itself.
fn look_up(lang: Lang, key: &'static str) -> &'static str {
    match crate::_rust_i18n_try_translate(lang.tag(), key) {
        Some(Cow::Borrowed(text)) => text,
        Some(Cow::Owned(text)) => text.leak(),
        None => key,
    }
}

macro_rules! texts {
    ($($(#[$doc:meta])* $group:ident: $Group:ident { $($field:ident),+ $(,)? })+) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Serialize)]
            pub struct $Group {
                $(#[doc = concat!("`", stringify!($group), ".", stringify!($field), "` of `src/locales`.")] pub $field: &'static str,)+
            }
        )+

        /// All texts of one language. `%{…}` in a text is filled by [`fill`].
        #[derive(Debug)]
        pub struct Texts {
            /// The language of these texts.
            pub lang: Lang,
            $($(#[$doc])* pub $group: $Group,)+
            /// Texts with one place, split there once, for what is written often.
            pub split: Split,
            /// The texts that scripts need, as JSON that is safe inside a `<script>` element.
            pub scripts: Scripts,
        }

        impl Texts {
            fn load(lang: Lang) -> Self {
                $(let $group = $Group {
                    $($field: look_up(lang, concat!(stringify!($group), ".", stringify!($field))),)+
                };)+
                Self { lang, $($group,)+ split: Split::default(), scripts: Scripts::default() }
            }

            /// Every key with its text, for tests and tools.
            pub fn all(&self) -> Vec<(&'static str, &'static str)> {
                vec![$($((concat!(stringify!($group), ".", stringify!($field)), self.$group.$field),)+)+]
            }
        }
    };
}

texts! {
    /// The frame of every page.
    site: Site { notice, skip, me, other_language, theme_now, theme_system, theme_light, theme_dark, see_rooms, home, make_room,
        close, foot, away, away_old, away_retry }
    /// The rules of the site.
    rules: RulesText { title, agree }
    /// How long ago something was.
    ago: Ago { now, minute, minutes, hour, hours, day, days }
    /// The time of a clock.
    clock: Clock { am, pm }
    /// The list of open rooms.
    rooms: Rooms { asleep, closed, title, lead, empty_title, empty_text, more, locked, mine, owner, seats, enter, full, no_script,
        unlisted_title, unlisted_text, address, address_help, address_wrong }
    /// The form that makes a room.
    make: Make { title, lead, name, name_help, name_help_unlisted, max, max_help, password, optional, password_help, key, key_help, submit, preview,
        preview_label, preview_title, no_script }
    /// The door of a locked room.
    gate: Gate { head, locked, password, submit }
    /// The door of a site that has a password.
    door: DoorText { title, submit }
    /// The page of a room.
    chat: Chat { away, leave, locked, people, owner, members, log, log_keys, skip, older, older_gone, empty, first_gif, message,
        placeholder, send,
        pick, queue, drop_title, drop_text, no_script, gif_play, gif_pause, gif_no_alt, gif_open, gif_load, motion, more,
        writing, notify, sending, failed,
        retry, delete, alt_label, alt_placeholder, cancel_upload, clear_refused }
    /// The question before the last person leaves.
    leave: LeaveText { title, text, away_title, away_text, leave, stay }
    /// The GIFs lately sent.
    tray: Tray { title, open, empty, hint, hint_add, play, again, add, add_this }
    /// Choosing a room for GIFs that were shared from elsewhere.
    share: Share { title, lead, open, none_title, none_text, lost_title, lost_text }
    /// The large view of a GIF.
    viewer: Viewer { earlier, later, download, again, deleted }
    /// Whispers to one person.
    whisper: Whisper { whisper, with, lead, log, text, without, list, came, unread, unread_one }
    /// Inviting others.
    invite: Invite { title, open, locked, secret, qr, link, copy, copied, copy_self, share, anew, withdraw, withdrawn }
    /// Reports to the owner.
    report: Report { report, owner_title, owner_text, title, text, text_both, text_site, to_owner, to_site, room, room_title, room_text, reason, send, sent, sent_site, list, none, dismiss, dismissed, delete, show, came }
    /// Answering a message.
    reply: ReplyText { reply, to, quote, gone, cancel }
    /// Reacting to a message.
    react: React { react, list, emoji, other, who, others, none }
    /// The emoji one can react with at a touch.
    emoji: EmojiNames { thumbs_up, heart, joy, rolling, smile, heart_eyes, kiss, cool, thinking, surprised, blown, sad, crying, angry, eye_roll, party, tada, clap, pray, strong, eyes, fire, hundred, thumbs_down }
    /// Changing what one said.
    edit: Edit { edit, now, caption, cancel, edited, edited_at }
    /// People one does not want to hear.
    mute: Mute { mute, undo, done, undone, line }
    /// What happened in a room.
    line: LineText { joined, joined_many, left, owner, kicked, banned, cleared, deleted, renamed, locked, unlocked, slowed, closed, opened, changed }
    /// The owner's tools.
    owner: Owner { edit, edit_title, password, password_help, password_remove, save, cancel, delete, delete_title,
        delete_text, closed, closed_help, crowd, crowd_help, slow, slow_help, kick, kick_title, kick_text, ban, ban_title,
        ban_text, ban_long, ban_hour, ban_day, ban_life, unban, banned, handover, handover_title, handover_text,
        delete_message, delete_message_title, delete_message_text, delete_message_forbid,
        clear, clear_title, clear_text, clear_forbid, saved, kick_done, ban_done, unban_done, handover_done,
        delete_message_done, clear_done }
    /// What only scripts say in a room.
    talk: Talk { reconnecting, back, missed, missed_one, newest, new_one, writes, write, copy, undo, copied, notify_denied, sent_gif,
        room_gone, kept, no_line, file_kept, slow_wait, connect_now, polling, polling_post, new_messages,
        today, yesterday, left_over, left_one, too_many, too_many_gifs, caption, upload_ready, upload_waiting, upload_checking,
        upload_failed, upload_progress, only_gifs, no_answer }
    /// Being no longer in a room, or not let in.
    out: Out { refused, reload, taken, waiting, gone, gone_more, wait, rejoin }
    /// What is wrong with a field.
    field: Field { title, max, password, key, chat, alt, emoji, emoji_shape, nonce, gif, title_empty, title_too_long, max_range, max_number,
        password_too_long, password_empty, chat_empty, chat_too_long, alt_too_long, control, invisible, too_many_marks, wrong_type, nonce_shape,
        missing, twice, room, to, reason, body, too_many_bytes, range, visitor, seconds, slow, crowd, closed, action,
        message_gone, visitor_gone, oneself }
    /// One sentence for each code.
    error: ErrorText { banned_from_site, banned_from_site_until, banned_from_site_hours, banned_from_site_days, blocked_gif, paused_rooms, paused_uploads, paused_newcomers, room_not_found, wrong_password, site_password_required, wrong_key, rooms_closed, room_full, not_a_member, not_the_owner, invalid, too_large, too_large_form,
        too_large_over, too_large_any, not_a_gif, rate_limited, cross_origin, storage_full, unavailable, page_not_found,
        gif_not_found, method_not_allowed, timed_out, closed, kicked, banned, banned_until, banned_hours, banned_days, too_many_tabs, too_many_whispers, slow_mode, forbidden_gif, invite_not_found,
        visitor_not_found, message_not_found, not_the_author, edit_too_late, edit_over, not_editable, too_many_reactions, report_not_found, owner_report, unknown,
        unknown_repeatable }
    /// What there was too much of in a short time, and when to try again.
    limited: LimitedText { visitors, rooms, open_rooms, passwords, joins, seats, messages, uploads, uploads_at_once, upload_bytes, invites, reports, sockets,
        requests, events, load, seconds, minutes, hours }
    /// Where there is no space for a GIF.
    full: FullText { room, visitor, address, site, bytes, files }
    /// What is wrong with a GIF.
    gif: GifText { empty, cut_off, damaged, no_frames, trailing, side, frames, pixels }
    /// The operators' console.
    console: ConsoleText {
        title, sign_in, sign_out, token, token_help, wrong_token, overview, reports, rooms, find, bans, blocked,
        audit, done, why, why_help, of, people, gifs, bytes, pauses, pauses_help, pause_rooms, pause_uploads,
        pause_newcomers, save_pauses, notice, notice_text, notice_help, save_notice, reports_none, of_title,
        of_message, its_room, room_gone, message_gone, dismiss, rooms_none, room_title, messages, opened, owner,
        next_page, older, remove, remove_message, remove_room, remove_room_text, find_label, find_help, find_wrong,
        is_in, is_nowhere, wrote, wrote_nothing, first_frame, file, near, near_help, near_one, whispered, remove_gif, remove_gif_text, block,
        block_text, unblock, hashes, blocked_count, export, bans_none, ban, lift, who, who_help, how_long, hour, day,
        week, for_good, until, audit_none, when, by, what, target
    }
    /// What one can do after the error of that code.
    help: Help { banned_from_site, paused, room_not_found, wrong_password, site_password_required, wrong_key, rooms_closed, room_full, not_a_member, not_the_owner, invalid, too_large, not_a_gif,
        rate_limited, cross_origin, storage_full, unavailable, page_not_found, method_not_allowed, timed_out, closed, kicked,
        banned, slow_mode, forbidden_gif, invite_not_found, visitor_not_found, message_not_found,
        not_the_author, edit_too_late, not_editable, too_many_reactions, report_not_found, owner_report, unknown }
}

/// The data block `<script type="application/json" id="texts">` of each page that needs one.
#[derive(Debug, Default)]
pub struct Scripts {
    /// For main.html.
    pub main: String,
    /// For room.html.
    pub room: String,
    /// For chat.html.
    pub chat: String,
}

/// What stands before and after the one place of a text.
#[derive(Debug, Default)]
pub struct Split {
    /// `rooms.owner`.
    pub owner: (&'static str, &'static str),
    /// `ago.minutes`.
    pub minutes: (&'static str, &'static str),
    /// `ago.hours`.
    pub hours: (&'static str, &'static str),
    /// `ago.days`.
    pub days: (&'static str, &'static str),
    /// `line.joined`.
    pub joined: (&'static str, &'static str),
    /// `line.left`.
    pub left: (&'static str, &'static str),
    /// `whisper.with`.
    pub whisper: (&'static str, &'static str),
    /// `line.owner`.
    pub owner_line: (&'static str, &'static str),
    /// `line.kicked`.
    pub kicked: (&'static str, &'static str),
    /// `line.banned`.
    pub banned: (&'static str, &'static str),
    /// `line.cleared`.
    pub cleared: (&'static str, &'static str),
    /// `line.renamed`.
    pub renamed: (&'static str, &'static str),
    /// `line.locked`.
    pub locked: (&'static str, &'static str),
    /// `line.unlocked`.
    pub unlocked: (&'static str, &'static str),
    /// `line.slowed`.
    pub slowed: (&'static str, &'static str),
    /// `line.closed`.
    pub closed: (&'static str, &'static str),
    /// `line.opened`.
    pub opened: (&'static str, &'static str),
    /// `line.changed`.
    pub changed: (&'static str, &'static str),
    /// `rules.agree`.
    pub agree: (&'static str, &'static str),
}

fn around(text: &'static str) -> (&'static str, &'static str) {
    let (before, rest) = text.split_once("%{").unwrap_or((text, ""));
    (before, rest.split_once('}').map_or("", |(_, after)| after))
}

/// What scripts say on the page of a room, of the texts that it shares with them.
fn chat_scripts(Texts { chat, .. }: &Texts) -> serde_json::Value {
    json!({
        "failed": chat.failed, "gif_no_alt": chat.gif_no_alt, "gif_load": chat.gif_load, "gif_pause": chat.gif_pause, "gif_play": chat.gif_play,
        "more": chat.more, "people": chat.people, "sending": chat.sending,
    })
}

/// What only scripts say in a room: of uploads alone, or all but that and what a menu says.
fn split_talk(talk: &Talk, uploads: bool) -> serde_json::Value {
    let mut all = json!(talk);
    if let Some(texts) = all.as_object_mut() {
        texts.retain(|key, _| match key.as_str() {
            "only_gifs" | "too_many_gifs" => uploads,
            "copy" | "copied" => false,
            key => uploads == key.starts_with("upload_"),
        });
    }
    all
}

/// JSON that cannot end its `<script>` element nor open a comment in it.
fn data_block(value: &serde_json::Value) -> String {
    value.to_string().replace('<', "\\u003c")
}

impl Texts {
    fn finished(self) -> Self {
        let Self {
            ago,
            rooms,
            make,
            whisper,
            report,
            mute,
            line,
            talk,
            field,
            ..
        } = &self;
        let scripts = Scripts {
            main: data_block(&json!({ "rooms": rooms, "ago": ago })),
            room: data_block(&json!({ "make": make, "field": field })),
            chat: data_block(&json!({
                "report": { "came": report.came, "show": report.show },
                "mute": { "undo": mute.undo, "undone": mute.undone, "line": mute.line },
                "chat": chat_scripts(&self), "line": line, "talk": split_talk(talk, false),
                "field": { "chat_too_long": field.chat_too_long },
            })),
        };
        let split = Split {
            owner: around(rooms.owner),
            minutes: around(ago.minutes),
            hours: around(ago.hours),
            days: around(ago.days),
            joined: around(line.joined),
            left: around(line.left),
            owner_line: around(line.owner),
            kicked: around(line.kicked),
            banned: around(line.banned),
            cleared: around(line.cleared),
            renamed: around(line.renamed),
            locked: around(line.locked),
            unlocked: around(line.unlocked),
            slowed: around(line.slowed),
            closed: around(line.closed),
            opened: around(line.opened),
            changed: around(line.changed),
            agree: around(self.rules.agree),
            whisper: around(whisper.with),
        };
        Self { split, scripts, ..self }
    }

    /// What scripts say of uploads, once there is one.
    pub(crate) fn of_uploads(talk: &Talk) -> serde_json::Value {
        split_talk(talk, true)
    }

    /// The sentence of a code and what one can do about it, for `/?error=CODE` and error pages.
    pub fn code(&self, code: &str) -> Option<(&'static str, &'static str)> {
        let (error, help) = (&self.error, &self.help);
        Some(match code {
            "room_not_found" => (error.room_not_found, help.room_not_found),
            "wrong_password" => (error.wrong_password, help.wrong_password),
            "site_password_required" => (error.site_password_required, help.site_password_required),
            "banned_from_site" => (error.banned_from_site, help.banned_from_site),
            "paused" => (error.paused_newcomers, help.paused),
            "wrong_key" => (error.wrong_key, help.wrong_key),
            "rooms_closed" => (error.rooms_closed, help.rooms_closed),
            "room_full" => (error.room_full, help.room_full),
            "closed" => (error.closed, help.closed),
            "kicked" => (error.kicked, help.kicked),
            "banned" => (error.banned, help.banned),
            "slow_mode" => (error.rate_limited, help.slow_mode),
            "not_a_member" => (error.not_a_member, help.not_a_member),
            "not_the_owner" => (error.not_the_owner, help.not_the_owner),
            "invite_not_found" => (error.invite_not_found, help.invite_not_found),
            "visitor_not_found" => (error.visitor_not_found, help.visitor_not_found),
            "message_not_found" => (error.message_not_found, help.message_not_found),
            "not_the_author" => (error.not_the_author, help.not_the_author),
            "edit_too_late" => (error.edit_over, help.edit_too_late),
            "not_editable" => (error.not_editable, help.not_editable),
            "too_many_reactions" => (error.too_many_reactions, help.too_many_reactions),
            "report_not_found" => (error.report_not_found, help.report_not_found),
            "owner_report" => (error.owner_report, help.owner_report),
            "invalid" => (error.invalid, help.invalid),
            "too_large" => (error.too_large_any, help.too_large),
            "not_a_gif" => (error.not_a_gif, help.not_a_gif),
            "forbidden_gif" => (error.forbidden_gif, help.forbidden_gif),
            "rate_limited" => (error.rate_limited, help.rate_limited),
            "cross_origin" => (error.cross_origin, help.cross_origin),
            "storage_full" => (error.storage_full, help.storage_full),
            "unavailable" => (error.unavailable, help.unavailable),
            "unknown" => (error.unknown, help.unknown),
            "timed_out" => (error.timed_out, help.timed_out),
            "page_not_found" => (error.page_not_found, help.page_not_found),
            "method_not_allowed" => (error.method_not_allowed, help.method_not_allowed),
            _ => return None,
        })
    }
}

/// A number with commas between its thousands, as both languages write it.
pub fn grouped(number: impl std::fmt::Display) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Puts values into the `%{name}` places of a text; a place without a value stays as it is.
pub fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("%{") {
        out.push_str(before);
        let Some((name, tail)) = after.split_once('}') else {
            out.push_str("%{");
            rest = after;
            continue;
        };
        match values.iter().find(|(key, _)| *key == name) {
            Some((_, value)) => out.push_str(value),
            None => out.extend(["%{", name, "}"]),
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests;
