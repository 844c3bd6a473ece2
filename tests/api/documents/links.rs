//! Links lead somewhere, and files that documents name exist.

use std::{collections::HashSet, fs};

use super::{Document, between, documents, none, present, read, root, spans};

/// Words that the first page of the project has at most.
const README_WORDS: usize = 900;

/// Folders of the project that documents name files of.
const FOLDERS: [&str; 7] = [
    "src/",
    "tests/",
    "docs/",
    "deploy/",
    "public/",
    "templates/",
    "benches/",
];

/// The documents that `docs/` has.
const DOCS: [&str; 8] = [
    "architecture",
    "interface",
    "mongodb",
    "operations",
    "operators",
    "performance",
    "security",
    "settings",
];

/// The anchors of a document: its headings as links name them.
fn anchors(text: &str) -> HashSet<String> {
    let headings = super::prose(text).filter_map(|(_, line)| line.strip_prefix('#'));
    let kept = |c: &char| c.is_alphanumeric() || " -_".contains(*c);
    headings
        .map(|heading| heading.trim_start_matches('#').trim().to_lowercase())
        .map(|heading| heading.chars().filter(kept).collect::<String>().replace(' ', "-"))
        .collect()
}

/// What is wrong with a link of a document.
fn broken(document: &Document, link: &str) -> Option<String> {
    let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
    let target = match file {
        "" => document.path.clone(),
        file => document.path.parent().unwrap().join(file),
    };
    let place = format!("{}: the link {link}", document.name());
    if !target.exists() {
        return Some(format!("{place} leads to no file: change or remove it"));
    }
    let known = || anchors(&fs::read_to_string(&target).unwrap());
    let is_lost = !anchor.is_empty() && !known().contains(anchor);
    is_lost.then(|| format!("{place} names no heading there: change the anchor, or write the heading"))
}

#[test]
fn every_link_of_a_document_leads_to_a_file_and_a_heading() {
    let (mut wrong, mut links) = (Vec::new(), 0);
    for document in documents() {
        for link in between(&document.text, "](", ")").filter(|link| !link.contains("://")) {
            links += 1;
            wrong.extend(broken(&document, link));
        }
    }
    none(&wrong);
    assert!(links > 20, "{links}");
}

#[test]
fn every_file_that_a_document_names_is_there() {
    let (mut wrong, mut files) = (Vec::new(), 0);
    for document in present() {
        for name in spans(&document.text) {
            let plain = name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte));
            if plain && FOLDERS.iter().any(|folder| name.starts_with(folder)) {
                files += 1;
                if !root().join(name).exists() {
                    wrong.push(format!(
                        "{}: there is no `{name}`: name the file that has it now",
                        document.name()
                    ));
                }
            }
        }
    }
    none(&wrong);
    assert!(files > 20, "{files}");
}

#[test]
fn the_folder_of_documents_has_one_for_each_reader_and_the_first_page_leads_to_all() {
    let files = fs::read_dir(root().join("docs")).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let names: HashSet<_> = names.collect();
    assert_eq!(
        names,
        DOCS.map(|name| format!("{name}.md")).into(),
        "docs/ has other files than the list in {}",
        file!()
    );
    let readme = read("README.md");
    for name in DOCS {
        let link = format!("(docs/{name}.md");
        assert!(
            readme.contains(&link),
            "README.md leads to no docs/{name}.md: add it to the table of documents"
        );
    }
}

#[test]
fn the_first_page_of_the_project_is_short() {
    let words = read("README.md").split_whitespace().count();
    assert!(
        words <= README_WORDS,
        "README.md has {words} words, more than {README_WORDS}: move some of it to docs/"
    );
}
