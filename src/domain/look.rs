//! What a picture looks like, as one number: pictures that look alike have numbers that differ in few bits.

/// The difference hash of a picture: a bit for each two neighbours in a grid of 9 by 8, which says whether it gets darker to the
/// right (N. Krawetz, "Kind of Like That", 2013). It survives another size, a few changed pixels and other colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look(u64);

impl Look {
    /// Cells of the grid in a row, and rows.
    pub const GRID: (usize, usize) = (9, 8);

    /// Bits in which near copies differ at most; by the same source more than 10 of 64 is another picture.
    pub const NEAR: u32 = 10;

    /// The hash of a grid of brightness, row by row.
    pub fn of_grid(grid: &[[u64; Self::GRID.0]; Self::GRID.1]) -> Self {
        let pairs = grid.iter().flat_map(|row| row.iter().zip(row.iter().skip(1)));
        Self(pairs.fold(0, |bits, (left, right)| bits << 1 | u64::from(left > right)))
    }

    /// From what a store keeps.
    pub const fn from_bits(bits: i64) -> Self {
        Self(bits.cast_unsigned())
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
    use super::*;

    #[test]
    fn a_look_says_where_a_picture_gets_darker() {
        let [rising, falling] = [[0, 1, 2, 3, 4, 5, 6, 7, 8], [8, 7, 6, 5, 4, 3, 2, 1, 0]];
        let (light, dark) = (Look::of_grid(&[rising; 8]), Look::of_grid(&[falling; 8]));
        assert_eq!((light.bits(), dark.bits(), light.distance(dark)), (0, -1, 64));
        let mut grid = [rising; 8];
        grid[7] = falling;
        let one_row = Look::of_grid(&grid);
        assert_eq!((one_row.bits(), one_row.distance(light)), (0xff, 8));
        assert_eq!(Look::from_bits(dark.bits()), dark);
    }
}
