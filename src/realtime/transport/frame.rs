//! As much of websocket frames (RFC 6455) as a connection needs before it is a session.

use std::io;

/// Sent to end a websocket: a close frame without a reason.
pub const CLOSE: [u8; 2] = [0x88, 0];

/// What the frames mean that a client may send here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    /// More of a text that came in fragments.
    Continuation,
    Close,
    Ping,
    Pong,
}

/// A frame of a client.
#[derive(Debug, PartialEq, Eq)]
pub struct Frame {
    pub kind: Kind,
    /// Whether it is the last one of its message.
    pub is_last: bool,
    pub payload: Vec<u8>,
    /// Bytes of the frame with its header.
    pub size: usize,
}

/// The first frame in `bytes`; none when it is not there whole.
///
/// # Errors
/// It is larger than `limit`, binary, or breaks the protocol.
pub fn first(bytes: &[u8], limit: usize) -> io::Result<Option<Frame>> {
    let Some((&[head, length], rest)) = bytes.split_first_chunk() else {
        return Ok(None);
    };
    // Without extensions. Control frames are never in fragments.
    let (kind, is_last) = match head {
        0x81 => (Kind::Text, true),
        0x01 => (Kind::Text, false),
        0x80 => (Kind::Continuation, true),
        0x00 => (Kind::Continuation, false),
        0x88 => (Kind::Close, true),
        0x89 => (Kind::Ping, true),
        0x8a => (Kind::Pong, true),
        _ => return Err(io::ErrorKind::InvalidData.into()),
    };
    let masked = length & 0x80 != 0;
    let Some((length, rest)) = payload_length(length & 0x7f, rest) else {
        return Ok(None);
    };
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    let longest = match kind {
        Kind::Text | Kind::Continuation => limit,
        Kind::Close | Kind::Ping | Kind::Pong => 125,
    };
    if !masked || length > longest {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let Some((mask, rest)) = rest.split_first_chunk::<4>() else {
        return Ok(None);
    };
    let Some((payload, rest)) = rest.split_at_checked(length) else {
        return Ok(None);
    };
    Ok(Some(Frame {
        kind,
        is_last,
        payload: payload
            .iter()
            .zip(mask.iter().cycle())
            .map(|(byte, mask)| byte ^ mask)
            .collect(),
        size: bytes.len() - rest.len(),
    }))
}

/// The length that a header means, and what follows it.
fn payload_length(short: u8, rest: &[u8]) -> Option<(u64, &[u8])> {
    match short {
        126 => {
            let (length, rest) = rest.split_first_chunk()?;
            Some((u16::from_be_bytes(*length).into(), rest))
        }
        127 => {
            let (length, rest) = rest.split_first_chunk()?;
            Some((u64::from_be_bytes(*length), rest))
        }
        length => Some((length.into(), rest)),
    }
}

/// A frame of the server.
pub fn encode(kind: Kind, payload: &[u8]) -> Vec<u8> {
    let head = match kind {
        Kind::Text => 0x81,
        Kind::Continuation => 0x80,
        Kind::Close => 0x88,
        Kind::Ping => 0x89,
        Kind::Pong => 0x8a,
    };
    let mut frame = vec![head];
    if let Ok(length @ ..=125) = u8::try_from(payload.len()) {
        frame.push(length);
    } else if let Ok(length) = u16::try_from(payload.len()) {
        frame.push(126);
        frame.extend(length.to_be_bytes());
    } else {
        frame.push(127);
        frame.extend((payload.len() as u64).to_be_bytes());
    }
    frame.extend(payload);
    frame
}

/// Bytes of the server's frame that begins like this; none when that is not enough of it.
pub fn size_of_ours(begin: &[u8]) -> Option<usize> {
    let (&[_, length], rest) = begin.split_first_chunk()?;
    let (length, rest) = payload_length(length, rest)?;
    usize::try_from(length).ok()?.checked_add(begin.len() - rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(payload: &[u8]) -> Vec<u8> {
        let mut frame = encode(Kind::Text, payload);
        let at = frame.len() - payload.len();
        frame[1] |= 0x80;
        frame.splice(at..at, [1, 2, 3, 4]);
        for (n, byte) in frame[at + 4..].iter_mut().enumerate() {
            *byte ^= [1, 2, 3, 4][n % 4];
        }
        frame
    }

    #[test]
    fn a_frame_is_read_once_it_is_whole_and_not_a_byte_further() {
        for size in [0, 1, 125, 126, 65_535, 65_536] {
            let payload = vec![b'x'; size];
            let mut bytes = masked(&payload);
            let whole = bytes.len();
            for cut in [0, 1, 2, 3, 5, 9, 13, whole - 1] {
                assert_eq!(first(&bytes[..cut.min(whole - 1)], 65_536).unwrap(), None);
            }
            bytes.extend(b"behind");
            let frame = first(&bytes, 65_536).unwrap().unwrap();
            assert_eq!(
                (frame.kind, frame.size, frame.payload == payload),
                (Kind::Text, whole, true)
            );
            let ours = encode(Kind::Text, &payload);
            assert_eq!(size_of_ours(&ours), Some(ours.len()));
        }
    }

    #[test]
    fn what_a_client_must_not_send_is_an_error_before_it_is_whole() {
        for wrong in [
            &[0x81, 0x05][..],
            &[0x82, 0x85],
            &[0x09, 0x85],
            &[0xc1, 0x85],
            &[0x89, 0xfe, 0, 126],
            &[0x81, 0xfe, 0x40, 0x01],
            &[0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        ] {
            assert!(first(wrong, 16 << 10).is_err(), "{wrong:?}");
        }
    }
}
