//! The settings in force, as `gifchat config` prints them: a file that `--config` reads, but for its secrets.

use std::fmt::Write;

use clap::{Arg, parser::ValueSource};
use toml::Value;

use super::{
    cli::Cli,
    file::{self, Entry},
};
use crate::store::StoreUrl;

/// Column at which the remarks begin, where what stands before them leaves room.
const COLUMN: usize = 40;

impl Cli {
    /// One line for each setting: its name, its value, and where that comes from. Passwords are left out, and what is not
    /// whole without one is a remark, so that nobody reads it again.
    pub fn shown(&self) -> String {
        let mut text = String::new();
        for (name, arg) in file::settings(&self.command) {
            let line = match self.value(arg) {
                Some(value) => {
                    let remark = if self.is_whole(name, arg) { "" } else { "# " };
                    let setting = format!("{remark}{name} = {value}");
                    format!("{setting:COLUMN$} # {}", self.source(name, arg))
                }
                None => format!("# {name} is not set"),
            };
            // Writing to a string can't fail.
            let _ = writeln!(text, "{line}");
        }
        text
    }

    /// Whether what is shown of a setting can be read again: the address of a store can't without its password, nor beside
    /// the file that it comes from.
    fn is_whole(&self, name: &str, arg: &Arg) -> bool {
        let from_file = name == "store" && self.matches.get_raw("store_file").is_some();
        let raw = self.matches.get_raw(arg.get_id().as_str());
        let mut values = raw.into_iter().flatten().map(|value| value.to_string_lossy());
        !from_file && (!arg.is_hide_env_values_set() || values.all(|value| without_secret(&value) == *value))
    }

    fn value(&self, arg: &Arg) -> Option<Value> {
        let raw = self.matches.get_raw(arg.get_id().as_str())?;
        let mut values: Vec<_> = raw
            .map(|value| {
                let value = value.to_string_lossy();
                if arg.is_hide_env_values_set() {
                    Value::String(without_secret(&value))
                } else {
                    value
                        .parse()
                        .map_or_else(|_| Value::String(value.into()), Value::Integer)
                }
            })
            .collect();
        if values.len() == 1 {
            values.pop()
        } else {
            Some(Value::Array(values))
        }
    }

    fn source(&self, name: &str, arg: &Arg) -> String {
        if let Some(Entry { place, .. }) = self.entries.iter().find(|entry| entry.name == name) {
            return place.clone();
        }
        match self.matches.value_source(arg.get_id().as_str()) {
            Some(ValueSource::CommandLine) => "flag".to_owned(),
            Some(ValueSource::EnvVariable) => {
                let variable = arg.get_env().unwrap_or_default();
                format!("environment: {}", variable.to_string_lossy())
            }
            _ => "default".to_owned(),
        }
    }
}

/// What may be shown of a setting that may hold a secret: the address of a store without its password.
fn without_secret(value: &str) -> String {
    match value.parse() {
        Ok(StoreUrl::Sqlite(_)) => value.to_owned(),
        Ok(StoreUrl::Mongo(url)) => url.to_string(),
        Err(_) => "…".to_owned(),
    }
}
