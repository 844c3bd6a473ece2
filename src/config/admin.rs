//! The settings of the interface for operators: where it is, and who may use it.

use std::path::PathBuf;

use clap::Args;

use super::{Listen, site::read_text};
use crate::domain::Operator;

/// Characters of a token at least, so that nobody guesses one.
const LEAST: usize = 16;

/// Bytes of the file of tokens.
const FILE: usize = 64 << 10;

/// The interface for operators.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Operators")]
pub struct AdminSettings {
    /// Where operators reach the site, as ADDR:PORT or unix:PATH; nowhere without it. Whoever reaches an address of this
    /// machine or the socket file is an operator, unless there are tokens; any other address takes tokens
    #[arg(long, env = "GIFCHAT_ADMIN", value_name = "ADDR:PORT|unix:PATH")]
    pub admin: Option<Listen>,

    /// File of the tokens of operators: one a line, of 16 characters or more, with the name of whose it is before it, such as
    /// ann 5mGkP2vXq8Tz4NwR. The name is what the audit log has
    #[arg(long, env = "GIFCHAT_ADMIN_TOKEN_FILE", value_name = "FILE")]
    pub admin_token_file: Option<PathBuf>,
}

/// An operator and their token.
pub type Token = (Operator, String);

impl AdminSettings {
    /// The tokens; `None` where none is asked for.
    ///
    /// # Errors
    /// A sentence that names the setting and never what the file holds: a token is too short, or there is none although the
    /// address takes one.
    pub fn tokens(&self) -> Result<Option<Vec<Token>>, String> {
        let Some(path) = &self.admin_token_file else {
            return match &self.admin {
                Some(Listen::Address(address)) if !address.ip().to_canonical().is_loopback() => Err(format!(
                    "--admin {address}: others can reach it, so that it takes --admin-token-file"
                )),
                _ => Ok(None),
            };
        };
        let place = format!("--admin-token-file {}", path.display());
        let text = read_text(path, FILE).map_err(|error| format!("{place}: {error}"))?;
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let tokens = lines.map(token).collect::<Result<Vec<_>, _>>();
        let tokens = tokens.map_err(|error| format!("{place}: {error}"))?;
        match tokens.is_empty() {
            true => Err(format!("{place}: there is no token in it")),
            false => Ok(Some(tokens)),
        }
    }
}

fn token(line: &str) -> Result<Token, String> {
    let (name, token) = match line.rsplit_once(char::is_whitespace) {
        Some((name, token)) => (name.parse()?, token),
        None => (Operator::nameless(), line),
    };
    match token.chars().count() < LEAST {
        true => Err(format!("a token has fewer than {LEAST} characters")),
        false => Ok((name, token.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn an_address_that_others_reach_takes_tokens() {
        for (listen, takes) in [
            ("127.0.0.1:9000", false),
            ("[::1]:9000", false),
            ("unix:/run/admin.sock", false),
            ("0.0.0.0:9000", true),
            ("192.0.2.1:9000", true),
        ] {
            let settings = AdminSettings {
                admin: Some(listen.parse().unwrap()),
                admin_token_file: None,
            };
            assert_eq!(settings.tokens().is_err(), takes, "{listen}");
        }
    }

    #[test]
    fn a_token_is_long_and_may_have_a_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokens");
        let settings = AdminSettings {
            admin: None,
            admin_token_file: Some(path.clone()),
        };
        fs::write(&path, "ann 5mGkP2vXq8Tz4NwR\n\n0123456789abcdef\n").unwrap();
        let tokens = settings.tokens().unwrap().unwrap();
        let shown: Vec<_> = tokens.iter().map(|(who, token)| format!("{who} {token}")).collect();
        assert_eq!(shown, ["ann 5mGkP2vXq8Tz4NwR", "operator 0123456789abcdef"]);
        for (wrong, says) in [("ann short", "fewer than 16"), ("\n", "no token")] {
            fs::write(&path, wrong).unwrap();
            let error = settings.tokens().unwrap_err();
            assert!(error.contains(says) && !error.contains("short"), "{error}");
        }
    }
}
