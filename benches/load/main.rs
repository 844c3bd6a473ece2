//! A load generator that starts the server itself and prints one table: `cargo bench --bench load -- --help`.
//!
//! It can also start and measure another server with the same interface, in turns with this one. CPU is the clock of
//! the server process over all its threads; client and server share the machine, so ratios say more than figures.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the table is what it is for, and it says how far it is"
)]

mod crowd;
mod fleet;
mod http;
mod measure;
mod mongod;
mod pages;
mod posts;
mod server;
mod socket;
mod table;
mod upload;

use std::{net::SocketAddr, process::ExitCode};

use anyhow::{Context, Result};
use clap::Parser;

use self::{
    measure::{MEASUREMENTS, ON_MONGO},
    server::{Other, Subject},
    table::Table,
};

/// Measures the server, and another one beside it.
#[derive(Parser)]
struct Args {
    /// Runs of each measurement, each on a fresh server; the table shows the median and the range
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..))]
    runs: u16,

    /// Take only measurements whose name contains this: memory, fanout, rooms, latency, pages, logged, upload, start
    #[arg(long, default_value = "")]
    only: String,

    /// Measure another server: a shell command that starts it in the background and prints its process id
    #[arg(long, requires = "url", value_name = "COMMAND")]
    start: Option<String>,

    /// Where the other server listens, such as http://127.0.0.1:18005
    #[arg(long, requires = "start", value_parser = address)]
    url: Option<SocketAddr>,

    /// Name of the other server in the table
    #[arg(long, default_value = "other")]
    label: String,

    /// The other server does not acknowledge `join`
    #[arg(long)]
    no_ack: bool,

    /// The other server collects garbage on SIGUSR2, before its memory is read
    #[arg(long)]
    gc: bool,

    /// Measure gifchat and the other server in turns
    #[arg(long, requires = "start")]
    compare: bool,

    /// Measure servers on MongoDB instead, beside one on SQLite; `MONGOD` names the mongod. Names are: fanout, across,
    /// posts, commits
    #[arg(long, conflicts_with = "start")]
    mongo: bool,

    /// Servers on MongoDB at most
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..))]
    servers: u8,

    /// Given by `cargo bench`
    #[arg(long, hide = true)]
    bench: bool,
}

fn address(url: &str) -> Result<SocketAddr, String> {
    let rest = url.strip_prefix("http://").unwrap_or(url).trim_end_matches('/');
    rest.parse()
        .map_err(|_| format!("{url:?} is no address; write it like http://127.0.0.1:18005"))
}

fn main() -> Result<ExitCode> {
    let args = Args::parse();
    if !args.bench {
        // `cargo test --all-targets` runs this too; there is nothing to test.
        return Ok(ExitCode::SUCCESS);
    }
    rlimit::increase_nofile_limit(u64::MAX).context("the limit of open files")?;
    // One thread: the other cores are the server's.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut table = Table::new(subjects(&args));
    let failed = runtime.block_on(fill(&mut table, &args));
    print!("{table}");
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn subjects(args: &Args) -> Vec<Subject> {
    let mut subjects = Vec::new();
    if args.mongo {
        subjects.extend((0..=args.servers.into()).map(Subject::Fleet));
        return subjects;
    }
    if args.compare || args.start.is_none() {
        subjects.push(Subject::Ours);
    }
    if let (Some(start), Some(address)) = (&args.start, args.url) {
        subjects.push(Subject::Other(Other {
            label: args.label.clone(),
            start: start.clone(),
            address,
            acks: !args.no_ack,
            collects_garbage: args.gc,
        }));
    }
    subjects
}

/// Runs everything, one server after the other in each turn; whether something failed.
async fn fill(table: &mut Table, args: &Args) -> bool {
    let mut failed = false;
    let all = if args.mongo { &ON_MONGO[..] } else { &MEASUREMENTS };
    let chosen = all.iter().filter(|measurement| measurement.name.contains(&args.only));
    for measurement in chosen {
        for run in 1..=args.runs {
            for at in 0..table.subjects().len() {
                let Some(subject) = table.subjects().get(at) else {
                    continue;
                };
                if measurement.ours_only && !matches!(subject, Subject::Ours) {
                    continue;
                }
                eprintln!("{} {run}/{}: {}", measurement.name, args.runs, subject.label());
                match measurement.run(subject).await {
                    Ok(values) => table.add(measurement, at, values),
                    Err(error) => {
                        eprintln!("{} failed: {error:#}", measurement.name);
                        failed = true;
                    }
                }
            }
        }
    }
    failed
}
