//! The documents: what they link to and name is there.

use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

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

/// Options of cargo and docker that stand by themselves.
const OF_OTHERS: [&str; 2] = ["--build-arg", "--no-default-features"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every document, with its text.
fn documents() -> Vec<(PathBuf, String)> {
    let in_folder = |folder: PathBuf| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let paths = in_folder(root().to_owned()).chain(in_folder(root().join("docs")));
    let documents: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|end| end == "md"))
        .map(|path| (path.clone(), fs::read_to_string(path).unwrap()))
        .collect();
    assert!(documents.len() >= 10, "{documents:?}");
    documents
}

/// What stands between two texts, each time.
fn between<'a>(text: &'a str, begin: &'a str, end: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(begin).skip(1).filter_map(move |rest| rest.split(end).next())
}

/// The anchors of a document: its headings as links name them.
fn anchors(text: &str) -> HashSet<String> {
    let headings = text.lines().filter_map(|line| line.strip_prefix('#'));
    let kept = |c: &char| c.is_alphanumeric() || " -_".contains(*c);
    headings
        .map(|heading| heading.trim_start_matches('#').trim().to_lowercase())
        .map(|heading| heading.chars().filter(kept).collect::<String>().replace(' ', "-"))
        .collect()
}

/// What stands in backticks in the text outside of blocks of code.
fn code(text: &str) -> Vec<&str> {
    let outside = text.split("```").step_by(2);
    outside
        .flat_map(str::lines)
        .flat_map(|line| line.split('`').skip(1).step_by(2))
        .collect()
}

#[test]
fn every_link_of_a_document_leads_to_a_file_and_a_heading() {
    let mut links = 0;
    for (path, text) in documents() {
        for link in between(&text, "](", ")").filter(|link| !link.contains("://")) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = match file {
                "" => path.clone(),
                file => path.parent().unwrap().join(file),
            };
            assert!(target.exists(), "{}: {link}", path.display());
            if !anchor.is_empty() {
                let known = anchors(&fs::read_to_string(target).unwrap());
                assert!(known.contains(anchor), "{}: {link}", path.display());
            }
            links += 1;
        }
    }
    assert!(links > 20, "{links}");
}

#[test]
fn every_file_that_a_document_names_is_there() {
    let mut files = 0;
    for (path, text) in documents() {
        if path.ends_with("CHANGELOG.md") {
            continue; // It tells of what was.
        }
        for name in code(&text) {
            let plain = name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte));
            if plain && FOLDERS.iter().any(|folder| name.starts_with(folder)) {
                assert!(root().join(name).exists(), "{}: {name}", path.display());
                files += 1;
            }
        }
    }
    assert!(files > 20, "{files}");
}

#[test]
fn every_setting_that_a_document_names_is_in_the_help() {
    let help = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_gifchat"))
            .args(arguments)
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let known = [help(&["--help"]), help(&["admin", "--help"])].concat();
    let known: HashSet<_> = known
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
        .filter(|word| word.starts_with("--"))
        .collect();
    let (mut settings, mut unknown) = (0, Vec::new());
    for (path, text) in documents() {
        if path.ends_with("CHANGELOG.md") {
            continue;
        }
        let of_gifchat =
            |name: &&str| name.starts_with("gifchat ") || name.starts_with("--") && !name.starts_with("-- ");
        for name in code(&text).into_iter().filter(of_gifchat) {
            for flag in name.split_whitespace().filter(|word| word.starts_with("--")) {
                let flag = flag.split(['=', ',']).next().unwrap();
                // A family, as in `--limit-NAME` and `--limit-…`.
                if flag.contains(['…', 'N']) || OF_OTHERS.contains(&flag) {
                    continue;
                }
                settings += 1;
                if !known.contains(flag) {
                    unknown.push(format!("{}: {name}", path.display()));
                }
            }
        }
    }
    assert!(unknown.is_empty(), "{unknown:#?}");
    assert!(settings > 40, "{settings}");
}

#[test]
fn the_first_page_of_the_project_is_short() {
    let text = fs::read_to_string(root().join("README.md")).unwrap();
    let words = text.split_whitespace().count();
    assert!(words <= README_WORDS, "{words}");
}
