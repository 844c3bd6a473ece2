//! GIFs sent by members of a room.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Instant,
};

use anyhow::Result;
use bytes::Bytes;
use gif::{Encoder, Frame};
use tokio::task::JoinSet;

use crate::{crowd::Crowd, http::Client, server::Server};

const SIZE: usize = 2_000_000;
const COUNT: usize = 100;
const WARM_UP: usize = 20;
const AT_ONCE: usize = 4;

/// A canvas as it is common for animations in chats.
const CANVAS: (u16, u16) = (480, 270);

const BOUNDARY: &str = "----load7f3a9c";

/// MB a second, and milliseconds of CPU for each.
pub async fn run(server: &Server) -> Result<Vec<f64>> {
    let crowd = Crowd::gather(server, AT_ONCE, 1).await?;
    let gif = animation(SIZE)?;
    let head = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"gif\"; filename=\"load.gif\"\r\n\
         Content-Type: image/gif\r\n\r\n"
    );
    let body = Bytes::from([head.as_bytes(), &gif, format!("\r\n--{BOUNDARY}--\r\n").as_bytes()].concat());
    send(server, &crowd, &body, WARM_UP).await?;
    let (before, begun) = (server.cpu()?, Instant::now());
    send(server, &crowd, &body, COUNT).await?;
    let (cpu, time) = (server.cpu()?.saturating_sub(before), begun.elapsed());
    let megabytes = gif.len() as f64 * COUNT as f64 / 1e6;
    Ok(vec![
        megabytes / time.as_secs_f64(),
        cpu.as_secs_f64() * 1e3 / megabytes,
    ])
}

async fn send(server: &Server, crowd: &Crowd, body: &Bytes, count: usize) -> Result<()> {
    let path = format!("/room/{}/gif", crowd.rooms.first().map_or("", String::as_str));
    let next = Arc::new(AtomicUsize::new(0));
    let mut senders = JoinSet::new();
    for cookie in &crowd.cookies {
        let (path, body, next) = (path.clone(), body.clone(), Arc::clone(&next));
        let mut client = Client::new(server.address);
        client.cookie.clone_from(cookie);
        senders.spawn(async move {
            let kind = format!("multipart/form-data; boundary={BOUNDARY}");
            while next.fetch_add(1, Relaxed) < count {
                client.post(&path, &kind, body.clone()).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(done) = senders.join_next().await {
        done??;
    }
    Ok(())
}

/// A GIF of at least that many bytes: frames of noise, which no encoder can shorten.
fn animation(size: usize) -> Result<Vec<u8>> {
    let (width, height) = CANVAS;
    let palette: Vec<u8> = (0..=255u8).flat_map(|n| [n, n.wrapping_mul(7), 255 - n]).collect();
    let mut bytes = Vec::with_capacity(size * 5 / 4);
    let mut encoder = Encoder::new(&mut bytes, width, height, &palette)?;
    let mut seed = 0x2545_F491_4F6C_DD1D_u64;
    while encoder.get_ref().len() < size {
        let pixels = (0..usize::from(width) * usize::from(height)).map(|_| {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            (seed >> 32) as u8
        });
        encoder.write_frame(&Frame {
            delay: 10,
            width,
            height,
            buffer: pixels.collect(),
            ..Frame::default()
        })?;
    }
    drop(encoder);
    Ok(bytes)
}
