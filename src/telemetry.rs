//! Logs: one line an event, on standard error.

use std::io::IsTerminal;

use tracing_subscriber::{EnvFilter, fmt, prelude::*};

use crate::config::LogFormat;

/// Checks a filter.
///
/// # Errors
/// It can't be read.
pub fn check(filter: &str) -> Result<(), String> {
    read(filter).map(drop)
}

fn read(filter: &str) -> Result<EnvFilter, String> {
    // It writes a line with every session that can't be read; those who ask say so themselves, and seldom.
    let quiet = format!("tower_sessions_core=off,{filter}");
    EnvFilter::try_new(quiet).map_err(|error| format!("--log {filter:?}: {error}"))
}

/// Starts logging.
///
/// # Errors
/// The filter can't be read.
pub fn start(filter: &str, format: LogFormat) -> Result<(), String> {
    let filter = read(filter)?;
    let lines = fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false);
    let lines = match format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false)
            .boxed(),
    };
    tracing_subscriber::registry()
        .with(filter)
        .with(lines)
        .try_init()
        .map_err(|error| error.to_string())
}
