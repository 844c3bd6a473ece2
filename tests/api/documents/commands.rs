//! Commands, flags, environment variables and settings that documents name exist.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
    sync::LazyLock,
};

use super::{Document, function, none, present, read, root, spans};

/// Programs of others in documents, whose flags are not looked at.
const OF_OTHERS: [&str; 14] = [
    "apt-get",
    "cd",
    "chmod",
    "curl",
    "docker",
    "find",
    "install",
    "mongodump",
    "mongorestore",
    "mongosh",
    "npm",
    "rustup",
    "systemctl",
    "systemd-analyze",
];

/// Options of programs of others that documents name by themselves.
const OPTIONS_OF_OTHERS: [&str; 2] = ["--build-arg", "--no-default-features"];

/// Environment variables that only tests know.
const OF_TESTS: [&str; 2] = ["GIFCHAT_TEST_STORE", "GIFCHAT_HISTORY_SECONDS"];

/// What a program prints when it is run so.
fn printed(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let output = output.unwrap_or_else(|error| panic!("{program} {arguments:?}: {error}"));
    String::from_utf8(output.stdout).unwrap()
}

/// The help of each command, by its words: that of `gifchat` itself has none.
pub static HELP: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    let mut known = BTreeMap::new();
    let mut waiting = vec![String::new()];
    while let Some(command) = waiting.pop() {
        let arguments: Vec<_> = command.split_whitespace().chain(["--help"]).collect();
        let help = printed(env!("CARGO_BIN_EXE_gifchat"), &arguments);
        let listed = help
            .split_once("\nCommands:\n")
            .map_or("", |(_, rest)| rest.split("\n\n").next().unwrap());
        let names = listed
            .lines()
            .filter_map(|line| line.split_whitespace().next())
            .filter(|name| *name != "help");
        waiting.extend(names.map(|name| format!("{command} {name}").trim().to_owned()));
        known.insert(command, help);
    }
    known
});

/// The flags in a help, or in anything that names flags.
fn flags(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
    words.filter(|word| word.starts_with("--") && word.len() > 2).collect()
}

/// The flag of a word of a command line, if it is one; `…` and NAME stand for a family of flags.
pub fn flag(word: &str) -> Option<&str> {
    let flag = word.split(['=', ',']).next()?;
    let is_flag = flag.starts_with("--") && flag.len() > 2 && !flag.contains(['…', 'N']);
    is_flag.then_some(flag)
}

/// What is wrong with the flags of a command, of which `known` has all.
fn unknown(words: &[&str], program: &str, known: &BTreeSet<&str>) -> Vec<String> {
    let flags = words.iter().filter_map(|word| flag(word));
    let unknown = flags.filter(|flag| !known.contains(flag));
    unknown.map(|flag| format!("`{program}` has no `{flag}`")).collect()
}

fn wrong_gifchat(words: &[&str]) -> Vec<String> {
    let (mut command, mut lost) = (String::new(), Vec::new());
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        let help = &HELP[&command];
        if word.starts_with('-') {
            // The word after it is its value.
            if !word.contains('=') && help.contains(&format!("{word} <")) {
                rest.next();
            }
        } else if help.contains("\nCommands:\n") {
            let longer = format!("{command} {word}").trim().to_owned();
            if !HELP.contains_key(&longer) {
                lost.push(format!("gifchat has no command `{longer}`"));
                break;
            }
            command = longer;
        }
    }
    lost.extend(unknown(words, &format!("gifchat {command}"), &flags(&HELP[&command])));
    lost
}

/// The flags of the benchmark, which are the fields of its arguments.
fn of_benchmark() -> String {
    let source = read("benches/load/main.rs");
    let fields = function(&source, "struct Args {").lines();
    let names = fields
        .filter_map(|line| line.trim().split_once(": "))
        .map(|(name, _)| name);
    let names = names.filter(|name| !name.starts_with(['/', '#']));
    names.map(|name| format!("--{} ", name.replace('_', "-"))).collect()
}

fn wrong_cargo(words: &[&str]) -> Vec<String> {
    let Some((command, words)) = words.split_first() else {
        return Vec::new();
    };
    let (own, rest) = words.split_at(words.iter().position(|word| *word == "--").unwrap_or(words.len()));
    // Clippy takes the flags of a check.
    let (asked, rest_known) = match *command {
        "run" => ("run", HELP[""].clone()),
        "bench" => ("bench", of_benchmark()),
        "test" => (
            "test",
            printed(&std::env::current_exe().unwrap().display().to_string(), &["--help"]),
        ),
        "clippy" => ("check", "--warn".to_owned()),
        other => (other, String::new()),
    };
    let help = match asked {
        "fmt" => "--check".to_owned(),
        asked => printed(env!("CARGO"), &[asked, "--help"]),
    };
    let mut wrong = unknown(own, &format!("cargo {command}"), &flags(&help));
    wrong.extend(unknown(rest, &format!("cargo {command} --"), &flags(&rest_known)));
    wrong
}

