//! The name of a visitor, which one can say: a colour, and what the avatar looks like.

mod words;

use serde::{Serialize, Serializer, ser::SerializeStruct};

use self::words::{COLORS, GREY, LOOKS, Word};
use super::{SplitMix64, VisitorId};

/// A name of two words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Name {
    color: Word,
    look: Word,
}

impl Name {
    /// The name of an id whose colour has this hue: always the same. Many visitors share it; the colour and the id tell them
    /// apart.
    #[must_use]
    pub fn of(id: VisitorId, hue: Option<u8>) -> Self {
        let color = hue.and_then(|step| COLORS.get(usize::from(step)));
        let Look { head, eyes, outline } = Look::of(id);
        Self {
            color: color.copied().unwrap_or(GREY),
            look: LOOKS[head][eyes][outline],
        }
    }

    /// In English.
    #[must_use]
    pub fn en(&self) -> String {
        format!("{} {}", self.color.0, self.look.0)
    }

    /// In Korean.
    #[must_use]
    pub fn ko(&self) -> String {
        format!("{} {}", self.color.1, self.look.1)
    }
}

impl Serialize for Name {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { color, look } = self;
        let mut both = serializer.serialize_struct("Name", 2)?;
        both.serialize_field("en", &format_args!("{} {}", color.0, look.0))?;
        both.serialize_field("ko", &format_args!("{} {}", color.1, look.1))?;
        both.end()
    }
}

/// What somebody sees of an avatar at a glance, as places in [`LOOKS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Look {
    /// Nothing, an antenna, ears, a sprout.
    pub head: usize,
    /// One eye, two, three, less one.
    pub eyes: usize,
    /// Round, long, with corners, wavy.
    pub outline: usize,
}

/// Keeps the throws for the shape apart from those for the colour.
pub(crate) const SHAPE: u64 = 0x6d61_726b_7368_6170;

impl Look {
    /// Draws the same numbers in the same order as the avatar does.
    pub(crate) fn of(id: VisitorId) -> Self {
        let mut random = SplitMix64::new(id, SHAPE);
        let outline = match random.below(6) {
            0 => 0,
            1 => 1,
            2 | 3 => 2,
            _ => 3,
        };
        for _ in 0..4 {
            random.between(0.0, 1.0);
        }
        let head = match random.below(4) {
            0 => 0,
            1 => 1,
            2 => {
                random.between(0.0, 1.0);
                2
            }
            _ => {
                random.below(2);
                3
            }
        };
        let eyes = match random.below(5) {
            0..=2 => 1,
            3 => 0,
            _ => 2,
        };
        Self { head, eyes, outline }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use super::*;
    use crate::domain::Visitor;

    /// Names of this many visitors.
    const MANY: usize = 100_000;

    fn names() -> impl Iterator<Item = Name> {
        let visitors = (0..MANY).map(|_| Visitor::new(VisitorId::random()));
        visitors.map(|visitor| Name::of(visitor.id, visitor.hue))
    }

    #[test]
    fn every_word_is_another_one_and_short() {
        let all: Vec<_> = COLORS
            .iter()
            .chain(LOOKS.as_flattened().as_flattened())
            .chain([&GREY])
            .collect();
        assert_eq!(all.len(), 36 + 48 + 1, "24 × 48 pairs at least");
        let [en, ko]: [HashSet<&str>; 2] = [
            all.iter().map(|word| word.0).collect(),
            all.iter().map(|word| word.1).collect(),
        ];
        assert_eq!(
            (en.len(), ko.len()),
            (all.len(), all.len()),
            "no word stands for two things"
        );
        for (en, ko) in all {
            assert!(
                en.len() <= 9 && en.is_ascii() && en.starts_with(|first: char| first.is_ascii_uppercase()),
                "{en}"
            );
            assert!(
                ko.chars().count() <= 4 && ko.chars().all(|letter| ('가'..='힣').contains(&letter)),
                "{ko}"
            );
        }
    }

    #[test]
    fn a_name_stands_in_one_line_of_the_list_of_people() {
        let looks = LOOKS.as_flattened().as_flattened();
        let longest = |words: &[Word]| words.iter().map(|(en, _)| en.len()).max().unwrap_or_default();
        assert!(
            longest(&COLORS) + 1 + longest(looks) <= 18,
            "beside a mark and a button"
        );
    }

    #[test]
    fn a_name_follows_from_the_id_and_its_colour() {
        let visitor = Visitor::new(VisitorId::random());
        let name = Name::of(visitor.id, visitor.hue);
        assert_eq!(name, Name::of(visitor.id, visitor.hue));
        assert!(Name::of(visitor.id, None).en().starts_with("Silver "));
        let json = serde_json::to_value(name).unwrap();
        assert_eq!(json, serde_json::json!({ "en": name.en(), "ko": name.ko() }));
    }

    #[test]
    fn names_are_spread_over_all_there_are() {
        let mut counts = HashMap::<_, usize>::new();
        for name in names() {
            *counts.entry(name).or_default() += 1;
        }
        assert_eq!(counts.len(), 36 * 48, "each is somebody's");
        let most = counts.values().max().copied().unwrap_or_default();
        assert!(most * 250 < MANY, "the commonest is that of {most} of {MANY}");
    }
}
