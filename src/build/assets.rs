//! Makes what is served below `/assets/` of the files in `public`: a script with all the modules it imports, a stylesheet of
//! all its parts, both without what only people read, and each compressed as far as brotli can.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    fmt::Write,
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    path::Path,
};

use super::{
    bundle::{Modules, bundle},
    files::{Sources, compress},
    minify::{join_lines, strip},
    stylesheets::STYLESHEETS,
};

/// Stylesheets that some pages link by themselves: of a share, of the operators' console, and of quotes, reactions and the mark
/// of an edit, which come with the first message that has one.
const PAGE_CSS: [&str; 3] = ["css/share.css", "css/extras.css", "css/console.css"];

/// Modules that a page or a worker begins with stand in these folders.
const ENTRIES: [&str; 2] = ["js/pages/", "js/worker/main.js"];

/// The files that are served, by their paths.
///
/// # Errors
/// Something imports what is not there, or a stylesheet belongs nowhere.
pub fn made_of(sources: &Sources) -> Result<BTreeMap<String, String>, String> {
    let mut made = scripts(sources)?;
    made.extend(styles(sources)?);
    let others = sources
        .iter()
        .filter(|(path, _)| !path.starts_with("js/") && !path.starts_with("css/"));
    made.extend(others.map(|(path, text)| (path.clone(), text.clone())));
    Ok(made)
}

/// Writes files and their compressed twins into a folder, and gives the Rust that has them in the binary.
pub fn write(made: &BTreeMap<String, String>, folder: &Path) -> std::io::Result<String> {
    // The hash names the content and protects nothing, so the standard library's will do.
    let mut hasher = DefaultHasher::new();
    made.hash(&mut hasher);
    let mut rust = format!(
        "const CONTENT: u64 = {};\nstatic FILES: &[File] = &[\n",
        hasher.finish()
    );
    for (number, (path, text)) in made.iter().enumerate() {
        let (plain, brotli) = (format!("asset-{number}"), format!("asset-{number}.br"));
        fs::write(folder.join(&plain), text)?;
        fs::write(folder.join(&brotli), compress(text.as_bytes())?)?;
        let _ = writeln!(
            rust,
            "File {{ path: {path:?}, plain: include_bytes!({plain:?}), brotli: include_bytes!({brotli:?}) }},"
        );
    }
    rust.push_str("];\n");
    Ok(rust)
}

fn scripts(sources: &Sources) -> Result<BTreeMap<String, String>, String> {
    let modules = sources.iter().filter(|(path, _)| path.ends_with(".js"));
    let modules: Modules = modules.map(|(path, text)| (path.clone(), text.clone())).collect();
    let is_entry = |path: &&String| ENTRIES.iter().any(|entry| path.starts_with(entry));
    let mut wanted: Vec<_> = modules.keys().filter(is_entry).cloned().collect();
    let mut made = BTreeMap::new();
    while let Some(path) = wanted.pop() {
        if let Entry::Vacant(place) = made.entry(path) {
            let bundle = bundle(place.key(), &modules)?;
            wanted.extend(bundle.later);
            place.insert(bundle.script);
        }
    }
    Ok(made)
}

fn styles(sources: &Sources) -> Result<BTreeMap<String, String>, String> {
    let named: Vec<_> = STYLESHEETS
        .iter()
        .flat_map(|(_, parts)| *parts)
        .chain(&PAGE_CSS)
        .collect();
    let mut files = sources.keys().filter(|path| path.starts_with("css/"));
    if let Some(path) = files.find(|path| !named.contains(&&path.as_str())) {
        return Err(format!(
            "{path} is a part of no stylesheet: name it in src/build/stylesheets.rs"
        ));
    }
    let of = |parts: &[&str]| -> Result<String, String> {
        let text = |part: &&str| {
            sources
                .get(*part)
                .map(String::as_str)
                .ok_or_else(|| format!("there is no {part}"))
        };
        let parts: Vec<_> = parts.iter().map(text).collect::<Result<_, _>>()?;
        Ok(join_lines(&strip(&parts.join("\n"))))
    };
    let joined = STYLESHEETS
        .iter()
        .map(|(path, parts)| Ok(((*path).to_owned(), of(parts)?)));
    let alone = PAGE_CSS.iter().map(|path| Ok(((*path).to_owned(), of(&[path])?)));
    joined.chain(alone).collect()
}
