//! Space on disk: how much somebody or something holds, and what is said when there is no more.

/// GIFs on disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Space {
    /// Bytes of their files, stills included.
    pub bytes: u64,
    /// How many they are.
    pub files: u64,
}

impl Space {
    /// As much as somebody likes.
    pub const UNLIMITED: Self = Self {
        bytes: u64::MAX,
        files: u64::MAX,
    };

    /// That of one file.
    pub const fn of_file(bytes: u64) -> Self {
        Self { bytes, files: 1 }
    }

    /// Both together.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            bytes: self.bytes.saturating_add(other.bytes),
            files: self.files.saturating_add(other.files),
        }
    }

    /// What is left without the other.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self {
            bytes: self.bytes.saturating_sub(other.bytes),
            files: self.files.saturating_sub(other.files),
        }
    }

    /// So many times as much.
    #[must_use]
    pub const fn times(self, n: usize) -> Self {
        Self {
            bytes: self.bytes.saturating_mul(n as u64),
            files: self.files.saturating_mul(n as u64),
        }
    }

    /// Whether it is no more than the other.
    pub const fn fits(self, limit: Self) -> bool {
        self.bytes <= limit.bytes && self.files <= limit.files
    }
}

/// Who or what holds space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// A room.
    Room,
    /// Who uploaded it.
    Visitor,
    /// Where they came from.
    Address,
    /// All rooms together.
    Site,
}

/// There is no space for one more GIF.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full {
    /// Where.
    pub holder: Holder,
    /// What is used.
    pub used: Space,
    /// The most there may be.
    pub limit: Space,
}

impl Full {
    /// Whether the number of files is what stands in the way, and not their size.
    pub const fn is_by_number(self) -> bool {
        self.used.files >= self.limit.files
    }
}
