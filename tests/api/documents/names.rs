//! Functions, types, modules, files and fields that documents name in backticks are in the source.

use std::{
    collections::{BTreeSet, HashSet},
    fs,
    path::Path,
    sync::LazyLock,
};

use super::{between, first_span, none, present, read, root, same, spans, tables_of};

/// Names of others, which the source does not have.
const OF_OTHERS: [(&str, &str); 5] = [
    ("minSnapshotHistoryWindowInSeconds", "a parameter of MongoDB"),
    ("periodicNoopIntervalSecs", "a parameter of MongoDB"),
    ("readWrite", "a role of MongoDB"),
    ("dbAdmin", "a role of MongoDB"),
    ("mongodump", "a tool of MongoDB"),
];

/// Folders and files that names are looked for in.
const SOURCES: [&str; 8] = [
    "src",
    "tests",
    "public",
    "templates",
    "benches",
    "deploy",
    "Cargo.toml",
    "rustfmt.toml",
];

/// How the names of files end that documents name without their folder.
const ENDS: [&str; 12] = [
    ".rs", ".js", ".css", ".html", ".yml", ".yaml", ".toml", ".json", ".md", ".conf", ".service", ".socket",
];

#[derive(Default)]
struct Sources {
    words: HashSet<String>,
    files: HashSet<String>,
    text: String,
}

impl Sources {
    fn add(&mut self, path: &Path) {
        if path.is_dir() {
            let is_ours = |path: &Path| !path.ends_with("node_modules") && !path.ends_with("documents");
            let inside = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
            inside.filter(|path| is_ours(path)).for_each(|path| self.add(&path));
            return;
        }
        self.files
            .insert(path.file_name().unwrap().to_str().unwrap().to_owned());
        if let Ok(text) = fs::read_to_string(path) {
            let words = text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
            self.words.extend(words.map(String::from));
            self.text.push_str(&text);
        }
    }
}

static ALL: LazyLock<Sources> = LazyLock::new(|| {
    let mut sources = Sources::default();
    SOURCES.iter().for_each(|source| sources.add(&root().join(source)));
    sources
});

/// What is wrong with a name.
fn wrong(name: &str) -> Option<String> {
    if OF_OTHERS.iter().any(|(other, _)| *other == name) {
        return None;
    }
    let is_plain =
        |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c));
    if is_plain(name) && ENDS.iter().any(|end| name.ends_with(end)) {
        let is_there = ALL.files.contains(name) || root().join(name).exists();
        return (!is_there).then(|| format!("there is no file `{name}`"));
    }
    let is_word = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if let Some((function, _)) = name
        .split_once('(')
        .filter(|(function, rest)| is_word(function) && rest.ends_with(')'))
    {
        let forms = [
            format!("fn {function}("),
            format!("fn {function}<"),
            format!("function {function}("),
            format!(" {function}("),
        ];
        let is_there = forms.iter().any(|form| ALL.text.contains(form));
        return (!is_there).then(|| format!("there is no function `{function}`"));
    }
    let parts: Vec<_> = name.split("::").flat_map(|part| part.split('.')).collect();
    let is_name = parts
        .iter()
        .all(|part| !part.is_empty() && is_word(part) && part.starts_with(|c: char| !c.is_ascii_digit()));
    let lost = parts.iter().find(|part| !ALL.words.contains(**part));
    lost.filter(|_| is_name)
        .map(|part| format!("nothing in the source is called `{part}`"))
}

#[test]
fn every_name_in_backticks_is_in_the_source() {
    let mut lost = Vec::new();
    for document in present() {
        for name in spans(&document.text) {
            lost.extend(wrong(name).map(|wrong| {
                let document = document.name();
                format!(
                    "{document}, `{name}`: {wrong}. Name what is there now, or say in {} whose name it is",
                    file!()
                )
            }));
        }
    }
    none(&lost);
}

#[test]
fn every_collection_of_mongodb_is_documented() {
    let source = read("src/store/mongo/client.rs")
        + &read("src/store/mongo/sessions.rs")
        + &read("src/store/mongo/migration.rs");
    let made = between(&source, "db.collection(\"", "\"").chain(between(&source, "db.collection::<Document>(\"", "\""));
    let made = made.map(String::from).collect();
    let mongodb = read("docs/mongodb.md");
    let tables = tables_of(&mongodb, "collection")
        .into_iter()
        .filter(|table| table.columns[1] == "a document");
    let rows = tables.flat_map(|table| table.rows);
    let documented: BTreeSet<_> = rows.map(|row| first_span(&row[0]).unwrap().to_owned()).collect();
    same(
        (&documented, "add this collection to the table in docs/mongodb.md"),
        (&made, "there is no such collection: correct docs/mongodb.md"),
    );
}
