//! Every event of the sockets is documented, and every documented event exists.

use std::{collections::BTreeSet, fs};

use super::{Table, all_spans, between, first_span, function, literals, read, root, same, tables_of};

/// The events that the server sends, by namespace, with what their data is.
pub struct Sent(Vec<(String, String, String)>);

impl Sent {
    /// Reads docs/interface.md.
    pub fn documented() -> Self {
        let mut sent = Vec::new();
        for table in tables().filter(|table| table.columns[2] == "sent") {
            let namespace = first_span(&table.heading)
                .expect("the heading names the namespace")
                .to_owned();
            for row in table.rows {
                let name = first_span(&row[0]).unwrap().to_owned();
                sent.push((namespace.clone(), name, row[1].clone()));
            }
        }
        Self(sent)
    }

    /// Namespace and name of each.
    pub fn names(&self) -> BTreeSet<String> {
        self.0
            .iter()
            .map(|(namespace, name, _)| format!("{namespace} {name}"))
            .collect()
    }

    /// What the data of an event is.
    pub fn data(&self, namespace: &str, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(of, known, _)| of == namespace && known == name);
        found.map(|(_, _, data)| &**data)
    }
}

/// The tables of events.
pub fn tables() -> impl Iterator<Item = Table> {
    tables_of(&read("docs/interface.md"), "event").into_iter()
}

/// The Rust files of a folder, and the file beside it.
fn sources(module: &str) -> String {
    let mut text = read(&format!("{module}.rs"));
    for entry in fs::read_dir(root().join(module)).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            text.push_str(&fs::read_to_string(path).unwrap());
        }
    }
    text
}

#[test]
fn every_event_that_the_server_sends_is_documented() {
    let source = sources("src/broadcast") + &sources("src/realtime/sockets");
    let calls = ["Encoded::new(\"", ".emit(\"", ".tell(\""];
    let mut sent: BTreeSet<_> = calls
        .iter()
        .flat_map(|call| between(&source, call, "\""))
        .map(String::from)
        .collect();
    for message in ["src/domain/message.rs", "src/domain/line.rs"] {
        let source = read(message);
        sent.extend(literals(function(&source, "pub const fn event(")).map(String::from));
    }
    assert!(sent.len() > 10, "{sent:?}");
    let documented = Sent::documented().0.into_iter().map(|(_, name, _)| name).collect();
    same(
        (
            &documented,
            "the server sends this event: add it to the events in docs/interface.md",
        ),
        (&sent, "the server sends no such event: correct docs/interface.md"),
    );
}

#[test]
fn every_event_that_the_server_takes_is_documented() {
    let source = read("src/realtime/sockets/event.rs");
    let names = literals(function(&source, "pub const fn as_str("));
    let taken = names.filter(|name| *name != "-").map(String::from).collect();
    let tables = tables().filter(|table| table.columns[2] == "acknowledgement");
    let rows = tables.flat_map(|table| table.rows);
    let documented = rows.map(|row| first_span(&row[0]).unwrap().to_owned()).collect();
    same(
        (
            &documented,
            "the server takes this event: add it to the events in docs/interface.md",
        ),
        (&taken, "the server takes no such event: correct docs/interface.md"),
    );
}

#[test]
fn every_kind_of_system_message_is_documented() {
    let source = read("src/domain/line.rs");
    let kinds = literals(function(&source, "pub const fn name("))
        .map(String::from)
        .collect();
    let interface = read("docs/interface.md");
    let rows = tables_of(&interface, "`line`").into_iter().flat_map(|table| table.rows);
    let documented: BTreeSet<_> = rows
        .flat_map(|row| all_spans(&row[0]).map(String::from).collect::<Vec<_>>())
        .collect();
    same(
        (
            &documented,
            "add this kind of system message to the table of lines in docs/interface.md",
        ),
        (&kinds, "no system message is of this kind: correct docs/interface.md"),
    );
}
