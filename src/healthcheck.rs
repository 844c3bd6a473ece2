//! Asks a running server whether it answers, for health checks of containers that have no other client.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use url::Url;

/// Time for the whole answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// Bytes of the answer that are read: its first line is among them.
const HEAD: usize = 512;

/// Asks for that address, `http` only; any success will do.
///
/// # Errors
/// A sentence: nobody answers in time, or the answer is no success.
pub async fn check(url: &Url) -> Result<(), String> {
    let answer = timeout(ANSWER_TIMEOUT, ask(url)).await;
    let head = match answer {
        Ok(head) => head.map_err(|error| format!("--check {url}: {error}"))?,
        Err(_) => {
            return Err(format!(
                "--check {url}: no answer within {} s",
                ANSWER_TIMEOUT.as_secs()
            ));
        }
    };
    let status = head.split(' ').nth(1).unwrap_or_default();
    if head.starts_with("HTTP/1.1 2") {
        Ok(())
    } else {
        Err(format!("--check {url}: it answered {status:?}"))
    }
}

async fn ask(url: &Url) -> std::io::Result<String> {
    let host = url.host_str().unwrap_or_default();
    let port = url.port_or_known_default().unwrap_or(80);
    let mut stream = TcpStream::connect((host.trim_matches(['[', ']']), port)).await?;
    let path = url.path();
    let request = format!("GET {path} HTTP/1.1\r\nhost: {host}:{port}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut head = Vec::with_capacity(HEAD);
    stream.take(HEAD as u64).read_to_end(&mut head).await?;
    Ok(String::from_utf8_lossy(&head).into_owned())
}
