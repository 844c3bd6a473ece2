//! Makes the type `Texts` of the file of all sentences, with a value for each language, and checks them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

use serde::Deserialize;

/// Groups of which scripts take texts by a name that they compute: the kind of a system message, an error code, an action.
const TAKEN_BY_NAME: [&str; 3] = ["error", "line", "moderation"];

/// Of what may be read by scripts alone.
const ONLY_SCRIPTS: &str = "#[allow(dead_code, reason = \"scripts read it\")]";

/// Groups by name, and their texts by key.
type Groups = BTreeMap<String, BTreeMap<String, Text>>;

/// What the file says about a text.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    en: String,
    ko: String,
    /// The pages and sheets whose scripts get it.
    #[serde(default)]
    js: Vec<String>,
    /// Whether it is given as what stands before and after its one place.
    #[serde(default)]
    split: bool,
    /// Of a code: the key of its sentence, if that has another name.
    sentence: Option<String>,
}

impl Text {
    fn sentence<'a>(&'a self, key: &'a str) -> &'a str {
        self.sentence.as_deref().unwrap_or(key)
    }
}

#[derive(Clone, Copy)]
enum Lang {
    En,
    Ko,
}

impl Lang {
    fn of(self, text: &Text) -> &str {
        match self {
            Self::En => &text.en,
            Self::Ko => &text.ko,
        }
    }
}

/// The source of `Texts`; `scripts` is the source of all scripts.
///
/// # Errors
/// A sentence that says which text is wrong, and why.
pub fn generate(source: &str, scripts: &str) -> Result<String, String> {
    let groups: Groups = toml::from_str(source).map_err(|error| error.to_string())?;
    check(&groups, scripts)?;
    let mut out = String::new();
    // Writing to a String can't fail.
    let _ = write_all(&groups, &mut out);
    Ok(out)
}

fn check(groups: &Groups, scripts: &str) -> Result<(), String> {
    let words: BTreeSet<&str> = scripts.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    for (group, texts) in groups {
        for (key, text) in texts {
            check_text(text).map_err(|why| format!("{group}.{key} {why}"))?;
            let is_read = text.js.is_empty() || TAKEN_BY_NAME.contains(&group.as_str()) || words.contains(key.as_str());
            if !is_read {
                return Err(format!("{group}.{key} is marked for scripts, but none reads it"));
            }
        }
    }
    let codes = groups.get("help").into_iter().flatten();
    for (code, text) in codes {
        let sentence = text.sentence(code);
        if !groups.get("error").is_some_and(|error| error.contains_key(sentence)) {
            return Err(format!("help.{code} has no sentence: there is no error.{sentence}"));
        }
    }
    Ok(())
}

fn check_text(text: &Text) -> Result<(), String> {
    for said in [&text.en, &text.ko] {
        if said.is_empty() {
            return Err("is empty in a language".to_owned());
        }
        // An apostrophe needs no escaping: every attribute is in double quotes.
        if said.contains(['<', '>', '&', '"']) {
            return Err(format!("needs escaping in HTML: {said}"));
        }
    }
    // One register: the polite informal one, which ends in 요.
    if text.ko.contains("니다") {
        return Err(format!("is in the formal register: {}", text.ko));
    }
    let names = places(&text.en);
    if names != places(&text.ko) {
        return Err("has other places in Korean than in English".to_owned());
    }
    if text.split && names.len() != 1 {
        return Err(format!("is split, but has {} places", names.len()));
    }
    Ok(())
}

/// The names of the places in a text, in order of the alphabet.
fn places(text: &str) -> Vec<&str> {
    let mut names: Vec<_> = text
        .split("%{")
        .skip(1)
        .filter_map(|part| part.split('}').next())
        .collect();
    names.sort_unstable();
    names
}

