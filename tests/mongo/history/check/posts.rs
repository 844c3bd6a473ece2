//! What clients were told about their posts and acts.

use std::collections::{BTreeMap, HashMap};

use super::{Property, Rooms, Violations};
use crate::history::record::{Act, History, Message, Outcome, Post};

pub fn check(history: &History, rooms: &Rooms<'_>, violations: &mut Violations) {
    let by_nonce: HashMap<_, _> = rooms
        .iter()
        .flat_map(|(room, messages)| messages.iter().map(|message| (*room, *message)))
        .filter_map(|(room, message)| Some(((room, message.visitor.as_str(), message.nonce.as_deref()?), message)))
        .collect();
    let stored = |post: &Post| {
        let key = (post.room.as_str(), post.visitor.as_str(), post.nonce.as_str());
        by_nonce.get(&key).copied()
    };
    for post in &history.posts {
        let found = stored(post);
        match &post.outcome {
            Outcome::Stored(message) => {
                let kept = found.is_some_and(|found| found.appears_as(message));
                violations.must(Property::Kept, kept, || format!("{post:?}, stored {found:?}"));
            }
            Outcome::Refused(_) => {
                violations.must(Property::Refused, found.is_none(), || {
                    format!("{post:?}, stored {found:?}")
                });
            }
            Outcome::Unknown => (),
        }
    }
    in_real_time(&history.posts, violations);
    acts_are_kept(history, violations);
    acts_hold(history, &stored, violations);
    pages_are_complete(history, rooms, violations);
}

/// Whoever begins to post after another post was acknowledged comes after it.
fn in_real_time(posts: &[Post], violations: &mut Violations) {
    let mut rooms: BTreeMap<&str, Vec<(&Post, u64)>> = BTreeMap::new();
    for post in posts {
        if let Outcome::Stored(message) = &post.outcome {
            rooms.entry(&post.room).or_default().push((post, message.seq));
        }
    }
    for posts in rooms.into_values() {
        let (mut ended, mut begun) = (posts.clone(), posts);
        ended.sort_by_key(|(post, _)| post.ended);
        begun.sort_by_key(|(post, _)| post.begun);
        let (mut ended, mut last) = (ended.into_iter().peekable(), 0);
        for (post, seq) in begun {
            while let Some((_, earlier)) = ended.next_if(|(earlier, _)| earlier.ended < post.begun) {
                last = last.max(earlier);
            }
            violations.must(Property::RealTime, seq > last, || format!("{post:?} after seq {last}"));
        }
    }
}

/// Each act that was acknowledged has an entry of its own.
fn acts_are_kept(history: &History, violations: &mut Violations) {
    let mut counts: BTreeMap<(&str, &str, Option<&str>), usize> = BTreeMap::new();
    for act in &history.acts {
        *counts.entry((&act.room, act.kind, act.visitor.as_deref())).or_default() += 1;
    }
    for ((room, kind, visitor), acked) in counts {
        let entries = history.logs.get(room).into_iter().flatten();
        let same =
            entries.filter(|entry| entry.kind == kind && (visitor.is_none() || entry.visitor.as_deref() == visitor));
        let kept = same.count();
        violations.must(Property::Kept, kept >= acked, || {
            format!("{kind} of {visitor:?} in room {room}: {acked} acknowledged, {kept} stored")
        });
    }
}

/// What was posted after a ban or an end was acknowledged is not there.
fn acts_hold<'a>(history: &History, stored: &impl Fn(&Post) -> Option<&'a Message>, violations: &mut Violations) {
    let later = |act: &Act, post: &Post| post.room == act.room && post.begun > act.ended;
    for act in &history.acts {
        let property = match act.kind {
            "banned" => Property::Banned,
            "ended" => Property::Ended,
            _ => continue,
        };
        let concerned = history.posts.iter().filter(|post| later(act, post));
        let concerned = concerned.filter(|post| act.kind == "ended" || act.visitor.as_ref() == Some(&post.visitor));
        for post in concerned {
            violations.must(property, stored(post).is_none(), || format!("{post:?} after {act:?}"));
        }
    }
}

/// What servers have of a room that was open at the end is what is stored, and has all that was acknowledged.
fn pages_are_complete(history: &History, rooms: &Rooms<'_>, violations: &mut Violations) {
    let mut acked: HashMap<&str, u64> = HashMap::new();
    for post in &history.posts {
        if let Outcome::Stored(message) = &post.outcome {
            let last = acked.entry(&post.room).or_default();
            *last = message.seq.max(*last);
        }
    }
    let nothing = Vec::new();
    for (room, page) in &history.pages {
        let stored = rooms.get(room.as_str()).unwrap_or(&nothing);
        for (at, message) in page.iter().enumerate() {
            let same = stored.get(at).is_some_and(|stored| stored.appears_as(message));
            violations.must(Property::SameOrder, same, || {
                format!("room {room}: a server has {message:?} instead of {:?}", stored.get(at))
            });
        }
        let last = acked.get(room.as_str()).copied().unwrap_or_default();
        violations.must(Property::Kept, page.len() as u64 >= last, || {
            format!("room {room}: a server has {} messages of at least {last}", page.len())
        });
    }
}
