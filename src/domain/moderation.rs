//! What an owner does to keep a room in order.

use super::{AddressHash, Field, Guest, Invalid, MessageId, Moment, Problem, Visitor, VisitorId, room::Banned};

/// Something that only the owner may do, but for deleting a message: its author may, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Sends somebody out, who may come back.
    Kick(VisitorId),
    /// Sends somebody out and keeps them out, for the life of the room or until then.
    Ban(VisitorId, Option<Moment>),
    /// Lets somebody in again.
    Unban(VisitorId),
    /// Deletes a message.
    Delete {
        /// Which.
        message: MessageId,
        /// Whether the room refuses the bytes of its GIF from then on.
        forbid: bool,
    },
    /// Deletes all that somebody wrote.
    Clear {
        /// Who.
        visitor: VisitorId,
        /// Whether the room refuses the bytes of these GIFs from then on.
        forbid: bool,
    },
    /// Makes somebody who is here the owner.
    HandOver(VisitorId),
}

/// The most seconds a ban may last when it is not for the life of the room: a year.
pub const BAN_MOST: u32 = 31_536_000;

/// The most seconds there may be between two messages of one visitor.
pub const SLOW_MOST: u32 = 3_600;

impl Action {
    /// Reads an action from its fields as they came; those it does not need are not looked at.
    ///
    /// # Errors
    /// An unknown action, or a field that it needs and that names nobody and nothing.
    pub fn parse<'a>(text: impl Fn(Field) -> Result<std::borrow::Cow<'a, str>, Invalid>) -> Result<Self, Invalid> {
        let malformed = |field| Invalid::new(field, Problem::Malformed);
        let visitor = || text(Field::Visitor)?.parse().map_err(|_| malformed(Field::Visitor));
        match &*text(Field::Action)? {
            "kick" => visitor().map(Self::Kick),
            "ban" => Ok(Self::Ban(visitor()?, until(&text(Field::Seconds)?)?)),
            "unban" => visitor().map(Self::Unban),
            "delete" => Ok(Self::Delete {
                message: text(Field::Message)?.parse().map_err(|_| malformed(Field::Message))?,
                forbid: flag(Field::Forbid, &text(Field::Forbid)?)?,
            }),
            "clear" => Ok(Self::Clear {
                visitor: visitor()?,
                forbid: flag(Field::Forbid, &text(Field::Forbid)?)?,
            }),
            "handover" => visitor().map(Self::HandOver),
            _ => Err(malformed(Field::Action)),
        }
    }

    /// What refuses it when the person or the message is not there.
    pub const fn not_there(self) -> Invalid {
        match self {
            Self::Delete { .. } => Invalid::new(Field::Message, Problem::NotThere),
            _ => Invalid::new(Field::Visitor, Problem::NotThere),
        }
    }

    /// Whether it would be done to the owner, which it can't.
    pub fn is_against(self, owner: VisitorId) -> bool {
        match self {
            Self::Kick(visitor) | Self::Ban(visitor, _) | Self::HandOver(visitor) => visitor == owner,
            Self::Unban(_) | Self::Delete { .. } | Self::Clear { .. } => false,
        }
    }
}

/// The end of a ban of so many seconds; none is one for the life of the room.
fn until(seconds: &str) -> Result<Option<Moment>, Invalid> {
    if seconds.is_empty() {
        return Ok(None);
    }
    let seconds = whole(Field::Seconds, seconds, 1, BAN_MOST)?;
    let now = Moment::now().millis();
    Ok(Some(Moment::from_millis(now + i64::from(seconds) * 1_000)))
}

/// A whole number between two bounds.
///
/// # Errors
/// It is none, or lies outside.
pub fn whole(field: Field, text: &str, min: u32, max: u32) -> Result<u32, Invalid> {
    let was: Option<i64> = text.trim().parse().ok();
    let wrong = Invalid::new(field, Problem::OutOfRange { min, max, was });
    let number = was.and_then(|was| u32::try_from(was).ok());
    number.filter(|number| (min..=max).contains(number)).ok_or(wrong)
}

/// A yes or no as text: of JSON's, or of a box in a form, whose field is there only when it is ticked.
///
/// # Errors
/// It is neither.
pub fn flag(field: Field, text: &str) -> Result<bool, Invalid> {
    match text {
        "true" | "on" => Ok(true),
        "false" | "" => Ok(false),
        _ => Err(Invalid::new(field, Problem::Malformed)),
    }
}

/// Keeps somebody out of a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ban {
    /// Who.
    pub visitor: Visitor,
    /// Until when; for the life of the room without.
    pub until: Option<Moment>,
    /// Where they came from, so that a thrown away cookie is not enough.
    pub addresses: Vec<AddressHash>,
}

impl Ban {
    /// Whether it holds at a moment.
    pub fn holds(&self, now: Moment) -> bool {
        self.until.is_none_or(|until| until > now)
    }

