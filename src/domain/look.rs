//! What a picture looks like, as one number: pictures that look alike have numbers that differ in few bits.

/// The difference hash of a picture: a bit for each two neighbours in a grid of 9 by 8, which says whether it gets darker to the
/// right (N. Krawetz, "Kind of Like That", 2013). It survives another size, a few changed pixels and other colours.
///
/// Not every picture has one: plain frames and slow gradients, of which a site has many, would all be near copies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look(u64);

/// The brightness of each cell of a picture, row by row, of which [`Look::LEVEL`] is one step of 256.
pub type Grid = [[u64; Look::GRID.0]; Look::GRID.1];

impl Look {
    /// Cells of the grid in a row, and rows.
    pub const GRID: (usize, usize) = (9, 8);

    /// One step of brightness.
    pub const LEVEL: u64 = 1 << 16;

    /// Bits in which near copies differ at most; by the same source more than 10 of 64 is another picture.
    pub const NEAR: u32 = 10;

    /// Steps of brightness that are at least between the darkest and the brightest cell. Noise of 16 steps to either side,
    /// like that of dithering, made up to 7.9 in 2,000 plain frames of 90 by 64 pixels (measured).
    pub const CONTRAST: u64 = 10;

    /// The hash of a grid; nothing if its contrast is less than [`Self::CONTRAST`], or if [`Self::from_bits`] knows none.
    pub fn of_grid(grid: &Grid) -> Option<Self> {
        let cells = || grid.iter().flatten();
        let contrast = cells().max()?.saturating_sub(*cells().min()?);
        if contrast < Self::CONTRAST * Self::LEVEL {
            return None;
        }
        let pairs = grid.iter().flat_map(|row| row.iter().zip(row.iter().skip(1)));
        Self::known(pairs.fold(0, |bits, (left, right)| bits << 1 | u64::from(left > right)))
    }

    /// From what a store keeps. An earlier version kept hashes that say nothing.
    pub const fn from_bits(bits: i64) -> Option<Self> {
        Self::known(bits.cast_unsigned())
    }

    /// A hash in at most [`Self::NEAR`] bits from all zeros or all ones says nothing: a frame that gets brighter or darker
    /// all the way to the right has these, and that it would be a near copy of.
    const fn known(bits: u64) -> Option<Self> {
        let plain = bits.count_ones() <= Self::NEAR || bits.count_zeros() <= Self::NEAR;
        if plain { None } else { Some(Self(bits)) }
    }

    /// What a store keeps.
    pub const fn bits(self) -> i64 {
        self.0.cast_signed()
    }

    /// In how many bits of 64 two pictures differ.
    pub const fn distance(self, other: Self) -> u32 {
        (self.0 ^ other.0).count_ones()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn grid(brightness: impl Fn(u64, u64) -> u64) -> Grid {
        let row = |y| std::array::from_fn(|x| brightness(x as u64, y));
        std::array::from_fn(|y| row(y as u64))
    }

    #[test]
    fn a_look_says_where_a_picture_gets_darker() {
        let ridge = |at: u64| move |x: u64, _| (9 - x.abs_diff(at)) * 10 * Look::LEVEL;
        let [left, right] = [2, 4].map(|at| Look::of_grid(&grid(ridge(at))).unwrap());
        assert_eq!(
            (left.bits(), right.bits()),
            (0x3f3f_3f3f_3f3f_3f3f, 0x0f0f_0f0f_0f0f_0f0f)
        );
        assert_eq!(left.distance(right), 16);
        assert_eq!(Look::from_bits(left.bits()), Some(left));
    }

    #[test]
    fn what_a_store_keeps_of_a_frame_that_says_nothing_is_no_look() {
        for bits in [0, 1, 0x3ff, -1, !0x3ff, i64::MIN] {
            assert_eq!(Look::from_bits(bits), None, "{bits:x}");
        }
        for bits in [0x7ff, !0x7ff] {
            assert_eq!(Look::from_bits(bits).unwrap().bits(), bits);
        }
    }

    proptest! {
        #[test]
        fn plain_frames_and_gradients_have_no_look(from in 0_u64..1_000, right in 0_u64..40, down in 0_u64..40, back: bool) {
            let to = |x: u64| if back { 8 - x } else { x };
            let gradient = grid(|x, y| (from + to(x) * right + y * down) * Look::LEVEL);
            prop_assert_eq!(Look::of_grid(&gradient), None);
        }

        #[test]
        fn too_little_contrast_is_no_look(brightness in prop::array::uniform8(prop::array::uniform9(0..Look::LEVEL))) {
            let times = |n| brightness.map(|row| row.map(|cell| cell * n));
            prop_assert_eq!(Look::of_grid(&times(Look::CONTRAST)), None);
            // The same picture with more of it: its look does not depend on how much.
            let (more, most) = (Look::of_grid(&times(20)), Look::of_grid(&times(200)));
            prop_assert!(more.is_some() && more == most);
        }
    }
}
