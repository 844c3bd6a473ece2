//! An event of a client, parsed as it arrives, so that nothing waits but the fields that are needed.

use std::{convert::Infallible, fmt, sync::Arc};

use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, SeqAccess, Visitor},
};
use serde_json::value::RawValue;
use socketioxide::{adapter::LocalAdapter, handler::FromMessageParts, socket::Socket};
use socketioxide_core::Value;

use crate::{
    domain::{Field, Invalid, Problem},
    fields::{Fields, by_name},
};

/// What a client sent.
#[derive(Debug, PartialEq, Eq)]
pub struct Event {
    pub name: Name,
    pub data: Data,
}

/// The events of the `/chat` namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    Join,
    Chat,
    Edit,
    React,
    Whisper,
    Report,
    Leave,
    Typing,
    Moderate,
    Unknown,
}

impl Name {
    /// The name on the wire, for the log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Join => "join",
            Self::Chat => "chat",
            Self::Edit => "edit",
            Self::React => "react",
            Self::Whisper => "whisper",
            Self::Report => "report",
            Self::Leave => "leave",
            Self::Typing => "typing",
            Self::Moderate => "moderate",
            Self::Unknown => "-",
        }
    }
}

/// The first argument of an event.
#[derive(Debug, PartialEq, Eq)]
pub enum Data {
    /// There is none, or it is broken JSON.
    None,
    Text(Box<str>),
    Fields(Fields),
    /// A value that no event has.
    Other,
}

impl Event {
    fn parse(packet: &str) -> Self {
        let mut name = Name::Unknown;
        let data = serde_json::Deserializer::from_str(packet).deserialize_seq(EventVisitor(&mut name));
        let data = data.unwrap_or(Data::None);
        Self { name, data }
    }

    /// Bytes of memory that it takes while it waits, without what it is wrapped into.
    pub fn bytes(&self) -> usize {
        match &self.data {
            Data::None | Data::Other => 0,
            Data::Text(text) => text.len(),
            Data::Fields(fields) => fields.bytes(),
        }
    }
}

impl Data {
    /// The fields of an event that has nothing but fields.
    pub fn fields(&self) -> Result<&Fields, Invalid> {
        match self {
            Self::Fields(fields) => {
                fields.each_once()?;
                Ok(fields)
            }
            _ => Err(Invalid::new(Field::Body, Problem::Malformed)),
        }
    }
}

/// An event as it came. It is counted before anything is done with it.
pub struct Packet(Value);

impl Packet {
    /// Its length.
    pub fn bytes(&self) -> usize {
        self.text().len()
    }

    /// What it says.
    pub fn parse(&self) -> Event {
        Event::parse(self.text())
    }

    fn text(&self) -> &str {
        self.0.as_str().map_or("", |packet| packet.as_str())
    }
}

impl FromMessageParts<LocalAdapter> for Packet {
    type Error = Infallible;

    fn from_message_parts(
        _: &Arc<Socket<LocalAdapter>>,
        packet: &mut Value,
        _: &Option<i64>,
    ) -> Result<Self, Infallible> {
        Ok(Self(std::mem::replace(packet, Value::Str("".into(), None))))
    }
}

/// Reads `[name, data, …]`. The name is known also when the data is broken.
struct EventVisitor<'a>(&'a mut Name);

impl<'de> Visitor<'de> for EventVisitor<'_> {
    type Value = Data;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an event")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut event: A) -> Result<Data, A::Error> {
        *self.0 = event.next_element()?.ok_or(A::Error::custom("an event has a name"))?;
        let data = event.next_element()?.unwrap_or(Data::None);
        while event.next_element::<IgnoredAny>()?.is_some() {}
        Ok(data)
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        by_name(deserializer, |name| match name {
            "join" => Self::Join,
            "chat" => Self::Chat,
            "edit" => Self::Edit,
            "react" => Self::React,
            "whisper" => Self::Whisper,
            "report" => Self::Report,
            "leave" => Self::Leave,
            "typing" => Self::Typing,
            "moderate" => Self::Moderate,
            _ => Self::Unknown,
        })
    }
}

impl<'de> Deserialize<'de> for Data {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // A slice of the packet, which is skipped over and not copied.
        let json = <&RawValue>::deserialize(deserializer)?.get();
        let data = match json.as_bytes().first() {
            Some(b'{') => serde_json::from_str(json).map(Self::Fields),
            Some(b'"') => serde_json::from_str(json).map(Self::Text),
            _ => Ok(Self::Other),
        };
        data.map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_has_a_name_and_one_value() {
        let parse = |packet| {
            let Event { name, data } = Event::parse(packet);
            (name, data)
        };
        assert_eq!(parse(r#"["join", "x"]"#), (Name::Join, Data::Text("x".into())));
        assert_eq!(parse(r#"["leave"]"#), (Name::Leave, Data::None));
        assert_eq!(parse(r#"["chat",null]"#), (Name::Chat, Data::Other));
        assert_eq!(parse(r#"["explode", 5,6]"#), (Name::Unknown, Data::Other));
        for broken in [
            r#"["chat",{"chat":"\ud800"}]"#,
            r#"["chat",tru]"#,
            r#"["chat",{"chat":"x"}"#,
        ] {
            assert_eq!(parse(broken), (Name::Chat, Data::None), "{broken}");
        }
        for none in ["", "[", "[]", "5", "[5]"] {
            assert_eq!(parse(none), (Name::Unknown, Data::None), "{none}");
        }
        let (_, twice) = parse(r#"["chat",{"chat":"a","chat":"b"}]"#);
        assert_eq!(twice.fields(), Err(Invalid::new(Field::Chat, Problem::Twice)));
    }

    #[test]
    fn what_an_event_does_not_need_does_not_wait_with_it() {
        let junk = ",{\"\":0}".repeat(2_000);
        let deep = format!("{}{}", "[".repeat(1_000), "]".repeat(1_000));
        let event = Event::parse(&format!(r#"["chat",{{"chat":"x","p":[0{junk}],"q":{deep}}},{deep}]"#));
        assert_eq!(event.data.fields().unwrap().text(Field::Chat), Ok("x"));
        assert!(event.bytes() < 256, "{} bytes", event.bytes());
    }
}