fn write_all(groups: &Groups, out: &mut String) -> std::fmt::Result {
    let blocks: BTreeSet<&String> = groups
        .values()
        .flat_map(BTreeMap::values)
        .flat_map(|text| &text.js)
        .collect();
    for (group, texts) in groups {
        write_struct(group, texts, out)?;
    }
    writeln!(
        out,
        "/// The texts that scripts get, as JSON that is safe inside a `<script>` element."
    )?;
    writeln!(out, "#[derive(Debug)]\n#[deny(dead_code)]\npub struct Scripts {{")?;
    for block in &blocks {
        writeln!(out, "pub(crate) {block}: &'static str,")?;
    }
    writeln!(
        out,
        "}}\n/// All texts of one language. `%{{…}}` in a text is filled by [`fill`]."
    )?;
    writeln!(out, "#[derive(Debug)]\n#[deny(dead_code)]\npub struct Texts {{")?;
    writeln!(
        out,
        "/// The language of these texts.\npub lang: Lang,\npub(crate) scripts: Scripts,"
    )?;
    for (group, texts) in groups {
        if texts.values().all(|text| !text.js.is_empty()) {
            writeln!(out, "{ONLY_SCRIPTS}")?;
        }
        writeln!(out, "pub(crate) {group}: {},", type_name(group))?;
    }
    writeln!(out, "}}")?;
    for (name, lang) in [("En", Lang::En), ("Ko", Lang::Ko)] {
        write_value(name, lang, groups, &blocks, out)?;
    }
    write_codes(groups, out)
}

fn write_struct(group: &str, texts: &BTreeMap<String, Text>, out: &mut String) -> std::fmt::Result {
    writeln!(out, "/// The texts of `{group}`.")?;
    // Who stops reading a text is told to delete it.
    writeln!(
        out,
        "#[derive(Debug)]\n#[deny(dead_code)]\npub struct {} {{",
        type_name(group)
    )?;
    for (key, text) in texts {
        writeln!(out, "/// {}", text.en)?;
        if !text.js.is_empty() {
            writeln!(out, "{ONLY_SCRIPTS}")?;
        }
        let kind = if text.split {
            "(&'static str, &'static str)"
        } else {
            "&'static str"
        };
        writeln!(out, "pub(crate) {key}: {kind},")?;
    }
    writeln!(out, "}}")
}

fn write_value(
    name: &str,
    lang: Lang,
    groups: &Groups,
    blocks: &BTreeSet<&String>,
    out: &mut String,
) -> std::fmt::Result {
    writeln!(
        out,
        "static {}: Texts = Texts {{ lang: Lang::{name},",
        name.to_uppercase()
    )?;
    writeln!(out, "scripts: Scripts {{")?;
    for block in blocks {
        writeln!(out, "{block}: {:?},", script_texts(groups, block, lang))?;
    }
    writeln!(out, "}},")?;
    for (group, texts) in groups {
        writeln!(out, "{group}: {} {{", type_name(group))?;
        for (key, text) in texts {
            let said = lang.of(text);
            match said.split_once("%{").filter(|_| text.split) {
                Some((before, rest)) => {
                    let after = rest.split_once('}').map_or("", |(_, after)| after);
                    writeln!(out, "{key}: ({before:?}, {after:?}),")?;
                }
                None => writeln!(out, "{key}: {said:?},")?,
            }
        }
        writeln!(out, "}},")?;
    }
    writeln!(out, "}};")
}

/// The texts that are marked for a script, as JSON: an object of groups, each an object of texts.
fn script_texts(groups: &Groups, block: &String, lang: Lang) -> String {
    let of_group = |texts: &BTreeMap<String, Text>| {
        let marked = texts.iter().filter(|(_, text)| text.js.contains(block));
        let said: serde_json::Map<_, _> = marked.map(|(key, text)| (key.clone(), lang.of(text).into())).collect();
        serde_json::Value::from(said)
    };
    let groups = groups.iter().map(|(group, texts)| (group.clone(), of_group(texts)));
    let filled = groups.filter(|(_, texts)| texts.as_object().is_some_and(|texts| !texts.is_empty()));
    serde_json::Value::from(filled.collect::<serde_json::Map<_, _>>()).to_string()
}

fn write_codes(groups: &Groups, out: &mut String) -> std::fmt::Result {
    writeln!(
        out,
        "impl Texts {{\n/// The sentence of a code and what one can do about it, for `/?error=CODE` and error pages.\n\
         pub fn code(&self, code: &str) -> Option<(&'static str, &'static str)> {{\nSome(match code {{"
    )?;
    for (code, text) in groups.get("help").into_iter().flatten() {
        writeln!(
            out,
            "{code:?} => (self.error.{}, self.help.{code}),",
            text.sentence(code)
        )?;
    }
    writeln!(out, "_ => return None,\n}})\n}}\n}}")
}

/// `site` has the type `SiteTexts`.
fn type_name(group: &str) -> String {
    let mut letters = group.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).chain("Texts".chars()).collect()
}

#[cfg(test)]
mod tests;
