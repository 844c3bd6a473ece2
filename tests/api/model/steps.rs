//! Random commands. A step names what it is about by numbers, which choose among what is there when it is taken.

use rand::{Rng, RngExt};

/// Visitors.
pub const PEOPLE: usize = 5;

/// Rooms that are open at the same time.
pub const ROOMS: usize = 2;

/// One command by somebody about a room.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    pub who: Who,
    pub place: Place,
    /// Whether it goes over a socket, if the visitor has one that fits.
    pub by_socket: bool,
    pub what: What,
}

#[derive(Clone, Copy, Debug)]
pub enum Who {
    Owner,
    Member(usize),
    Nth(usize),
}

#[derive(Clone, Copy, Debug)]
pub enum Place {
    /// One of the rooms that are open; it is made first if it is not.
    Open(usize),
    /// A room that has ended, if there is one.
    Ended(usize),
    Nowhere,
}

#[derive(Clone, Copy, Debug)]
pub enum What {
    /// By that socket of the visitor, or by a new one.
    Enter(Option<usize>),
    Leave(usize),
    /// Disconnects a socket with a word.
    Goodbye(usize),
    /// Breaks the connection of a socket.
    Break(usize),
    /// Says that the page of the room is closed, or loaded again.
    ClosePage,
    Chat {
        nonce: Option<u8>,
    },
    /// Answers a message.
    Reply(usize),
    /// Changes what a message says, or takes its text away.
    Rewrite {
        message: usize,
        text: Option<u8>,
    },
    /// Reacts with one of a few emoji, or takes that back.
    React {
        message: usize,
        emoji: u8,
        on: bool,
    },
    /// Uploads one of a few files.
    Gif(u8),
    /// Sends one of the GIFs that were ever sent again.
    Again {
        gif: usize,
        alt: bool,
    },
    AgainUnknown,
    Kick(usize),
    Ban(usize, Option<u32>),
    Unban(usize),
    HandOver(usize),
    Delete {
        message: usize,
        forbid: bool,
    },
    DeleteUnknown,
    Clear {
        author: usize,
        forbid: bool,
    },
    Change(Edit),
    /// Gives a password, or the right one.
    Unlock(Option<u8>),
    Invite,
    Redeem(usize),
    RedeemUnknown,
    Withdraw,
    Remove,
    /// Stops the server and starts it again.
    Restart,
}

/// What is to change in a room.
#[derive(Clone, Copy, Debug)]
pub struct Edit {
    pub title: Option<u8>,
    pub max: Option<u32>,
    pub closed: Option<bool>,
    pub slow: Option<u32>,
    /// A new password, or none.
    pub password: Option<Option<u8>>,
}

/// One of several values or none.
fn maybe<T>(random: &mut impl Rng, chance: f64, value: impl FnOnce(&mut dyn Rng) -> T) -> Option<T> {
    random.random_bool(chance).then(|| value(random))
}

impl Step {
    /// A random step. Connections break only if seats have no grace: else nobody sees when the server has noticed.
    pub fn random(random: &mut impl Rng, without_graces: bool) -> Self {
        let nth = random.random_range(0..PEOPLE);
        let (likely, what) = match random.random_range(0..100) {
            0..32 => (Who::Nth(nth), What::of_newcomers(random)),
            32..66 => (Who::Member(nth), What::of_members(random, without_graces)),
            66..98 => (Who::Owner, What::of_owners(random)),
            98 => (Who::Owner, What::Remove),
            _ if without_graces => (Who::Owner, What::Withdraw),
            _ => (Who::Owner, What::Restart),
        };
        Self {
            who: if random.random_bool(0.75) {
                likely
            } else {
                Who::Nth(nth)
            },
            place: match random.random_range(0..60) {
                0 | 1 => Place::Nowhere,
                2 | 3 => Place::Ended(random.random_range(0..1_000)),
                n => Place::Open(n % ROOMS),
            },
            by_socket: random.random(),
            what,
        }
    }
}

impl What {
    fn of_newcomers(random: &mut impl Rng) -> Self {
        match random.random_range(0..32) {
            0..20 => Self::Enter(maybe(random, 0.4, |random| random.random_range(0..1_000))),
            20..27 => Self::Unlock(maybe(random, 0.5, |random| random.random_range(0..3))),
            27..31 => Self::Redeem(random.random_range(0..1_000)),
            _ => Self::RedeemUnknown,
        }
    }

    fn of_members(random: &mut impl Rng, without_graces: bool) -> Self {
        let any = random.random_range(0..1_000);
        match random.random_range(0..52) {
            36..41 => Self::Reply(any),
            41..46 => Self::Rewrite {
                message: any,
                text: maybe(random, 0.8, |random| random.random_range(0..3)),
            },
            46..52 => Self::React {
                message: any,
                emoji: random.random_range(0..6),
                on: random.random_bool(0.7),
            },
            0..3 => Self::Leave(any),
            3 | 4 => Self::Goodbye(any),
            5 | 6 if without_graces => Self::Break(any),
            5..20 => Self::Chat {
                nonce: maybe(random, 0.5, |random| random.random_range(0..2)),
            },
            20..25 => Self::Gif(random.random_range(0..2)),
            25..33 => Self::Again {
                gif: any,
                alt: random.random(),
            },
            33 => Self::AgainUnknown,
            _ => Self::ClosePage,
        }
    }

    fn of_owners(random: &mut impl Rng) -> Self {
        let (any, whom) = (random.random_range(0..1_000), random.random_range(0..PEOPLE));
        let forbid = random.random_bool(0.6);
        match random.random_range(0..33) {
            0..3 => Self::Kick(whom),
            3..6 => Self::Ban(whom, maybe(random, 0.5, |_| 3_600)),
            6..10 => Self::Unban(whom),
            10..12 => Self::HandOver(whom),
            12..17 => Self::Delete { message: any, forbid },
            17 => Self::DeleteUnknown,
            18 | 19 => Self::Clear { author: whom, forbid },
            20..28 => Self::Change(Edit::random(random)),
            28..32 => Self::Invite,
            _ => Self::Withdraw,
        }
    }
}

impl Edit {
    fn random(random: &mut impl Rng) -> Self {
        Self {
            title: maybe(random, 0.3, |random| random.random_range(0..9)),
            max: maybe(random, 0.3, |random| random.random_range(2..5)),
            closed: maybe(random, 0.3, |random| random.random_bool(0.3)),
            slow: maybe(random, 0.3, |random| if random.random_bool(0.3) { 3_600 } else { 0 }),
            password: maybe(random, 0.3, |random| match random.random_range(0..3) {
                0 => None,
                n => Some(n - 1),
            }),
        }
    }
}
