//! The fields of a form, a JSON object or an event, as they came.
//!
//! Only the fields of the interface are kept, each as a text, a number or a flag. Whatever else a body holds is skipped
//! while it is read: it takes no memory, however deep it is nested and however many values it has. So a body never
//! takes more memory than its bytes.

mod json;

use std::borrow::Cow;

use percent_encoding::percent_decode;
use serde_json::Number;

pub use self::json::by_name;
use crate::domain::{Field, Invalid, Problem, moderation::flag};

/// The fields that may come. Bounds how many [`Fields`] holds.
const KNOWN: [Field; 27] = [
    Field::Title,
    Field::Max,
    Field::Password,
    Field::Chat,
    Field::Reply,
    Field::Emoji,
    Field::On,
    Field::Gif,
    Field::Alt,
    Field::Nonce,
    Field::Room,
    Field::To,
    Field::Reason,
    Field::After,
    Field::Before,
    Field::Limit,
    Field::Action,
    Field::Visitor,
    Field::Message,
    Field::Seconds,
    Field::Forbid,
    Field::Closed,
    Field::Slow,
    Field::Crowd,
    Field::Error,
    Field::Back,
    Field::Key,
];

/// The known fields of a body, each once.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Fields {
    given: Vec<(Field, Given)>,
    /// A field that came more than once.
    twice: Option<Field>,
}

/// The value of a field.
#[derive(Debug, PartialEq, Eq)]
enum Given {
    Null,
    Flag(bool),
    Number(Number),
    Text(Box<str>),
    /// A list or an object, which no field is.
    Malformed,
}

impl Fields {
    /// Reads a JSON object.
    ///
    /// # Errors
    /// It is no object, is not UTF-8, or has a field twice.
    pub fn from_json(bytes: &[u8]) -> Result<Self, Invalid> {
        // What is skipped is not checked by the parser.
        let text = std::str::from_utf8(bytes).ok();
        let fields: Option<Self> = text.and_then(|text| serde_json::from_str(text).ok());
        let fields = fields.ok_or(Invalid::new(Field::Body, Problem::Malformed))?;
        fields.each_once()?;
        Ok(fields)
    }

    /// Reads `application/x-www-form-urlencoded`.
    ///
    /// # Errors
    /// It is not UTF-8, or has a field twice.
    pub fn from_form(bytes: &[u8]) -> Result<Self, Invalid> {
        let mut fields = Self::default();
        for pair in bytes.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            let mut halves = pair.splitn(2, |byte| *byte == b'=');
            let (name, value) = (halves.next().unwrap_or_default(), halves.next().unwrap_or_default());
            let name = decode(name).ok_or(Invalid::new(Field::Body, Problem::Malformed))?;
            let field = known(&name);
            let value = decode(value).ok_or(Invalid::new(field.unwrap_or(Field::Body), Problem::Malformed))?;
            if let Some(field) = field {
                fields.put(field, Given::Text(value.into()));
            }
        }
        fields.each_once()?;
        Ok(fields)
    }

    fn put(&mut self, field: Field, value: Given) {
        if self.has(field) {
            self.twice.get_or_insert(field);
        } else {
            self.given.push((field, value));
        }
    }

    fn get(&self, field: Field) -> Option<&Given> {
        let given = self.given.iter().find(|(name, _)| *name == field);
        given.map(|(_, value)| value)
    }

    /// # Errors
    /// A field came more than once.
    pub fn each_once(&self) -> Result<(), Invalid> {
        match self.twice {
            Some(field) => Err(Invalid::new(field, Problem::Twice)),
            None => Ok(()),
        }
    }

    /// Bytes on the heap.
    pub fn bytes(&self) -> usize {
        let texts = self.given.iter().map(|(_, value)| match value {
            Given::Text(text) => text.len(),
            _ => 0,
        });
        texts.sum::<usize>() + self.given.capacity() * size_of::<(Field, Given)>()
    }

    /// Whether a field is there at all.
    pub fn has(&self, field: Field) -> bool {
        self.get(field).is_some()
    }

    /// The text of a field that is there; JSON's null is an empty one.
    ///
    /// # Errors
    /// It is no text.
    pub fn given(&self, field: Field) -> Result<Option<&str>, Invalid> {
        if self.has(field) {
            self.text(field).map(Some)
        } else {
            Ok(None)
        }
    }

    /// The text of a field; a missing one and JSON's null are none.
    ///
    /// # Errors
    /// It is no text.
    pub fn optional(&self, field: Field) -> Result<Option<&str>, Invalid> {
        match self.get(field) {
            None | Some(Given::Null) => Ok(None),
            Some(Given::Text(text)) => Ok(Some(text)),
            Some(_) => Err(Invalid::new(field, Problem::Malformed)),
        }
    }

    /// The text of a field; a missing one and JSON's null are empty.
    ///
    /// # Errors
    /// It is no text.
    pub fn text(&self, field: Field) -> Result<&str, Invalid> {
        self.optional(field).map(Option::unwrap_or_default)
    }

    /// A yes or no: JSON may write it as one, and a form sends the field of a box only when it is ticked.
    ///
    /// # Errors
    /// It is neither.
    pub fn flag(&self, field: Field) -> Result<bool, Invalid> {
        flag(field, &self.plain(field)?)
    }

    /// The text of any field: JSON may write a number or a yes or no as such.
    ///
    /// # Errors
    /// It is a list or an object.
    pub fn plain(&self, field: Field) -> Result<Cow<'_, str>, Invalid> {
        match self.get(field) {
            Some(Given::Flag(flag)) => Ok(flag.to_string().into()),
            _ => self.number(field),
        }
    }

    /// The text of a number field: JSON may write a number as one.
    ///
    /// # Errors
    /// It is neither a number nor a text.
    pub fn number(&self, field: Field) -> Result<Cow<'_, str>, Invalid> {
        match self.get(field) {
            Some(Given::Number(number)) => Ok(number.to_string().into()),
            _ => self.text(field).map(Into::into),
        }
    }
}