    /// Whether it keeps a guest out. Who has a seat keeps it, wherever others at the same address were sent out.
    pub fn keeps_out(&self, guest: Guest, mark: Option<AddressHash>, seated: bool) -> bool {
        let same_place = || mark.is_some_and(|mark| self.addresses.contains(&mark));
        self.visitor.id == guest.visitor.id || (!seated && same_place())
    }
}

/// How long a room's bans keep a guest out; the longest counts. The mark of the address is made only when there is a ban.
pub fn kept_out(
    bans: &[Ban],
    guest: Guest,
    mark: impl FnOnce() -> Option<AddressHash>,
    seated: bool,
    now: Moment,
) -> Option<Banned> {
    if bans.is_empty() {
        return None;
    }
    let mark = mark();
    let holding = bans
        .iter()
        .filter(|ban| ban.holds(now) && ban.keeps_out(guest, mark, seated));
    let longest = holding.max_by_key(|ban| ban.until.map_or(i64::MAX, Moment::millis))?;
    Some(longest.until.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(fields: &[(&str, &str)]) -> Result<Action, Invalid> {
        let value = |field: Field| {
            fields
                .iter()
                .find(|(name, _)| *name == field.name())
                .map_or("", |(_, v)| v)
        };
        Action::parse(|field| Ok(value(field).into()))
    }

    #[test]
    fn an_action_is_read_with_the_fields_it_needs() {
        let (visitor, message) = (VisitorId::random(), MessageId::random());
        let (id, deleted) = (visitor.to_string(), message.to_string());
        assert_eq!(
            parse(&[("action", "kick"), ("visitor", &id)]),
            Ok(Action::Kick(visitor))
        );
        assert_eq!(
            parse(&[("action", "ban"), ("visitor", &id)]),
            Ok(Action::Ban(visitor, None))
        );
        assert_eq!(
            parse(&[("action", "delete"), ("message", &deleted)]),
            Ok(Action::Delete { message, forbid: false })
        );
        assert_eq!(
            parse(&[("action", "clear"), ("visitor", &id), ("forbid", "true")]),
            Ok(Action::Clear { visitor, forbid: true })
        );
        let hour = parse(&[("action", "ban"), ("visitor", &id), ("seconds", "3600")]);
        let Ok(Action::Ban(_, Some(until))) = hour else {
            panic!("{hour:?}")
        };
        assert!((3_590_000..=3_600_000).contains(&(until.millis() - Moment::now().millis())));
    }

    #[test]
    fn what_names_nobody_and_nothing_is_refused_by_its_field() {
        let field = |fields: &[(&str, &str)]| parse(fields).unwrap_err().field;
        assert_eq!(field(&[]), Field::Action);
        assert_eq!(field(&[("action", "explode")]), Field::Action);
        assert_eq!(field(&[("action", "kick"), ("visitor", "me")]), Field::Visitor);
        assert_eq!(field(&[("action", "delete")]), Field::Message);
        let id = VisitorId::random().to_string();
        assert_eq!(
            field(&[("action", "clear"), ("visitor", &id), ("forbid", "1")]),
            Field::Forbid
        );
        for seconds in ["0", "-1", "soon", "31536001"] {
            assert_eq!(
                field(&[("action", "ban"), ("visitor", &id), ("seconds", seconds)]),
                Field::Seconds
            );
        }
    }

    #[test]
    fn a_ban_follows_the_visitor_and_the_place_but_not_who_sits_there() {
        let (banned, other) = (Visitor::new(VisitorId::random()), Visitor::new(VisitorId::random()));
        let (mark, elsewhere) = (AddressHash::from_bytes([1; 16]), AddressHash::from_bytes([2; 16]));
        let ban = Ban {
            visitor: banned,
            until: Some(Moment::from_millis(1_000)),
            addresses: vec![mark],
        };
        assert!(ban.holds(Moment::from_millis(999)) && !ban.holds(Moment::from_millis(1_000)));
        assert!(ban.keeps_out(banned.into(), Some(elsewhere), true));
        assert!(ban.keeps_out(other.into(), Some(mark), false));
        assert!(!ban.keeps_out(other.into(), Some(mark), true));
        assert!(!ban.keeps_out(other.into(), Some(elsewhere), false) && !ban.keeps_out(other.into(), None, false));
        let soon = Moment::from_millis(Moment::now().millis() + 60_000);
        let [over, short] = [
            ban.clone(),
            Ban {
                until: Some(soon),
                ..ban.clone()
            },
        ];
        let bans = [over.clone(), Ban { until: None, ..ban }, short.clone()];
        let kept = |bans: &[Ban], guest: Visitor| kept_out(bans, guest.into(), || Some(mark), false, Moment::now());
        assert_eq!(kept(&bans, other), Some(Banned::ForGood), "the longest counts");
        assert_eq!(kept(&[over.clone(), short], banned), Some(Banned::Until(soon)));
        assert_eq!(kept(&[over], banned), None);
        let unasked = || panic!("nobody is kept out");
        assert_eq!(kept_out(&[], other.into(), unasked, false, Moment::now()), None);
    }
}
