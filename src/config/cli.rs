//! The command line: what to do, and the settings from flags, the environment and files, in this order of precedence.

use std::{ffi::OsString, path::PathBuf};

use clap::{
    Arg, ArgMatches, Args, Command, CommandFactory, FromArgMatches, Parser, Subcommand, error::ErrorKind,
    parser::ValueSource,
};

use super::{
    Action, Config,
    file::{self, Entry},
};

/// What the program is. The groups of settings would put their own descriptions in its place.
const ABOUT: &str = "An anonymous GIF chat: open a page, get a name, make a room, talk in text and GIFs";

/// What to do instead of serving.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum Task {
    /// Print the settings in force and where each comes from, without secrets, and end; with 1 if no server would start
    /// with them
    #[command(name = "config")]
    ShowConfig,

    /// Write what --store and --uploads hold at one moment into a new folder, while a server runs, and check it
    Backup {
        /// Folder to make. It is there when the backup is complete, and not before
        dir: PathBuf,
    },

    /// Put a backup where --store and --uploads are, which have to be empty
    Restore {
        /// Folder of the backup
        dir: PathBuf,
    },

    /// Do or look at something as an operator of the server whose --admin is given
    Admin {
        /// What
        #[command(subcommand)]
        action: Action,
    },

    /// Say whether --store is sound and agrees with the files in --uploads; ends with 1 if not
    Check,
}

/// What a start of the program asks for.
pub struct Cli {
    /// The settings.
    pub config: Config,
    /// What to do; nothing is to serve.
    pub task: Option<Task>,
    pub(super) command: Command,
    pub(super) matches: ArgMatches,
    /// What files set, and neither a flag nor the environment.
    pub(super) entries: Vec<Entry>,
}

#[derive(Parser)]
#[command(version, max_term_width = 100)]
struct All {
    #[command(flatten)]
    files: Files,
    #[command(subcommand)]
    task: Option<Task>,
    #[command(flatten)]
    config: Config,
}

#[derive(Args)]
struct Files {
    /// File of settings in TOML, named like the flags: room-max = 50. Flags and the environment win over it
    #[arg(id = "config", long = "config", env = "GIFCHAT_CONFIG", value_name = "FILE")]
    file: Option<PathBuf>,

    /// File whose first line is the value of --store, for an address with a password in it
    #[arg(long, env = "GIFCHAT_STORE_FILE", value_name = "FILE")]
    store_file: Option<PathBuf>,
}

impl Cli {
    /// Reads the arguments, the environment and the files that they name.
    ///
    /// # Errors
    /// What is wrong, by a sentence that names the setting; or what `--help` and `--version` print.
    pub fn read(arguments: impl IntoIterator<Item = impl Into<OsString>>) -> Result<Self, clap::Error> {
        let mut arguments: Vec<OsString> = arguments.into_iter().map(Into::into).collect();
        // Global, so that flags may stand behind the name of a task as well.
        let command = All::command().about(ABOUT).mut_args(|arg| negative(arg.global(true)));
        let mut heard = command.clone().mut_args(file::unless_empty);
        let wrong = |sentence| clap::Error::raw(ErrorKind::ValueValidation, format!("{sentence}\n"));
        let given = heard.clone().try_get_matches_from(&arguments);
        let given = given.map_err(|error| file::wrong_variable(&command).map_or(error, wrong))?;
        let entries = entries(&given, &command).map_err(wrong)?;
        let program = 1.min(arguments.len());
        let added = entries.iter().flat_map(Entry::arguments).map(OsString::from);
        arguments.splice(program..program, added.collect::<Vec<_>>());
        let matches = heard.try_get_matches_from_mut(&arguments)?;
        let All { config, task, .. } = All::from_arg_matches(&matches)?;
        Ok(Self {
            config,
            task,
            command,
            matches,
            entries,
        })
    }
}

/// Lets a number, a rate or a time be negative, so that it is refused by its name and not as an unknown flag.
fn negative(arg: Arg) -> Arg {
    const NUMBERS: [&str; 8] = ["N", "BYTES", "PX", "TIME", "N|off", "BYTES|off", "TIME|off", "RATE|off"];

    let unit = arg.get_value_names().and_then(|names| names.first());
    let is_number = unit.is_some_and(|unit| NUMBERS.contains(&unit.as_str()));
    arg.allow_hyphen_values(is_number)
}

/// What the files set that neither a flag nor the environment sets.
fn entries(given: &ArgMatches, command: &Command) -> Result<Vec<Entry>, String> {
    let mut entries = match given.get_one::<PathBuf>("config") {
        Some(path) => file::read(path, command)?,
        None => Vec::new(),
    };
    entries.retain(|entry| !is_given(given, command, &entry.name));
    let store_file = given.get_one::<PathBuf>("store_file").cloned();
    let named = entries.iter().find(|entry| entry.name == "store-file");
    if let Some(path) = store_file.or_else(|| named?.values.last().map(PathBuf::from)) {
        // Whichever were taken, somebody would believe that it is the other one.
        if is_given(given, command, "store") || entries.iter().any(|entry| entry.name == "store") {
            return Err("--store and --store-file both name the store, by flag, environment or file; give one".into());
        }
        entries.push(file::read_store(&path, command)?);
    }
    Ok(entries)
}

/// Whether a flag or the environment sets that.
fn is_given(given: &ArgMatches, command: &Command, name: &str) -> bool {
    let id = file::settings(command).find(|(known, _)| *known == name);
    let source = id.and_then(|(_, arg)| given.value_source(arg.get_id().as_str()));
    matches!(source, Some(ValueSource::CommandLine | ValueSource::EnvVariable))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_help_says_what_the_program_is() {
        let help = Cli::read(["gifchat", "-h"]).err().unwrap().to_string();
        assert!(help.starts_with("An anonymous GIF chat"), "{help}");
    }
}
