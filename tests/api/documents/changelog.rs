//! CHANGELOG.md has the format of Keep a Changelog 1.1.

use super::{none, read};

/// The sections of a version, in their order.
const SECTIONS: [&str; 6] = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"];

/// What is wrong with the heading of a version.
fn version(heading: &str) -> Option<String> {
    if heading == "[Unreleased]" {
        return None;
    }
    let wrong = || Some(format!("`## {heading}`: write `## [MAJOR.MINOR.PATCH] - YYYY-MM-DD`"));
    let Some((version, date)) = heading.split_once(" - ") else {
        return wrong();
    };
    let version = version.strip_prefix('[').and_then(|version| version.strip_suffix(']'));
    let numbers = version.map(|version| version.split('.').filter(|part| part.parse::<u32>().is_ok()).count());
    let is_date = date.parse::<jiff::civil::Date>().is_ok() && date.len() == "2026-01-31".len();
    if numbers == Some(3) && is_date { None } else { wrong() }
}

/// What is wrong with the part of one version.
fn sections(heading: &str, text: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut parts = text.split("\n### ");
    parts.next();
    let mut last = None;
    for part in parts {
        let (name, entries) = part.split_once('\n').unwrap_or((part, ""));
        let place = SECTIONS.iter().position(|section| *section == name);
        if place.is_none() || place <= last {
            let order = SECTIONS.join(", ");
            wrong.push(format!(
                "{heading}, `### {name}`: sections are {order}, each once and in this order"
            ));
        }
        last = place.or(last);
        // Entries may be grouped by whom they concern.
        let is_entry = |line: &&str| !line.is_empty() && !line.starts_with("#### ");
        let lines: Vec<_> = entries.lines().filter(is_entry).collect();
        if lines.is_empty() {
            wrong.push(format!(
                "{heading}, `### {name}` has no entry: take it out, or add `- …`"
            ));
        }
        let stray = lines
            .into_iter()
            .filter(|line| !line.starts_with("- ") && !line.starts_with("  "));
        wrong.extend(stray.map(|line| format!("{heading}, `### {name}`: this line is part of no entry: {line}")));
    }
    wrong
}

#[test]
fn the_changelog_has_the_format_of_keep_a_changelog() {
    let changelog = read("CHANGELOG.md");
    let mut wrong = Vec::new();
    let mut versions = changelog.split("\n## ");
    let head = versions.next().unwrap();
    if !head.starts_with("# Changelog\n") || !head.contains("keepachangelog.com/en/1.1.0") {
        wrong
            .push("it begins with `# Changelog` and names its format, https://keepachangelog.com/en/1.1.0/".to_owned());
    }
    let versions: Vec<_> = versions
        .map(|part| part.split_once('\n').unwrap_or((part, "")))
        .collect();
    if versions.first().is_none_or(|(heading, _)| *heading != "[Unreleased]") {
        wrong.push("the first version is `## [Unreleased]`".to_owned());
    }
    let dates: Vec<_> = versions
        .iter()
        .filter_map(|(heading, _)| Some(heading.split_once(" - ")?.1))
        .collect();
    if !dates.is_sorted_by(|newer, older| newer >= older) {
        wrong.push(format!("the newest version comes first: {dates:?}"));
    }
    for (heading, text) in versions {
        wrong.extend(version(heading));
        wrong.extend(sections(heading, text));
    }
    let wrong: Vec<_> = wrong
        .into_iter()
        .map(|wrong| format!("CHANGELOG.md: {wrong}"))
        .collect();
    none(&wrong);
}
