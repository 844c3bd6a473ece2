//! Reads the settings, binds, serves until told to stop.

use std::{
    env,
    io::{self, Write},
    process::ExitCode,
};

use gifchat::{
    Config,
    app::{self, Inherited, Listener},
    backup,
    config::{Action, Cli, Task},
    console, healthcheck, telemetry,
};
use tokio::{runtime::Runtime, signal::unix};

fn main() -> ExitCode {
    let cli = Cli::read(env::args_os()).unwrap_or_else(|error| error.exit());
    let done = match cli.task {
        Some(Task::ShowConfig) => show(&cli),
        Some(Task::Admin { action }) => administrate(&action, &cli.config),
        Some(task) => maintain(&task, &cli.config),
        None => serve(cli.config),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            #[expect(clippy::print_stderr, reason = "there may be no log yet")]
            {
                eprintln!("gifchat: {sentence}");
            }
            ExitCode::FAILURE
        }
    }
}

/// Shows the settings also if no server would start with them.
fn show(cli: &Cli) -> Result<(), String> {
    let shown = io::stdout().write_all(cli.shown().as_bytes());
    shown.map_err(|error| error.to_string())?;
    app::check(&cli.config)
}

fn administrate(action: &Action, config: &Config) -> Result<(), String> {
    let runtime = Runtime::new().map_err(|error| error.to_string())?;
    let said = runtime.block_on(console::run(action, config))?;
    writeln!(io::stdout(), "{said}").map_err(|error| error.to_string())
}

fn maintain(task: &Task, config: &Config) -> Result<(), String> {
    telemetry::start(&config.log, config.log_format)?;
    let said = backup::run(task, config)?;
    writeln!(io::stdout(), "{said}").map_err(|error| error.to_string())
}

fn serve(config: Config) -> Result<(), String> {
    // Before there are threads: it changes the environment.
    let inherited = Inherited::take();
    let runtime = Runtime::new().map_err(|error| error.to_string())?;
    runtime.block_on(start(config, inherited))
}

async fn start(config: Config, inherited: Inherited) -> Result<(), String> {
    if let Some(url) = &config.check {
        return healthcheck::check(url).await;
    }
    telemetry::start(&config.log, config.log_format)?;
    let listener = match inherited.listener()? {
        Some(listener) => listener,
        None => Listener::bind(&config.listen).await?,
    };
    let shutdown = stop_signal().map_err(|error| error.to_string())?;
    app::run(listener, config, shutdown)
        .await
        .map_err(|error| error.to_string())
}

/// Ends on SIGTERM or Ctrl-C.
fn stop_signal() -> io::Result<impl Future<Output = ()> + Send> {
    let mut terminate = unix::signal(unix::SignalKind::terminate())?;
    let mut interrupt = unix::signal(unix::SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => (),
            _ = interrupt.recv() => (),
        }
    })
}
