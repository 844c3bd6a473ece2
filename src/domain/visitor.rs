//! Who somebody is: a random id and what follows from it, a colour and its hue, an avatar, a name.

mod color;
#[cfg(test)]
mod contrast;
mod name;
mod splitmix64;

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error, ser::SerializeStruct};

pub use color::{Color, NotAColor};
#[cfg(test)]
pub(crate) use name::Look;
pub use name::Name;
pub(crate) use name::SHAPE;
pub(crate) use splitmix64::SplitMix64;

/// The public id of a visitor: 64 random bits, written as 16 lowercase hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VisitorId(u64);

/// The text was not exactly 16 lowercase hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a visitor id is 16 lowercase hex digits")]
pub struct NotAVisitorId;

/// What pages and events show of somebody; all of it follows from the id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Visitor {
    /// The only part that is random, and the only one worth storing.
    pub id: VisitorId,
    /// Exact colour, for the mark, and written beside a name that several visitors have.
    pub color: Color,
    /// Step 0..=35 of the OKLCH hue, `None` for grey; the class that the page wears.
    pub hue: Option<u8>,
}

impl VisitorId {
    /// Nobody's: its avatar stands for the site.
    pub const SITE: Self = Self(0x6769_6663_6861_7400);

    /// A fresh id from the thread's CSPRNG (`ChaCha` seeded by the system), so that nobody can guess the next one.
    #[must_use]
    pub fn random() -> Self {
        Self(rand::random())
    }
}

impl fmt::Display for VisitorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for VisitorId {
    type Err = NotAVisitorId;

    fn from_str(text: &str) -> Result<Self, NotAVisitorId> {
        lower_hex(text, 16).map(Self).ok_or(NotAVisitorId)
    }
}

impl Serialize for VisitorId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for VisitorId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl Serialize for Visitor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Visitor", 4)?;
        fields.serialize_field("id", &self.id)?;
        fields.serialize_field("color", &self.color)?;
        fields.serialize_field("hue", &self.hue)?;
        fields.serialize_field("name", &self.name())?;
        fields.end()
    }
}

impl Visitor {
    /// The name that one can say.
    #[must_use]
    pub fn name(&self) -> Name {
        Name::of(self.id, self.hue)
    }

    /// The visitor of this id; always the same, so only the id needs storing.
    #[must_use]
    pub fn new(id: VisitorId) -> Self {
        let color = Color::of(id);
        Self {
            id,
            color,
            hue: color.hue(),
        }
    }

    /// A visitor as a store kept it, with the colour of that day.
    #[must_use]
    pub fn from_store(id: VisitorId, color: Color) -> Self {
        Self {
            id,
            color,
            hue: color.hue(),
        }
    }
}

/// The class that gives a page or a message a hue, as in `css/visitor.css`: of a step `hue-0` to `hue-35`; anything else is `hue-none`.
#[must_use]
pub fn hue_class(hue: Option<u8>) -> &'static str {
    hue.and_then(|step| HUE_CLASSES.get(usize::from(step)))
        .copied()
        .unwrap_or("hue-none")
}

const HUE_CLASSES: [&str; 36] = [
    "hue-0", "hue-1", "hue-2", "hue-3", "hue-4", "hue-5", "hue-6", "hue-7", "hue-8", "hue-9", "hue-10", "hue-11",
    "hue-12", "hue-13", "hue-14", "hue-15", "hue-16", "hue-17", "hue-18", "hue-19", "hue-20", "hue-21", "hue-22",
    "hue-23", "hue-24", "hue-25", "hue-26", "hue-27", "hue-28", "hue-29", "hue-30", "hue-31", "hue-32", "hue-33",
    "hue-34", "hue-35",
];

/// Stricter than `from_str_radix`, which takes signs and capitals: one value has one spelling.
fn lower_hex(text: &str, digits: usize) -> Option<u64> {
    let plain = text.len() == digits && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if plain {
        u64::from_str_radix(text, 16).ok()
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_being_written_and_read() {
        for id in [VisitorId(0), VisitorId(u64::MAX), VisitorId(0xabc), VisitorId::random()] {
            assert_eq!(id.to_string().len(), 16);
            assert_eq!(id.to_string().parse(), Ok(id));
            let json = serde_json::to_string(&id).unwrap();
            assert_eq!(json, format!("\"{id}\""));
            assert_eq!(serde_json::from_str::<VisitorId>(&json).unwrap(), id);
        }
    }

    #[test]
    fn an_id_has_one_spelling_only() {
        for text in [
            "",
            "abc",
            "00000000000000ABC",
            "0000000000000ABC",
            "+000000000000abc",
            "0000000000000abc ",
            "é234567890123456",
        ] {
            assert_eq!(text.parse::<VisitorId>(), Err(NotAVisitorId), "{text:?}");
        }
        assert!(serde_json::from_str::<VisitorId>("\"0000000000000ABC\"").is_err());
        assert!(serde_json::from_str::<VisitorId>("2748").is_err());
    }

    #[test]
    fn two_random_ids_differ() {
        assert_ne!(VisitorId::random(), VisitorId::random());
    }

    #[test]
    fn a_visitor_is_written_as_id_color_hue_and_name() {
        let visitor = Visitor::new(VisitorId(1));
        let (color, hue, name) = (visitor.color, visitor.hue.unwrap(), visitor.name());
        let name = format!(r#"{{"en":"{}","ko":"{}"}}"#, name.en(), name.ko());
        let expected = format!(r#"{{"id":"0000000000000001","color":"{color}","hue":{hue},"name":{name}}}"#);
        assert_eq!(serde_json::to_string(&visitor).unwrap(), expected);
        let grey = Visitor { hue: None, ..visitor };
        let grey = serde_json::to_string(&grey).unwrap();
        assert!(grey.contains(r#""hue":null,"name":{"en":"Silver "#), "{grey}");
    }

    #[test]
    fn every_hue_has_its_class_and_anything_else_is_grey() {
        for step in 0..36 {
            assert_eq!(hue_class(Some(step)), format!("hue-{step}"));
        }
        assert_eq!(hue_class(Some(36)), "hue-none");
    }

    #[test]
    fn a_hue_has_the_class_that_the_page_gives_it() {
        let cases: Vec<(Option<u8>, String)> =
            serde_json::from_str(include_str!("../../tests/cases/hues.json")).unwrap();
        for (hue, expected) in cases {
            assert_eq!(hue_class(hue), expected);
        }
    }
}
