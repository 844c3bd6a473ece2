//! The documents are true: what they name exists, what exists of the interface is documented, and links lead somewhere.
//!
//! Each test reads the documents as they are, compares them with the source, the help of the binary or a running server, and
//! fails with a list of what to change. The tables of a document are data here: see [`Table`].

mod changelog;
mod commands;
mod console;
mod dependencies;
mod errors;
mod events;
mod links;
mod metrics;
mod names;
mod requests;
mod router;
mod scene;
mod settings;
mod shapes;
mod story;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// The folder of the project.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The text of a file of the project.
pub fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A document and where it is.
pub struct Document {
    pub path: PathBuf,
    pub text: String,
}

impl Document {
    /// Its path in the project.
    pub fn name(&self) -> String {
        self.path.strip_prefix(root()).unwrap().display().to_string()
    }

    /// Whether it says how things were, and not how they are.
    pub fn is_history(&self) -> bool {
        self.path.ends_with("CHANGELOG.md")
    }
}

/// Every document of the project.
pub fn documents() -> Vec<Document> {
    let in_folder = |folder: PathBuf| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let paths = in_folder(root().to_owned()).chain(in_folder(root().join("docs")));
    let document = |path: PathBuf| Document {
        text: fs::read_to_string(&path).unwrap(),
        path,
    };
    let paths = paths.filter(|path| path.extension().is_some_and(|end| end == "md"));
    let documents: Vec<_> = paths.map(document).collect();
    assert!(documents.len() >= 10, "there are too few documents");
    documents
}

/// Those that say how things are.
pub fn present() -> impl Iterator<Item = Document> {
    documents().into_iter().filter(|document| !document.is_history())
}

/// The lines of a document, each with the heading that it stands below, without blocks of code.
fn prose(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let (mut heading, mut in_code) = ("", false);
    text.lines().filter_map(move |line| {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
            return None;
        }
        if !in_code && line.starts_with('#') {
            heading = line.trim_start_matches('#').trim();
        }
        (!in_code).then_some((heading, line))
    })
}

/// What stands in backticks, outside of blocks of code.
pub fn spans(text: &str) -> Vec<&str> {
    prose(text).flat_map(|(_, line)| all_spans(line)).collect()
}

/// A table of a document.
#[derive(Debug, Default)]
pub struct Table {
    /// The heading above it.
    pub heading: String,
    /// The names of its columns.
    pub columns: Vec<String>,
    /// The cells below, without the spaces around them.
    pub rows: Vec<Vec<String>>,
}

/// All tables of a document.
pub fn tables(text: &str) -> Vec<Table> {
    let (mut tables, mut is_open) = (Vec::<Table>::new(), false);
    for (heading, line) in prose(text) {
        let cells = cells(line);
        match tables.last_mut().filter(|_| is_open) {
            _ if cells.is_empty() => is_open = false,
            // What stands between the columns and the first row.
            Some(_) if cells.iter().all(|cell| cell.trim_matches([':', '-']).is_empty()) && line.contains("--") => (),
            Some(table) => table.rows.push(cells),
            None => {
                is_open = true;
                tables.push(Table {
                    heading: heading.to_owned(),
                    columns: cells,
                    rows: Vec::new(),
                });
            }
        }
    }
    tables
}

/// Those whose first column has that name.
pub fn tables_of(text: &str, column: &str) -> Vec<Table> {
    let mut tables = tables(text);
    tables.retain(|table| table.columns[0] == column);
    assert!(!tables.is_empty(), "a document has lost its tables of `{column}`");
    tables
}

fn cells(line: &str) -> Vec<String> {
    let Some(row) = line.strip_prefix('|') else {
        return Vec::new();
    };
    // A bar that is part of a cell is escaped.
    let row = row.trim_end().trim_end_matches('|').replace("\\|", "\0");
    let cells = row.split('|').map(|cell| cell.trim().replace('\0', "|"));
    cells.collect()
}

/// The first thing in backticks.
pub fn first_span(cell: &str) -> Option<&str> {
    all_spans(cell).next()
}

/// Everything in backticks in a line or a cell.
pub fn all_spans(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

/// The string literals in a piece of source that has no escaped quotes.
pub fn literals(source: &str) -> impl Iterator<Item = &str> {
    source.split('"').skip(1).step_by(2)
}

/// What stands between two texts, each time.
pub fn between<'a>(text: &'a str, begin: &'a str, end: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(begin).skip(1).filter_map(move |rest| rest.split(end).next())
}

/// A function from its first words to its end.
pub fn function<'a>(source: &'a str, signature: &str) -> &'a str {
    let at = source.find(signature).unwrap_or_else(|| panic!("no `{signature}`"));
    let line = source[..at].rfind('\n').map_or(0, |end| end + 1);
    let indent = &source[line..at];
    source[at..].split(&format!("\n{indent}}}\n")).next().unwrap()
}

/// Fails unless two sets are the same; each difference says what to do.
#[track_caller]
pub fn same<T: Ord + std::fmt::Display>(
    (documented, undocumented): (&BTreeSet<T>, &str),
    (there, gone): (&BTreeSet<T>, &str),
) {
    let missing = there
        .difference(documented)
        .map(|name| format!("`{name}`: {undocumented}"));
    let extra = documented.difference(there).map(|name| format!("`{name}`: {gone}"));
    let wrong: Vec<_> = missing.chain(extra).collect();
    none(&wrong);
}

/// Fails if something is wrong.
#[track_caller]
pub fn none(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
