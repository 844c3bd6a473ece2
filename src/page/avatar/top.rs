use std::fmt;

use super::{
    Number, Point,
    body::{Body, MIDDLE},
};
use crate::domain::visitor::SplitMix64;

/// What grows on a head; it starts inside the body, so that the outline runs round both as one.
pub enum Top {
    Bare,
    Antenna { root: Point, ball: Point },
    Ears { left: Point, right: Point, radius: f64 },
    Sprout { root: Point, side: f64 },
}

/// How near to the upper edge of the canvas a shape may come: the die-cut edge takes 3.75 of it.
const CEILING: f64 = 4.0;

/// Radius of the ball of an antenna.
const BALL: f64 = 2.6;

/// Height of a sprout.
const LEAF: f64 = 9.0;

impl Top {
    pub fn new(random: &mut SplitMix64, body: &Body) -> Self {
        let head = body.rim(0.75);
        match random.below(4) {
            0 => Self::Bare,
            1 => Self::antenna(head),
            2 => Self::ears(body, random.between(3.8, 4.5)),
            _ => Self::sprout(head, if random.below(2) == 0 { 1.0 } else { -1.0 }),
        }
    }

    /// Follows the lean of the body, which shows in how far the head is off the middle.
    fn antenna(head: Point) -> Self {
        let ball = Point {
            x: head.x + (head.x - MIDDLE.x) * 0.5,
            y: (head.y - 5.6).max(CEILING + BALL),
        };
        Self::Antenna {
            root: head.moved(0.0, 2.5),
            ball,
        }
    }

    fn ears(body: &Body, radius: f64) -> Self {
        let ear = |turn| {
            let rim: Point = body.rim(turn);
            rim.moved((rim.x - MIDDLE.x) * 0.05, (rim.y - MIDDLE.y) * 0.05)
        };
        Self::Ears {
            left: ear(0.635),
            right: ear(0.865),
            radius,
        }
    }

    fn sprout(head: Point, side: f64) -> Self {
        Self::Sprout {
            root: Point {
                x: head.x - side,
                y: (head.y + 1.4).max(CEILING + LEAF),
            },
            side,
        }
    }
}

impl fmt::Display for Top {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bare => Ok(()),
            Self::Antenna { root, ball } => {
                let [left, up, right] = [root.moved(-1.0, 0.0), ball.moved(-1.0, 0.0), root.moved(1.0, 0.0)];
                write!(f, r#"{}<path d="M{left}L{up}h2L{right}z"/>"#, ball.circle(BALL))
            }
            Self::Ears { left, right, radius } => write!(f, "{}{}", left.circle(*radius), right.circle(*radius)),
            Self::Sprout { root, side } => {
                let across = |reach: f64| Number(reach * side);
                let [root_bend, tip_bend, tip] = [-1.0, 1.0, 6.0].map(across);
                let [back_bend, back] = [-2.0, -5.0].map(across);
                write!(
                    f,
                    r#"<path d="M{root}c{root_bend} -5 {tip_bend} -9 {tip} -9 0 4 {back_bend} 8 {back} 9z"/>"#
                )
            }
        }
    }
}