/// What is wrong with one command.
fn wrong_command(command: &str) -> Vec<String> {
    let words: Vec<_> = command.split_whitespace().collect();
    let is_variable = |word: &&&str| {
        word.split_once('=')
            .is_some_and(|(name, _)| name.bytes().all(|b| b"_".contains(&b) || b.is_ascii_alphanumeric()))
    };
    let skipped = words.iter().take_while(is_variable).count();
    let Some((program, words)) = words[skipped..].split_first() else {
        return Vec::new();
    };
    match *program {
        "gifchat" => wrong_gifchat(words),
        "cargo" => wrong_cargo(words),
        "sudo" => wrong_command(&words.join(" ")),
        "ssh" => wrong_command(&words[1..].join(" ")),
        program if OF_OTHERS.contains(&program) => Vec::new(),
        program if program.contains('/') && root().join(program).exists() => Vec::new(),
        program => vec![format!(
            "`{program}` is no program that {} knows: add it there if it is one",
            file!()
        )],
    }
}

/// The commands in a line of a shell.
fn commands(line: &str) -> impl Iterator<Item = &str> {
    let line = line.split(" # ").next().unwrap().split("  #").next().unwrap();
    line.split("&&").map(str::trim).filter(|command| !command.is_empty())
}

/// The blocks of code, each with what it is in.
fn blocks(document: &Document) -> Vec<(&str, String)> {
    let blocks = document.text.split("```").skip(1).step_by(2);
    let block = |block| str::split_once(block, '\n').map(|(kind, text)| (kind, text.replace("\\\n", " ")));
    blocks.filter_map(block).collect()
}

#[test]
fn every_command_that_a_document_shows_exists_with_its_flags() {
    let (mut wrong, mut shown) = (Vec::new(), 0);
    for document in present() {
        let blocks = blocks(&document);
        for (kind, _) in &blocks {
            if !["sh", "toml", "ini", "yaml", "text"].contains(kind) {
                wrong.push(format!(
                    "{}: a block of code says what it is in: ```sh, ```toml or ```text",
                    document.name()
                ));
            }
        }
        let lines = blocks
            .iter()
            .filter(|(kind, _)| *kind == "sh")
            .flat_map(|(_, text)| text.lines());
        let is_command = |span: &&str| {
            ["gifchat ", "cargo ", "docker ", "cd "]
                .iter()
                .any(|program| span.contains(program))
        };
        let lines = lines.chain(spans(&document.text).into_iter().filter(is_command));
        for command in lines.flat_map(commands) {
            shown += 1;
            wrong.extend(
                wrong_command(command)
                    .iter()
                    .map(|wrong| format!("{}: `{command}`: {wrong}", document.name())),
            );
        }
    }
    none(&wrong);
    assert!(shown > 20, "{shown}");
}

#[test]
fn every_flag_and_variable_that_a_document_names_exists() {
    let all: String = HELP.values().flat_map(|help| [help, "\n"]).collect();
    let known = flags(&all);
    let mut wrong = Vec::new();
    for document in present() {
        let spans = spans(&document.text).into_iter().filter(|span| span.starts_with("--"));
        let named = spans.flat_map(str::split_whitespace).filter_map(flag);
        let lost = named.filter(|flag| !known.contains(flag) && !OPTIONS_OF_OTHERS.contains(flag));
        wrong.extend(lost.map(|flag| format!("{}: gifchat has no `{flag}`", document.name())));
        let words = document.text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        let variables = words.filter(|word| word.starts_with("GIFCHAT_") && !OF_TESTS.contains(word));
        let lost = variables.filter(|word| !all.contains(&format!("[env: {word}")));
        wrong.extend(lost.map(|word| format!("{}: gifchat reads no {word}", document.name())));
        for (_, text) in blocks(&document).iter().filter(|(kind, _)| *kind == "toml") {
            let keys: toml::Table = toml::from_str(text).unwrap_or_else(|error| panic!("{}: {error}", document.name()));
            let lost = keys.keys().filter(|key| !known.contains(&*format!("--{key}")));
            wrong.extend(lost.map(|key| format!("{}: there is no setting `{key}`", document.name())));
        }
    }
    none(&wrong);
}
