//! What documents say of JSON: tables of fields, and shapes such as `{"data":[room],"next"?}`. A shape such as `{room,"gifs"}`
//! has all fields of an object, and more.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

use serde_json::{Map, Value};

use super::{all_spans, between, read, tables_of};

/// A shape of an object: its keys, and the object that it contains.
pub struct Shape<'a>(pub Vec<Key<'a>>, Option<&'a str>);

/// A key of a shape.
pub struct Key<'a> {
    pub name: &'a str,
    pub is_optional: bool,
    /// What its value is, where the shape says so.
    pub value: Option<&'a str>,
}

impl<'a> Shape<'a> {
    /// Reads a shape; nothing if the text is none.
    pub fn parse(text: &'a str) -> Option<Self> {
        let inner = text.strip_prefix('{')?.strip_suffix('}')?;
        let (mut depth, mut keys, mut start, mut object) = (0, Vec::new(), 0, None);
        for (at, c) in inner.char_indices().chain([(inner.len(), ',')]) {
            match c {
                '{' | '[' => depth += 1,
                '}' | ']' => depth -= 1,
                ',' if depth == 0 => {
                    match &inner[start..at] {
                        name if start == 0 && name.bytes().all(|byte| byte.is_ascii_lowercase()) => object = Some(name),
                        key => keys.push(Key::parse(key)?),
                    }
                    start = at + 1;
                }
                _ => (),
            }
        }
        (!keys.is_empty()).then_some(Self(keys, object))
    }

    /// The first shape in a cell.
    pub fn first_in(cell: &'a str) -> Option<Self> {
        all_spans(cell).find_map(Self::parse)
    }
}

impl<'a> Key<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (name, rest) = text.strip_prefix('"')?.split_once('"')?;
        let (optional, rest) = rest.strip_prefix('?').map_or((false, rest), |rest| (true, rest));
        Some(Self {
            name,
            is_optional: optional,
            value: rest.strip_prefix(':'),
        })
    }
}

/// A field of an object.
struct Documented {
    name: String,
    kinds: Vec<String>,
    is_optional: bool,
}

/// The objects of docs/interface.md, and what was seen of them.
pub struct Objects {
    tables: BTreeMap<String, Vec<Documented>>,
    seen: RefCell<BTreeSet<String>>,
    wrong: RefCell<BTreeSet<String>>,
}

impl Objects {
    /// Reads them.
    pub fn documented() -> Self {
        let interface = read("docs/interface.md");
        let tables = tables_of(&interface, "field").into_iter();
        let tables = tables.filter(|table| table.columns[1] == "type");
        let field = |row: &Vec<String>| {
            let (kinds, optional) = row[1]
                .split_once(", optional")
                .map_or((&*row[1], false), |(kinds, _)| (kinds, true));
            Documented {
                name: row[0].trim_matches('`').to_owned(),
                kinds: kinds.split(" or ").map(String::from).collect(),
                is_optional: optional,
            }
        };
        Self {
            tables: tables
                .map(|table| (table.heading, table.rows.iter().map(field).collect()))
                .collect(),
            seen: RefCell::default(),
            wrong: RefCell::default(),
        }
    }

    /// What is wrong, by now.
    pub fn wrong(&self) -> Vec<String> {
        self.wrong.borrow().iter().cloned().collect()
    }

    /// The fields that have not been seen, but for those of objects that have not been seen at all.
    pub fn unseen(&self) -> Vec<String> {
        let seen = self.seen.borrow();
        let fields = self
            .tables
            .iter()
            .flat_map(|(object, fields)| fields.iter().map(move |field| (object, field)));
        let names = fields.map(|(object, field)| format!("{object}.{}", field.name));
        names.filter(|name| !seen.contains(name)).collect()
    }

    fn complain(&self, wrong: String) {
        self.wrong.borrow_mut().insert(wrong);
    }

    /// Holds a value against a cell of a table: the first shape in it, the objects that it links to, or a word.
    pub fn check_cell(&self, place: &str, cell: &str, value: &Value) {
        let linked: Vec<_> = between(cell, "](#", ")")
            .filter_map(|anchor| self.by_anchor(anchor))
            .collect();
        if let Some(shape) = Shape::first_in(cell) {
            self.check_shape(place, &shape, value);
        } else if !linked.is_empty() {
            let kind = if linked.contains(&"message") || linked.contains(&"system message") {
                message_kind(value)
            } else {
                linked[0]
            };
            if linked.contains(&kind) {
                self.check(place, kind, value);
            } else {
                self.complain(format!(
                    "{place}: it is a {kind}, which docs/interface.md does not say there: link to it"
                ));
            }
        } else {
            let is_so = cell.contains("as a string") && value.is_string() || cell == "null" && value.is_null();
            if !is_so {
                self.complain(format!(
                    "{place}: docs/interface.md says `{cell}`, and not what {value} is: correct it"
                ));
            }
        }
    }

    fn by_anchor(&self, anchor: &str) -> Option<&str> {
        self.tables
            .keys()
            .map(String::as_str)
            .find(|name| name.replace(' ', "-") == anchor)
    }

