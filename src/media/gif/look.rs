//! What the first frame of a GIF looks like, found while it is decoded strip by strip.

use ::gif::Frame;

use crate::domain::Look;

/// Columns and rows of [`Look::GRID`].
const COLUMNS: usize = Look::GRID.0;
const ROWS: usize = Look::GRID.1;

/// Every how many rows an interlaced frame has one, and where it begins, pass by pass (GIF89a, appendix E).
const PASSES: [(usize, usize); 4] = [(8, 0), (8, 4), (4, 2), (2, 1)];

/// How bright a pixel is that shows what is behind it, which is most often a light page. So does one whose index is beyond the
/// colour table: browsers leave it out.
const CLEAR: u8 = u8::MAX;

/// A frame that is being looked at. It takes 32 bytes for each pixel of its width.
pub struct Looking {
    width: usize,
    height: usize,
    interlaced: bool,
    /// How bright each index of the colour table is.
    brightness: Vec<u8>,
    /// For each row of the grid, the brightness of each column, summed up.
    sums: [Vec<u32>; ROWS],
    /// Pixels that came.
    seen: usize,
}

impl Looking {
    /// Begins with a frame, and the colour table of the file for one without its own.
    pub fn new(frame: &Frame<'_>, global: Option<&[u8]>) -> Self {
        let colours = frame.palette.as_deref().or(global).unwrap_or_default();
        let mut brightness: Vec<_> = colours.chunks_exact(3).map(brightness).collect();
        if let Some(clear) = frame
            .transparent
            .and_then(|clear| brightness.get_mut(usize::from(clear)))
        {
            *clear = CLEAR;
        }
        let width = usize::from(frame.width);
        Self {
            width,
            height: usize::from(frame.height),
            interlaced: frame.interlaced,
            brightness,
            sums: std::array::from_fn(|_| vec![0; width]),
            seen: 0,
        }
    }

    /// Looks at further pixels, which are indices into the colour table in the order of the file.
    pub fn see(&mut self, mut pixels: &[u8]) {
        while !pixels.is_empty() && self.width > 0 {
            let (line, column) = (self.seen / self.width, self.seen % self.width);
            let rest = (self.width - column).min(pixels.len());
            let (part, later) = pixels.split_at(rest);
            let row = if self.interlaced { self.row_of(line) } else { line };
            for (cell, sums) in self.sums.iter_mut().enumerate() {
                if part_of(cell, ROWS, self.height).contains(&row) {
                    for (sum, index) in sums.iter_mut().skip(column).zip(part) {
                        *sum += u32::from(self.brightness.get(usize::from(*index)).copied().unwrap_or(CLEAR));
                    }
                }
            }
            (pixels, self.seen) = (later, self.seen + rest);
        }
    }

    /// The row that the file has as that line.
    fn row_of(&self, mut line: usize) -> usize {
        for (step, first) in PASSES {
            let rows = self.height.saturating_sub(first).div_ceil(step);
            if line < rows {
                return first + line * step;
            }
            line -= rows;
        }
        self.height
    }

    /// What the frame looks like, unless it says nothing.
    pub fn look(&self) -> Option<Look> {
        let mut grid = [[0; COLUMNS]; ROWS];
        for ((line, sums), row) in self.sums.iter().enumerate().zip(&mut grid) {
            let lines = part_of(line, ROWS, self.height).len();
            for (column, cell) in row.iter_mut().enumerate() {
                let part = part_of(column, COLUMNS, self.width);
                let (count, sums) = ((part.len() * lines) as u64, sums.get(part).unwrap_or_default());
                let sum: u64 = sums.iter().copied().map(u64::from).sum();
                // The average. A sum is less than 2^40 as sides are less than 2^16.
                *cell = sum * Look::LEVEL / count.max(1);
            }
        }
        Look::of_grid(&grid)
    }
}

/// Which of so many pixels are in a cell of so many; cells of a frame that has fewer pixels share them.
fn part_of(cell: usize, cells: usize, pixels: usize) -> std::ops::Range<usize> {
    let begin = cell * pixels / cells;
    begin..((cell + 1) * pixels / cells).max(begin + 1)
}

/// How bright a colour is (luma of ITU-R BT.601).
fn brightness(colour: &[u8]) -> u8 {
    let weighed = colour
        .iter()
        .zip([299, 587, 114])
        .map(|(part, weight)| u32::from(*part) * weight);
    u8::try_from(weighed.sum::<u32>() / 1_000).unwrap_or(u8::MAX)
}
