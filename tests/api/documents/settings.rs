//! Every setting is documented, with its default.

use std::collections::BTreeMap;

use super::{
    all_spans,
    commands::{HELP, flag},
    none, read, same, tables_of,
};

/// Every setting with its default, as the help says them.
fn settings() -> BTreeMap<String, String> {
    let mut settings = BTreeMap::new();
    let mut flag = String::new();
    for line in HELP[""].lines().map(str::trim) {
        if line.starts_with("--") {
            flag = line.split_whitespace().next().unwrap().to_owned();
            settings.insert(flag.clone(), String::new());
        } else if let Some(default) = line.strip_prefix("[default: ") {
            settings.insert(flag.clone(), default.trim_end_matches(']').to_owned());
        } else if line.starts_with("-h,") {
            flag.clear();
        }
    }
    settings
}

/// The flags of the rows of a document, each with its default there.
fn documented(document: &str) -> Vec<(String, String)> {
    let text = read(document);
    let rows = tables_of(&text, "flag").into_iter().flat_map(|table| table.rows);
    let setting = |row: Vec<String>| {
        let names = all_spans(&row[0])
            .filter_map(|span| flag(span.split_whitespace().next()?))
            .map(String::from);
        let defaults: Vec<_> = row[1]
            .split(", ")
            .map(|default| default.replace(['`', ','], ""))
            .collect();
        let default = move |(at, name)| (name, defaults.get(at).cloned().unwrap_or_default());
        names.enumerate().map(default).collect::<Vec<_>>()
    };
    rows.flat_map(setting).collect()
}

/// A number of bytes in units, as the help has it.
fn bytes(text: &str) -> Option<String> {
    let (number, unit) = text.split_once(' ')?;
    let shift = ["KiB", "MiB", "GiB"].iter().position(|known| *known == unit)?;
    Some((number.parse::<u64>().ok()? << (10 * (shift + 1))).to_string())
}

#[test]
fn every_setting_is_documented_with_its_default() {
    let settings = settings();
    let known = settings.keys().cloned().collect();
    let own = documented("docs/settings.md");
    let named = own.iter().map(|(flag, _)| flag.clone()).collect();
    same(
        (&named, "add this flag to a table of docs/settings.md"),
        (&known, "gifchat has no such flag: correct docs/settings.md"),
    );
    let mut wrong = Vec::new();
    for (document, rows) in [("docs/settings.md", own), ("README.md", documented("README.md"))] {
        for (flag, said) in rows {
            let default = &settings[&flag];
            // One that depends on the machine is told in words.
            let is_told = flag == "--quota-site";
            if !is_told && said != *default && bytes(&said).as_ref() != Some(default) {
                wrong.push(format!(
                    "{document}: the default of `{flag}` is `{default}`, and not `{said}`"
                ));
            }
        }
    }
    none(&wrong);
}
