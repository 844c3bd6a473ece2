//! Reads the settings, binds, serves until told to stop.

use std::process::ExitCode;

use clap::Parser;
use gifchat::{Config, app, check, telemetry};
use tokio::{net::TcpListener, signal::unix};

#[tokio::main]
async fn main() -> ExitCode {
    let config = Config::parse();
    match start(config).await {
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

async fn start(config: Config) -> Result<(), String> {
    if let Some(url) = &config.check {
        return check::check(url).await;
    }
    telemetry::start(&config.log, config.log_format)?;
    let address = config.listen;
    let listener = TcpListener::bind(address)
        .await
        .map_err(|error| format!("--listen {address}: {error}"))?;
    let shutdown = stop_signal().map_err(|error| error.to_string())?;
    app::run(listener, config, shutdown)
        .await
        .map_err(|error| error.to_string())
}

/// Ends on SIGTERM or Ctrl-C.
fn stop_signal() -> std::io::Result<impl Future<Output = ()> + Send> {
    let mut terminate = unix::signal(unix::SignalKind::terminate())?;
    let mut interrupt = unix::signal(unix::SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => (),
            _ = interrupt.recv() => (),
        }
    })
}