fn known(name: &str) -> Option<Field> {
    KNOWN.into_iter().find(|field| field.name() == name)
}

/// Broken UTF-8 is an error and not a replacement character.
fn decode(bytes: &[u8]) -> Option<String> {
    let spaced: Vec<u8> = bytes
        .iter()
        .map(|byte| if *byte == b'+' { b' ' } else { *byte })
        .collect();
    percent_decode(&spaced).decode_utf8().ok().map(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_decoded_strictly() {
        let fields = Fields::from_form(b"title=%EC%9B%80%EC%A7%A4+1&max=5").unwrap();
        assert_eq!(fields.text(Field::Title), Ok("움짤 1"));
        assert_eq!(fields.number(Field::Max).as_deref(), Ok("5"));
        let problem = |bytes: &[u8]| Fields::from_form(bytes).err();
        assert_eq!(
            problem(b"title=%FF"),
            Some(Invalid::new(Field::Title, Problem::Malformed))
        );
        assert_eq!(
            problem(b"chat=a&chat=b"),
            Some(Invalid::new(Field::Chat, Problem::Twice))
        );
        assert_eq!(problem(b"x=%FF"), Some(Invalid::new(Field::Body, Problem::Malformed)));
    }

    #[test]
    fn json_is_an_object_of_the_right_types() {
        let fields = Fields::from_json(br#"{"title":"a","max":5,"chat":["x"],"alt":null,"forbid":true}"#).unwrap();
        assert_eq!(fields.number(Field::Max).as_deref(), Ok("5"));
        assert_eq!(
            fields.text(Field::Chat),
            Err(Invalid::new(Field::Chat, Problem::Malformed))
        );
        assert_eq!(
            (fields.text(Field::Alt), fields.optional(Field::Alt)),
            (Ok(""), Ok(None))
        );
        assert_eq!(fields.flag(Field::Forbid), Ok(true));
        for wrong in [&b"[]"[..], b"", b"{", b"\"\xff\"", b"{\"a\":\"\xff\"}"] {
            assert!(Fields::from_json(wrong).is_err());
        }
        assert!(Fields::from_json(br#"{"title":"\ud800"}"#).is_err());
        assert_eq!(
            Fields::from_json(br#"{"chat":"a","x":1,"x":2,"chat":"b"}"#),
            Err(Invalid::new(Field::Chat, Problem::Twice))
        );
    }

    #[test]
    fn what_no_field_is_takes_no_memory_however_deep_and_however_much() {
        let (open, close) = ("[".repeat(10_000), "]".repeat(10_000));
        let many = "{\"\":0},".repeat(2_000);
        let json = format!("{{\"a\":{open}{close},\"chat\":\"hello\",\"to\":{open}{close},\"p\":[{many}0]}}");
        let fields = Fields::from_json(json.as_bytes()).unwrap();
        assert_eq!(fields.text(Field::Chat), Ok("hello"));
        assert_eq!(fields.text(Field::To), Err(Invalid::new(Field::To, Problem::Malformed)));
        assert!(fields.bytes() < 512, "{} bytes", fields.bytes());
        let form = format!("chat=hello{}", "&a=b".repeat(10_000));
        let fields = Fields::from_form(form.as_bytes()).unwrap();
        assert!(fields.bytes() < 512, "{} bytes", fields.bytes());
    }
}
