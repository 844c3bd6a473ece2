use std::{f64::consts::TAU, fmt};

use super::Point;
use crate::domain::visitor::SplitMix64;

/// A circle pulled out of round; the whole shape of a mark but for what grows on its head.
pub struct Body {
    lobes: u32,
    height: f64,
    phase: f64,
    stretch: f64,
    lean: f64,
}

/// The middle of every body: low, so that the head has room.
pub const MIDDLE: Point = Point { x: 24.0, y: 27.0 };

const RADIUS: f64 = 14.6;

impl Body {
    pub fn new(random: &mut SplitMix64) -> Self {
        let lobes = match random.below(6) {
            0 => 0,
            1 => 2,
            2 => 3,
            3 => 4,
            4 => 5,
            _ => 7,
        };
        Self {
            lobes,
            height: random.between(0.06, 0.09),
            phase: random.between(0.0, TAU),
            stretch: random.between(0.94, 1.06),
            lean: random.between(-0.1, 0.1),
        }
    }

    /// Which of the outlines of a [`Look`](crate::domain::visitor::Look) it has.
    #[cfg(test)]
    pub fn kind(&self) -> usize {
        match self.lobes {
            0 => 0,
            2 => 1,
            3 | 4 => 2,
            _ => 3,
        }
    }

    /// The edge in a direction, given in turns: 0 is right, 0.25 down, 0.75 up.
    pub fn rim(&self, turn: f64) -> Point {
        let angle = turn * TAU;
        let bulge = if self.lobes == 0 {
            0.0
        } else {
            (f64::from(self.lobes) * angle + self.phase).cos()
        };
        let radius = RADIUS * (1.0 + self.height * bulge);
        let down = radius * angle.sin() / self.stretch;
        Point {
            x: MIDDLE.x + radius * angle.cos() * self.stretch - self.lean * down,
            y: MIDDLE.y + down,
        }
    }

    /// Four points show a lobe; fewer than ten would leave a plain body in corners.
    fn points(&self) -> Vec<Point> {
        let count = (4 * self.lobes).max(10);
        (0..count)
            .map(|step| self.rim(f64::from(step) / f64::from(count)))
            .collect()
    }
}

/// The data of a closed path: the Catmull-Rom spline (Catmull and Rom, 1974) through the points, as cubic Béziers whose
/// handles are a sixth of the way between the neighbours of each point.
impl fmt::Display for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let points = self.points();
        let round = |skip| points.iter().cycle().skip(skip).copied();
        if let Some(first) = points.first() {
            write!(f, "M{first}")?;
        }
        let neighbours = round(points.len() - 1).zip(round(0)).zip(round(1).zip(round(2)));
        for ((before, from), (to, after)) in neighbours.take(points.len()) {
            let leave = from.moved((to.x - before.x) / 6.0, (to.y - before.y) / 6.0);
            let arrive = to.moved((from.x - after.x) / 6.0, (from.y - after.y) / 6.0);
            write!(f, "C{leave} {arrive} {to}")?;
        }
        f.write_str("Z")
    }
}
