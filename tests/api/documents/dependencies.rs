//! Every dependency has its reason in docs/architecture.md.

use std::collections::BTreeSet;

use super::{prose, read, same, tables_of};

const UNDOCUMENTED: &str = "say in docs/architecture.md, under Dependencies, why it is there";
const GONE: &str = "it is no dependency: take it out of docs/architecture.md";

fn names(manifest: &str, table: &str) -> BTreeSet<String> {
    let manifest: toml::Table = toml::from_str(manifest).unwrap();
    manifest[table].as_table().unwrap().keys().cloned().collect()
}

#[test]
fn every_dependency_has_its_reason_and_nothing_else_has_one() {
    let architecture = read("docs/architecture.md");
    let tables = tables_of(&architecture, "crate");
    let cells = tables.iter().flat_map(|table| &table.rows).map(|row| &row[0]);
    let named = cells.flat_map(|cell| cell.split(", ")).map(String::from).collect();
    same(
        (&named, UNDOCUMENTED),
        (&names(&read("Cargo.toml"), "dependencies"), GONE),
    );
}

/// The words of the list below the dependencies that begins so.
fn listed(text: &str, begin: &str) -> BTreeSet<String> {
    let lines = prose(text).filter(|(heading, _)| *heading == "Dependencies");
    let item = lines.map(|(_, line)| line).find_map(|line| line.strip_prefix(begin));
    let item = item.unwrap_or_else(|| panic!("docs/architecture.md has no line `{begin}…` under Dependencies"));
    item.trim_end_matches('.').split(", ").map(String::from).collect()
}

#[test]
fn what_only_tests_need_is_listed_too() {
    let architecture = read("docs/architecture.md");
    let own = names(&read("Cargo.toml"), "dependencies");
    let crates = names(&read("Cargo.toml"), "dev-dependencies");
    let crates = crates.into_iter().filter(|name| !own.contains(name)).collect();
    same((&listed(&architecture, "- crates: "), UNDOCUMENTED), (&crates, GONE));
    let manifest: serde_json::Value = serde_json::from_str(&read("tests/browser/package.json")).unwrap();
    let tables = ["dependencies", "devDependencies"]
        .into_iter()
        .filter_map(|table| manifest[table].as_object());
    let packages = tables.flat_map(|table| table.keys().cloned()).collect();
    same((&listed(&architecture, "- npm: "), UNDOCUMENTED), (&packages, GONE));
}

/// Cargo reads them before it builds the first dependency.
#[test]
fn the_image_has_a_stand_in_for_every_source_that_cargo_asks_for() {
    let manifest: toml::Table = read("Cargo.toml").parse().unwrap();
    let script = manifest["package"]["build"].as_str().unwrap();
    let dockerfile = read("deploy/Dockerfile");
    for begins in ["RUN mkdir", "RUN touch"] {
        let line = dockerfile.lines().find(|line| line.starts_with(begins)).unwrap();
        for source in ["src/main.rs", "src/lib.rs", script] {
            assert!(
                line.contains(source),
                "{begins} in deploy/Dockerfile leaves out {source}"
            );
        }
    }
}
