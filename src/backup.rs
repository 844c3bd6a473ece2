//! What an operator does with a site as a whole: backs it up, restores it, checks it.

mod agreement;
mod files;
#[cfg(feature = "mongodb")]
mod mongo;
mod sqlite;

use self::sqlite::Site;
use crate::{
    config::{Config, Task},
    store::{MongoUrl, StoreUrl},
};

/// Lines of what is wrong that are printed.
const LINES: usize = 100;

/// Does it; what to print.
///
/// # Errors
/// A sentence, or lines of what is wrong.
pub fn run(task: &Task, config: &Config) -> Result<String, String> {
    match &config.store {
        StoreUrl::Sqlite(rooms) => {
            let site = Site::new(rooms, &config.uploads);
            match task {
                Task::Backup { dir } => site.back_up(dir),
                Task::Restore { dir } => site.restore(dir).map(|holds| restored(&holds)),
                Task::Check => agree(site.check()?),
                Task::ShowConfig | Task::Admin { .. } => Ok(String::new()),
            }
        }
        StoreUrl::Mongo(url) => run_on_mongo(task, url),
    }
}

#[cfg(feature = "mongodb")]
fn run_on_mongo(task: &Task, url: &MongoUrl) -> Result<String, String> {
    let runtime = tokio::runtime::Runtime::new().map_err(|error| error.to_string())?;
    runtime.block_on(async {
        match task {
            Task::Backup { dir } => mongo::back_up(url, dir).await,
            Task::Restore { dir } => mongo::restore(url, dir).await.map(|holds| restored(&holds)),
            Task::Check => agree(mongo::check(url).await?),
            Task::ShowConfig | Task::Admin { .. } => Ok(String::new()),
        }
    })
}

#[cfg(not(feature = "mongodb"))]
fn run_on_mongo(_: &Task, url: &MongoUrl) -> Result<String, String> {
    Err(format!(
        "{url} can't be used: this gifchat is built without the feature mongodb"
    ))
}

fn restored(holds: &str) -> String {
    format!("restored: {holds}")
}

fn agree((holds, faults): (String, Vec<String>)) -> Result<String, String> {
    must_agree(&faults, "store and files do not agree")?;
    Ok(format!("store and files agree: {holds}"))
}

/// Says that something is wrong, and the first lines of what.
fn must_agree(faults: &[String], otherwise: &str) -> Result<(), String> {
    if faults.is_empty() {
        return Ok(());
    }
    let mut lines: Vec<_> = faults.iter().take(LINES).cloned().collect();
    if faults.len() > LINES {
        lines.push(format!("and {} more", faults.len() - LINES));
    }
    Err(format!("{otherwise}:\n{}", lines.join("\n")))
}
