//! What the walk reads: fields of a fixed size, which chunks may cut anywhere, and runs of sub-blocks.

/// The longest field: the name of an application.
pub(super) const LONGEST_FIELD: usize = 11;

/// A field that is being collected; its bytes come in as many chunks as they like.
#[derive(Clone, Debug, Default)]
pub(super) struct Field {
    bytes: [u8; LONGEST_FIELD],
    len: usize,
}

impl Field {
    /// Takes what is missing of `need` bytes (at most [`LONGEST_FIELD`]); the rest of the chunk, and the field once it
    /// is whole.
    pub(super) fn fill<'a>(&mut self, chunk: &'a [u8], need: usize) -> (&'a [u8], Option<[u8; LONGEST_FIELD]>) {
        let (taken, rest) = split(chunk, need.saturating_sub(self.len));
        for (slot, byte) in self.bytes.iter_mut().skip(self.len).zip(taken) {
            *slot = *byte;
        }
        self.len += taken.len();
        if self.len < need {
            return (rest, None);
        }
        self.len = 0;
        (rest, Some(self.bytes))
    }

    /// The bytes that have come of a field that is not whole yet.
    pub(super) fn so_far(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

/// A run of sub-blocks: each is its length (1..=255) and as many bytes; the length 0 ends the run.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SubBlocks {
    left: usize,
    seen: bool,
}

impl SubBlocks {
    /// A run whose first length byte, not 0, has been read already.
    pub(super) fn after_length(length: u8) -> Self {
        Self {
            left: usize::from(length),
            seen: true,
        }
    }

    /// Whether the run held any data.
    pub(super) fn seen(self) -> bool {
        self.seen
    }

    /// Splits the chunk behind the part that belongs to this run; true when the run ended there.
    ///
    /// It hops from length to length, so that the caller copies (or drops) the whole run at once: sub-blocks are at
    /// most 255 bytes, and one copy for each of them would cost more than the walk itself.
    pub(super) fn take<'a>(&mut self, chunk: &'a [u8]) -> (&'a [u8], &'a [u8], bool) {
        let mut at = self.left;
        while let Some(&length) = chunk.get(at) {
            at += 1;
            if length == 0 {
                self.left = 0;
                let (run, rest) = split(chunk, at);
                return (run, rest, true);
            }
            self.seen = true;
            at += usize::from(length);
        }
        self.left = at - chunk.len();
        (chunk, &[], false)
    }
}

/// Splits at `at`, or at the end when the chunk is shorter.
pub(super) fn split(chunk: &[u8], at: usize) -> (&[u8], &[u8]) {
    chunk.split_at_checked(at).unwrap_or((chunk, &[]))
}
