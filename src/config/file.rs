//! Settings in files and in the environment: a TOML file with the names of the flags, the address of the store in a file of
//! its own, and what is wrong with a variable.

use std::{collections::BTreeMap, env, fs, path::Path};

use clap::{Arg, Command, builder::Resettable};
use toml::{Spanned, Value};

/// One setting as a file gives it.
pub struct Entry {
    /// The long name of the flag, without the dashes in front.
    pub name: String,
    /// What it is set to, as one would write it behind the flag. Several values if it is a list.
    pub values: Vec<String>,
    /// Where it was found, for sentences.
    pub place: String,
}

impl Entry {
    /// The same as arguments.
    pub fn arguments(&self) -> impl Iterator<Item = String> {
        self.values.iter().map(|value| format!("--{}={value}", self.name))
    }
}

/// The settings among the arguments of a command: those that are environment variables, too. The others, such as
/// `--check`, ask for something to be done. Which file to read can't be said in that file.
pub fn settings(command: &Command) -> impl Iterator<Item = (&str, &Arg)> {
    let named = command.get_arguments().filter_map(|arg| Some((arg.get_long()?, arg)));
    named.filter(|(name, arg)| arg.get_env().is_some() && *name != "config")
}

/// Reads a file of settings, each of which is held against the `command`.
///
/// # Errors
/// A sentence that names the file, and the line and the setting where there is one. It never repeats the line, which may
/// hold a password.
pub fn read(path: &Path, command: &Command) -> Result<Vec<Entry>, String> {
    let shown = path.display();
    let text = fs::read_to_string(path).map_err(|error| format!("--config {shown}: {error}"))?;
    let place = |at: usize| {
        let before = text.get(..at).unwrap_or(&text);
        format!("{shown}, line {}", before.matches('\n').count() + 1)
    };
    let table: BTreeMap<Spanned<String>, Spanned<Value>> = toml::from_str(&text).map_err(|error| {
        let at = error.span().map_or_else(|| shown.to_string(), |span| place(span.start));
        format!("{at}: {}", error.message())
    })?;
    let entries = table.into_iter().map(|(key, value)| {
        let (place, name) = (place(key.span().start), key.into_inner());
        let entry = entry(name, value.into_inner(), place.clone(), command);
        entry.map_err(|sentence| format!("{place}: {sentence}"))
    });
    entries.collect()
}

fn entry(name: String, value: Value, place: String, command: &Command) -> Result<Entry, String> {
    if !settings(command).any(|(known, _)| known == name) {
        let dashed = name.replace('_', "-");
        return Err(match settings(command).find(|(known, _)| *known == dashed) {
            Some(_) => format!("there is no setting {name:?}; it is written {dashed}"),
            None => format!("there is no setting {name:?}; gifchat --help lists all, without the dashes here"),
        });
    }
    let values = match value {
        Value::Array(values) => values.into_iter().map(|value| text(&name, value)).collect(),
        value => text(&name, value).map(|value| vec![value]),
    };
    let entry = Entry {
        values: values?,
        name,
        place,
    };
    accept(&entry, command)?;
    Ok(entry)
}

fn text(name: &str, value: Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text),
        Value::Integer(number) => Ok(number.to_string()),
        Value::Float(number) => Ok(number.to_string()),
        Value::Boolean(_) | Value::Datetime(_) | Value::Array(_) | Value::Table(_) => Err(format!(
            "{name} can't be a {}; write a number, or what stands behind --{name} in quotes",
            value.type_str()
        )),
    }
}

/// Lets the command read the setting as if it stood alone on a command line.
fn accept(entry: &Entry, command: &Command) -> Result<(), String> {
    let alone = std::iter::once("gifchat".to_owned()).chain(entry.arguments());
    let command = command.clone().mut_args(|arg| arg.env(Resettable::Reset));
    command.try_get_matches_from(alone).map(drop).map_err(|error| {
        let text = error.to_string();
        let lines = text.lines().take_while(|line| !line.trim().is_empty()).map(str::trim);
        let sentence = lines.collect::<Vec<_>>().join(" ");
        sentence.trim_start_matches("error: ").to_owned()
    })
}

/// The argument, without its variable if that is empty: such a one counts as unset.
pub fn unless_empty(arg: Arg) -> Arg {
    match arg.get_env().and_then(env::var_os) {
        Some(value) if value.is_empty() => arg.env(Resettable::Reset),
        _ => arg,
    }
}

/// What is wrong with a variable of the environment, by a sentence that names it.
pub fn wrong_variable(command: &Command) -> Option<String> {
    settings(command).find_map(|(name, arg)| {
        let variable = arg.get_env()?;
        let value = env::var_os(variable).filter(|value| !value.is_empty())?;
        let entry = Entry {
            name: name.to_owned(),
            values: vec![value.to_string_lossy().into_owned()],
            place: format!("environment: {}", variable.display()),
        };
        let sentence = accept(&entry, command).err()?;
        Some(format!("{}: {sentence}", entry.place))
    })
}

/// Reads the address of the store from the first line of a file.
///
/// # Errors
/// A sentence that names the file and does not repeat what it holds.
pub fn read_store(path: &Path, command: &Command) -> Result<Entry, String> {
    let place = format!("--store-file {}", path.display());
    let text = fs::read_to_string(path).map_err(|error| format!("{place}: {error}"))?;
    let entry = Entry {
        name: "store".to_owned(),
        values: text.lines().take(1).map(|line| line.trim().to_owned()).collect(),
        place: place.clone(),
    };
    if entry.values.iter().all(String::is_empty) {
        return Err(format!(
            "{place}: its first line is empty; it has to be the address of the store"
        ));
    }
    accept(&entry, command).map_err(|sentence| format!("{place}: {sentence}"))?;
    Ok(entry)
}
