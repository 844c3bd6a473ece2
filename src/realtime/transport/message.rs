//! Messages of frames: a client may send a message in fragments (RFC 6455, 5.4), with control frames between them.

use std::io;

use bytes::BytesMut;

use super::frame::{self, Frame, Kind};

/// Bytes beside the payload that the frames of one message may have: about 1,000 fragments. A message of more is an
/// error, so that fragments without a payload do not pile up.
const HEADERS: usize = 8 << 10;

/// The messages in the bytes that were read.
pub struct Messages {
    /// What was read, from the last message on.
    read: BytesMut,
    /// Bytes of it that make up the last message, or the fragments of the next one that are there.
    size: usize,
    /// The payload of these fragments. None when the next frame begins a message.
    begun: Option<Vec<u8>>,
    /// Bytes of a payload.
    limit: usize,
}

/// A message, or a control frame.
pub struct Received {
    pub kind: Kind,
    pub payload: Vec<u8>,
}

impl Messages {
    /// Messages whose payload has at most `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self {
            read: BytesMut::new(),
            size: 0,
            begun: None,
            limit,
        }
    }

    /// Where more of the connection is to be read into. What is not whole is no longer than one message and one frame.
    pub const fn buffer(&mut self) -> &mut BytesMut {
        &mut self.read
    }

    /// The next message or control frame; none when it is not there whole.
    ///
    /// # Errors
    /// It is too large, or breaks the protocol.
    pub fn next(&mut self) -> io::Result<Option<Received>> {
        if self.begun.is_none() {
            let _ = self.read.split_to(self.size);
            self.size = 0;
        }
        while let Some(frame) = frame::first(self.read.get(self.size..).unwrap_or_default(), self.limit)? {
            if let Some(received) = self.take(frame)? {
                return Ok(Some(received));
            }
        }
        Ok(None)
    }

    /// Takes the frame after the fragments; the message, when it is whole, or the control frame.
    fn take(&mut self, frame: Frame) -> io::Result<Option<Received>> {
        let Frame {
            kind,
            is_last,
            payload,
            size,
        } = frame;
        let whole = match (kind, self.begun.take()) {
            (Kind::Text, None) => payload,
            (Kind::Continuation, Some(mut begun)) => {
                begun.extend(payload);
                begun
            }
            (Kind::Text, Some(_)) | (Kind::Continuation, None) => return Err(io::ErrorKind::InvalidData.into()),
            (Kind::Close | Kind::Ping | Kind::Pong, begun) => {
                // It is handled now, and belongs to no message.
                let rest = self.read.split_off(self.size + size);
                self.read.truncate(self.size);
                self.read.extend_from_slice(&rest);
                self.begun = begun;
                return Ok(Some(Received { kind, payload }));
            }
        };
        self.size += size;
        if whole.len() > self.limit || self.size > whole.len() + HEADERS {
            return Err(io::ErrorKind::InvalidData.into());
        }
        if is_last {
            return Ok(Some(Received {
                kind: Kind::Text,
                payload: whole,
            }));
        }
        self.begun = Some(whole);
        Ok(None)
    }

    /// What was read, from the last message on.
    pub fn into_bytes(self) -> BytesMut {
        self.read
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONNECT: &str = "40/chat,";

    /// A frame of a client, with a mask that changes nothing.
    fn frame(head: u8, payload: &str) -> Vec<u8> {
        let length = u8::try_from(payload.len()).unwrap();
        [&[head, 0x80 | length, 0, 0, 0, 0], payload.as_bytes()].concat()
    }

    /// What is received up to the CONNECT when that many bytes come at a time, and what is handed on then.
    fn receive(bytes: &[u8], at_once: usize) -> io::Result<(Vec<(Kind, String)>, BytesMut)> {
        let mut messages = Messages::new(16);
        let mut received = Vec::new();
        for part in bytes.chunks(at_once) {
            messages.buffer().extend_from_slice(part);
            while let Some(Received { kind, payload }) = messages.next()? {
                let is_connect = payload == CONNECT.as_bytes();
                received.push((kind, String::from_utf8(payload).unwrap()));
                if is_connect {
                    return Ok((received, messages.into_bytes()));
                }
            }
        }
        Ok((received, messages.into_bytes()))
    }

    #[test]
    fn fragments_are_one_message_and_are_handed_on_without_what_came_between_them() {
        let fragments = [
            frame(0x01, "40/"),
            frame(0x00, "ch"),
            frame(0x00, ""),
            frame(0x80, "at,"),
        ]
        .concat();
        let between = [
            frame(0x81, "2"),
            frame(0x01, "40/"),
            frame(0x89, "ping"),
            frame(0x00, "ch"),
            frame(0x8a, ""),
            frame(0x00, ""),
            frame(0x80, "at,"),
        ]
        .concat();
        let text = |kind, payload: &str| (kind, payload.to_owned());
        for at_once in 1..=between.len() {
            let (received, rest) = receive(&between, at_once).unwrap();
            let expected = [
                text(Kind::Text, "2"),
                text(Kind::Ping, "ping"),
                text(Kind::Pong, ""),
                text(Kind::Text, CONNECT),
            ];
            assert_eq!(received, expected, "{at_once} bytes at once");
            assert_eq!(rest, fragments, "{at_once} bytes at once");
        }
    }

    #[test]
    fn what_is_too_large_or_out_of_order_is_an_error() {
        let nine = "x".repeat(9);
        for wrong in [
            vec![frame(0x80, "x")],
            vec![frame(0x01, "x"), frame(0x81, "x")],
            vec![frame(0x01, &nine), frame(0x80, &nine)],
            vec![frame(0x01, &nine), frame(0x00, &nine)],
            [vec![frame(0x01, "")], vec![frame(0x00, ""); HEADERS / 6 + 1]].concat(),
        ] {
            assert!(receive(&wrong.concat(), 64).is_err());
        }
    }
}
