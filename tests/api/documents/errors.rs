//! The table of errors has every code with its status.

use std::collections::BTreeSet;

use reqwest::StatusCode;

use super::{between, first_span, function, read, same, tables_of};

/// The arms of a `match` over variants of `Refusal`: the variants, and the value between `begin` and `end`.
fn arms<'a>(body: &'a str, variant: &'a str, (begin, end): (&'a str, &'a str)) -> Vec<(Vec<&'a str>, &'a str)> {
    let parts: Vec<_> = body.split("=>").collect();
    let arm = |pair: &[&'a str]| {
        let names = between(pair[0], variant, "\0").map(|rest| rest.split(|c: char| !c.is_alphanumeric()).next());
        let value = between(pair[1], begin, end).next().expect("an arm has a value");
        (names.flatten().collect(), value)
    };
    parts.windows(2).map(arm).collect()
}

fn number(name: &str) -> u16 {
    let is_it = |status: &StatusCode| {
        let reason = status.canonical_reason().unwrap_or_default();
        reason.to_uppercase().replace([' ', '-'], "_") == name
    };
    let statuses = (100..600).filter_map(|code| StatusCode::from_u16(code).ok());
    statuses
        .into_iter()
        .find(is_it)
        .unwrap_or_else(|| panic!("no status {name}"))
        .as_u16()
}

/// Every code that a refusal has, with the status that a response with it has.
fn codes() -> BTreeSet<String> {
    let (refusals, responses) = (read("src/domain/refusal.rs"), read("src/web/error.rs"));
    let codes = arms(function(&refusals, "pub const fn code("), "Self::", ("\"", "\""));
    let statuses = arms(
        function(&responses, "pub const fn status("),
        "Refusal::",
        ("StatusCode::", "\n"),
    );
    let status_of = |variant: &str| {
        let found = statuses.iter().find(|(variants, _)| variants.contains(&variant));
        let (_, name) = found.unwrap_or_else(|| panic!("no status of {variant}"));
        number(name.trim_end_matches(','))
    };
    let named = |(variants, code): (Vec<&str>, &str)| {
        let statuses: BTreeSet<_> = variants.into_iter().map(status_of).collect();
        statuses
            .into_iter()
            .map(|status| format!("{code} {status}"))
            .collect::<Vec<_>>()
    };
    let codes: BTreeSet<_> = codes.into_iter().flat_map(named).collect();
    assert!(codes.len() > 30, "{codes:?}");
    codes
}

#[test]
fn every_error_code_is_documented_with_its_status() {
    let interface = read("docs/interface.md");
    let rows = tables_of(&interface, "code").into_iter().flat_map(|table| table.rows);
    let documented: BTreeSet<_> = rows
        .map(|row| format!("{} {}", first_span(&row[0]).unwrap(), row[1]))
        .collect();
    same(
        (
            &documented,
            "add this code and its status to the table of errors in docs/interface.md",
        ),
        (
            &codes(),
            "no refusal has this code with this status: correct the table of errors in docs/interface.md",
        ),
    );
}