    /// Holds a value against a shape.
    pub fn check_shape(&self, place: &str, shape: &Shape<'_>, value: &Value) {
        let Some(object) = value.as_object() else {
            return self.complain(format!("{place}: it is no object, as documented, but {value}"));
        };
        let contained = shape.1.map(|kind| (kind, self.part_of(kind, object)));
        let is_contained = |key: &str| contained.as_ref().is_some_and(|(_, part)| part.get(key).is_some());
        for key in object.keys().filter(|key| !is_contained(key)) {
            if !shape.0.iter().any(|known| known.name == key) {
                self.complain(format!("{place}: the shape in the document has no `{key}`: add it"));
            }
        }
        for key in &shape.0 {
            match object.get(key.name) {
                None if key.is_optional => (),
                None => self.complain(format!(
                    "{place}: there is no `{}`: mark it with `?`, or take it out",
                    key.name
                )),
                Some(value) => self.check_value(place, key, value),
            }
        }
        if let Some((kind, part)) = contained {
            self.check(place, kind, &part);
        }
    }

    /// The fields of a value that an object has.
    fn part_of(&self, kind: &str, value: &Map<String, Value>) -> Value {
        let fields = self
            .tables
            .get(kind)
            .unwrap_or_else(|| panic!("a shape contains `{kind}`, which has no table"));
        let is_own = |name: &&String| fields.iter().any(|field| field.name == **name);
        let own = value.keys().filter(is_own);
        Value::Object(own.map(|name| (name.clone(), value[name].clone())).collect())
    }

    fn check_value(&self, place: &str, key: &Key<'_>, value: &Value) {
        let Some(kind) = key.value else { return };
        let place = format!("{place}.{}", key.name);
        let (kind, values) = match kind.strip_prefix('[').and_then(|kind| kind.strip_suffix(']')) {
            None => (kind, std::slice::from_ref(value)),
            Some(kind) => match value.as_array() {
                Some(values) => (kind, &values[..]),
                None => return self.complain(format!("{place}: it is no list, as documented, but {value}")),
            },
        };
        for value in values {
            match Shape::parse(kind) {
                Some(shape) => self.check_shape(&place, &shape, value),
                None => self.check(&place, kind, value),
            }
        }
    }

    /// Holds a value against a kind: an object or one of those that the head of the objects explains.
    pub fn check(&self, place: &str, kind: &str, value: &Value) {
        if let Some(kind) = kind.strip_prefix("list of ") {
            match value.as_array() {
                Some(values) => values.iter().for_each(|value| self.check(place, kind, value)),
                None => self.complain(format!("{place}: it is no list, as documented, but {value}")),
            }
            return;
        }
        let kind = if kind == "message" { message_kind(value) } else { kind };
        if let Some(fields) = self.tables.get(kind) {
            return self.check_object(place, (kind, fields), value);
        }
        if !is_of(kind, value) {
            self.complain(format!(
                "{place}: {value} is no {kind}: correct its type in docs/interface.md"
            ));
        }
    }

    fn check_object(&self, place: &str, (kind, fields): (&str, &[Documented]), value: &Value) {
        let Some(object) = value.as_object() else {
            return self.complain(format!("{place}: it is no {kind}, as documented, but {value}"));
        };
        for key in object.keys() {
            if !fields.iter().any(|field| field.name == *key) {
                self.complain(format!(
                    "{place}: `{kind}` has `{key}`: add it to that object in docs/interface.md"
                ));
            }
        }
        for field in fields {
            let place = format!("{kind}.{}", field.name);
            match object.get(&field.name) {
                None if field.is_optional => (),
                None => self.complain(format!(
                    "{place}: it is not always there: say in docs/interface.md that it is optional"
                )),
                Some(value) => {
                    self.seen.borrow_mut().insert(place.clone());
                    // Of several kinds the last one is said for null.
                    let kind = if value.is_null() {
                        field.kinds.last()
                    } else {
                        field.kinds.first()
                    };
                    self.check(&place, kind.unwrap(), value);
                }
            }
        }
    }
}

fn message_kind(value: &Value) -> &'static str {
    if value.get("line").is_some() {
        "system message"
    } else {
        "message"
    }
}

/// Whether a value is of one of the kinds that have no table.
fn is_of(kind: &str, value: &Value) -> bool {
    let text = value.as_str();
    let is_hex = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    match kind {
        "string" => text.is_some(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "id" => text.is_some_and(is_hex),
        "colour" => text.and_then(|text| text.strip_prefix('#')).is_some_and(is_hex),
        "hue" => value.is_null() || value.as_u64().is_some_and(|hue| hue <= 35),
        "time" => text.is_some_and(|text| text.ends_with('Z') && text.parse::<jiff::Timestamp>().is_ok()),
        "name" => value
            .as_object()
            .is_some_and(|name| name.keys().eq(["en", "ko"]) && name.values().all(Value::is_string)),
        _ => panic!("docs/interface.md names the type `{kind}`, which has no table there"),
    }
}
