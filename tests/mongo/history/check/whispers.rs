//! Whispers: each is there once, the two whom it concerns see it, and all in one order.

use std::collections::{HashMap, HashSet};

use super::{Property, Violations};
use crate::history::record::{History, Item, Reader, StoredWhisper, Whisper, WhisperOutcome, WhisperPage, WhisperPost};

pub fn check(history: &History, violations: &mut Violations) {
    for (room, stored) in &history.whispers {
        stored_once(room, stored, violations);
    }
    posts_are_kept(history, violations);
    in_real_time(history, violations);
    bans_hold(history, violations);
    for page in &history.whisper_pages {
        page_is_whole(page, of_room(history, &page.room), violations);
        acknowledged_are_on(page, history, violations);
    }
    for reader in &history.readers {
        heard_once(reader, of_room(history, &reader.room), violations);
    }
}

fn of_room<'a>(history: &'a History, room: &str) -> &'a [StoredWhisper] {
    history.whispers.get(room).map_or(&[], Vec::as_slice)
}

/// Each comes after the one before, and no nonce is there twice. What else holds of their places is checked with the log.
fn stored_once(room: &str, stored: &[StoredWhisper], violations: &mut Violations) {
    let (mut last, mut nonces) = (0, HashSet::new());
    for StoredWhisper { turn, whisper } in stored {
        let at = || format!("room {room}, turn {turn} after {last}: {whisper:?}");
        violations.must(Property::Gapless, *turn > last, at);
        violations.must(Property::Once, nonces.insert((&whisper.author, &whisper.nonce)), at);
        last = *turn;
    }
}

/// What was acknowledged is stored, and what was refused is not.
fn posts_are_kept(history: &History, violations: &mut Violations) {
    for post in &history.whisper_posts {
        let found = stored_as(history, post);
        let at = || format!("{post:?}, stored {found:?}");
        match &post.outcome {
            WhisperOutcome::Stored(whisper) => {
                let meant = whisper.to == post.to && whisper.said.as_ref() == Some(&post.nonce);
                violations.must(Property::Kept, meant && found == Some(whisper), at);
            }
            WhisperOutcome::Refused => violations.must(Property::Refused, found.is_none(), at),
            WhisperOutcome::Unknown => (),
        }
    }
}

/// Whoever begins to whisper after another whisper was acknowledged comes after it.
fn in_real_time(history: &History, violations: &mut Violations) {
    for (room, stored) in &history.whispers {
        let turns: HashMap<_, _> = stored.iter().map(|stored| (&stored.whisper.id, stored.turn)).collect();
        let posts = history.whisper_posts.iter().filter(|post| post.room == *room);
        let placed = posts.filter_map(|post| match &post.outcome {
            WhisperOutcome::Stored(whisper) => Some((post, *turns.get(&whisper.id)?)),
            _ => None,
        });
        let placed: Vec<_> = placed.collect();
        for (later, turn) in &placed {
            let earlier = placed.iter().filter(|(earlier, _)| earlier.ended < later.begun);
            let last = earlier.map(|(_, turn)| *turn).max().unwrap_or_default();
            violations.must(Property::RealTime, *turn > last, || {
                format!("{later:?} has turn {turn} after {last}")
            });
        }
    }
}

/// What somebody began to whisper after being banned is not stored.
fn bans_hold(history: &History, violations: &mut Violations) {
    for ban in history.acts.iter().filter(|act| act.kind == "banned") {
        let later = history.whisper_posts.iter().filter(|post| {
            let banned = ban.visitor.as_ref();
            post.room == ban.room && post.begun > ban.ended && [Some(&post.author), Some(&post.to)].contains(&banned)
        });
        for post in later {
            violations.must(Property::Banned, stored_as(history, post).is_none(), || {
                format!("{post:?} after {ban:?}")
            });
        }
    }
}

/// What the database has of a whisper.
fn stored_as<'a>(history: &'a History, post: &WhisperPost) -> Option<&'a Whisper> {
    let mut whispers = of_room(history, &post.room).iter().map(|stored| &stored.whisper);
    whispers.find(|whisper| whisper.author == post.author && whisper.nonce.as_ref() == Some(&post.nonce))
}

/// A visitor reads the first of the own whispers, without a gap, and no others.
fn page_is_whole(page: &WhisperPage, stored: &[StoredWhisper], violations: &mut Violations) {
    let concern = stored.iter().map(|stored| &stored.whisper);
    let mut concern = concern.filter(|whisper| whisper.concerns(&page.visitor));
    for whisper in &page.whispers {
        let at = |expected: Option<&Whisper>| format!("{} reads {whisper:?}, next is {expected:?}", page.visitor);
        violations.must(Property::Private, whisper.concerns(&page.visitor), || at(None));
        let expected = concern.next();
        violations.must(Property::SameOrder, expected == Some(whisper), || at(expected));
    }
}

/// Who begins to read after a whisper was acknowledged finds it.
fn acknowledged_are_on(page: &WhisperPage, history: &History, violations: &mut Violations) {
    let ids: HashSet<_> = page.whispers.iter().map(|whisper| &whisper.id).collect();
    let before = history
        .whisper_posts
        .iter()
        .filter(|post| post.ended < page.begun && post.room == page.room);
    for post in before {
        if let WhisperOutcome::Stored(whisper) = &post.outcome
            && whisper.concerns(&page.visitor)
        {
            violations.must(Property::Kept, ids.contains(&whisper.id), || {
                format!("{} reads at {} without {post:?}", page.visitor, page.begun)
            });
        }
    }
}

/// A connection hears whispers once, in their order, and none of others.
fn heard_once(reader: &Reader, stored: &[StoredWhisper], violations: &mut Violations) {
    let mut last = None;
    for item in &reader.items {
        let whisper = match item {
            Item::Joined { .. } => {
                last = None;
                continue;
            }
            Item::Whispered(whisper) => whisper,
            _ => continue,
        };
        let at = || format!("{} in room {} hears {whisper:?}", reader.visitor, reader.room);
        violations.must(Property::Private, whisper.concerns(&reader.visitor), at);
        let place = stored.iter().position(|stored| stored.whisper == *whisper);
        violations.must(Property::Kept, place.is_some(), at);
        violations.must(Property::SameOrder, place.is_none() || place > last, at);
        last = place.max(last);
    }
}
