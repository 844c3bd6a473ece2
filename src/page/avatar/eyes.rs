use std::f64::consts::TAU;

use super::Point;
use crate::domain::visitor::SplitMix64;

/// One to three eyes in a row, all looking the same way.
pub struct Eyes {
    middles: Vec<Point>,
    radius: f64,
    gaze: f64,
}

/// Above the middle of the body, so that a blob peeking over an edge still sees.
const HEIGHT: f64 = 23.6;

/// The pupil in parts of the eye.
const PUPIL: f64 = 0.54;

/// How far the pupil goes, in parts of the way to the edge of the eye: all the way looks startled.
const GLANCE: f64 = 0.75;

impl Eyes {
    pub fn new(random: &mut SplitMix64) -> Self {
        let (radius, sides) = match random.below(5) {
            0..=2 => {
                let radius = random.between(3.6, 4.2);
                (radius, vec![-radius - 0.65, radius + 0.65])
            }
            3 => (random.between(5.0, 5.6), vec![0.0]),
            _ => {
                let radius = random.between(3.0, 3.2);
                (radius, vec![-2.0 * radius - 1.3, 0.0, 2.0 * radius + 1.3])
            }
        };
        let middles = sides
            .into_iter()
            .map(|side| Point {
                x: 24.0 + side,
                y: HEIGHT,
            })
            .collect();
        Self {
            middles,
            radius,
            gaze: random.between(0.0, TAU),
        }
    }

    /// The whites, as circles.
    pub fn whites(&self) -> String {
        self.middles.iter().map(|middle| middle.circle(self.radius)).collect()
    }

    /// The pupils, as circles.
    pub fn pupils(&self) -> String {
        let way = self.radius * (1.0 - PUPIL) * GLANCE;
        let (right, down) = (way * self.gaze.cos(), way * self.gaze.sin());
        self.middles
            .iter()
            .map(|middle| middle.moved(right, down).circle(self.radius * PUPIL))
            .collect()
    }
}
