//! Holds the order of imports that the documentation of the crate gives.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

const LIB: &str = include_str!("lib.rs");

/// Modules of tests alone.
const TESTS: [&str; 2] = ["build_script", "imports"];

/// The layers of the documentation, the uppermost first: what stands between the first backticks that hold an arrow.
fn layers() -> Vec<Vec<String>> {
    let docs = LIB.lines().map_while(|line| line.strip_prefix("//!"));
    let docs = docs.map(str::trim).collect::<Vec<_>>().join(" ");
    let order = docs.split('`').find(|part| part.contains('→')).unwrap();
    let names = |layer: &str| {
        let names = layer.trim().trim_matches(['{', '}']).split(',');
        names.map(|name| name.trim().to_owned()).collect()
    };
    order.split('→').map(names).collect()
}

/// The modules that the crate declares, but for those of tests.
fn modules() -> BTreeSet<String> {
    let declared = LIB
        .lines()
        .filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod "));
    let names = declared.map(|name| name.trim_end_matches(';').to_owned());
    names.filter(|name| !TESTS.contains(&name.as_str())).collect()
}

/// Adds what the code in a file or folder imports from the crate.
fn imports_in(path: &Path, found: &mut BTreeSet<String>) {
    if path.is_dir() {
        fs::read_dir(path)
            .unwrap()
            .for_each(|entry| imports_in(&entry.unwrap().path(), found));
        return;
    }
    let is_test = path.iter().any(|part| part == "tests" || part == "tests.rs");
    if is_test || path.extension().is_none_or(|extension| extension != "rs") {
        return;
    }
    let text = fs::read_to_string(path).unwrap();
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let code: Vec<_> = code.lines().map(|line| line.split("//").next().unwrap()).collect();
    for after in code.join("\n").split("crate::").skip(1) {
        found.extend(first_names(after));
    }
}

/// The first names of a path, or of each path of a group in braces.
fn first_names(path: &str) -> Vec<String> {
    let name = |path: &str| -> String {
        let path = path.trim_start();
        path.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
    };
    let Some(group) = path.strip_prefix('{') else {
        return vec![name(path)];
    };
    let (mut depth, mut begins, mut names) = (0, true, Vec::new());
    for (at, c) in group.char_indices() {
        if begins {
            names.push(name(&group[at..]));
        }
        begins = c == ',' && depth == 0;
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            _ => (),
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

#[test]
fn the_first_names_of_paths_are_found_in_groups_too() {
    assert_eq!(first_names("domain::{Room, RoomId};"), ["domain"]);
    let group = "{\n    domain::{Room, rules::X},\n    rules::{self, Command},\n    store,\n};\nuse other;";
    assert_eq!(first_names(group), ["domain", "rules", "store"]);
}

#[test]
fn imports_point_down_in_the_documented_order() {
    let layers = layers();
    let depth: BTreeMap<&str, usize> = layers
        .iter()
        .enumerate()
        .flat_map(|(depth, layer)| layer.iter().map(move |name| (name.as_str(), depth)))
        .collect();
    let documented: BTreeSet<_> = depth.keys().map(|name| (*name).to_owned()).collect();
    let mut declared = modules();
    declared.insert("main".into());
    assert_eq!(documented, declared, "every module has a layer");
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for module in modules() {
        let mut imported = BTreeSet::new();
        for path in [src.join(&module), src.join(format!("{module}.rs"))] {
            if path.exists() {
                imports_in(&path, &mut imported);
            }
        }
        let up: Vec<_> = imported
            .iter()
            .filter(|name| **name != module)
            .filter(|name| {
                depth
                    .get(name.as_str())
                    .is_some_and(|below| *below <= depth[module.as_str()])
            })
            .collect();
        assert!(up.is_empty(), "{module} imports {up:?}, which do not lie below it");
    }
}
