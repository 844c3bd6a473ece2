use std::collections::HashSet;

use super::{Point, body::Body, parts, svg, top::Top};
use crate::domain::visitor::{Color, Look, VisitorId};

/// Half of the stroke of the die-cut edge.
const EDGE: f64 = 3.75;

fn ids(count: u64) -> impl Iterator<Item = VisitorId> {
    // Spread over all bits; which ids they are does not matter, only that a failure comes again.
    (1..=count).map(|n| {
        format!("{:016x}", n.wrapping_mul(0x9e37_79b9_7f4a_7c15))
            .parse()
            .unwrap()
    })
}

/// Values of an attribute, in their order.
fn attributes<'a>(svg: &'a str, name: &str) -> Vec<&'a str> {
    let start = format!(" {name}=\"");
    svg.split(&start)
        .skip(1)
        .map(|rest| rest.split_once('"').unwrap().0)
        .collect()
}

fn numbers(text: &str) -> Vec<f64> {
    text.split(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-'))
        .filter(|number| !number.is_empty())
        .map(|number| number.parse().unwrap())
        .collect()
}

/// Middle and radius of each circle.
fn circles(svg: &str) -> Vec<(Point, f64)> {
    let [xs, ys, radii] = ["cx", "cy", "r"].map(|name| numbers(&attributes(svg, name).join(" ")));
    xs.into_iter()
        .zip(ys)
        .zip(radii)
        .map(|((x, y), radius)| (Point { x, y }, radius))
        .collect()
}

/// The names of open elements after reading all of it; `None` when a tag closes what is not open.
fn left_open(svg: &str) -> Option<Vec<&str>> {
    let mut open = Vec::new();
    for tag in svg.split('<').skip(1) {
        let tag = tag.strip_suffix('>')?;
        if let Some(name) = tag.strip_prefix('/') {
            open.pop().filter(|last| *last == name)?;
        } else if !tag.ends_with('/') {
            open.push(tag.split(' ').next()?);
        }
    }
    Some(open)
}

/// Whether a place lies in the body, by the even-odd rule.
fn holds(rim: &[Point], place: Point) -> bool {
    let sides = rim.iter().zip(rim.iter().cycle().skip(1));
    let crossed = |(a, b): &(&Point, &Point)| {
        (a.y > place.y) != (b.y > place.y) && place.x < a.x + (place.y - a.y) / (b.y - a.y) * (b.x - a.x)
    };
    sides.filter(crossed).count() % 2 == 1
}

fn rim(body: &Body) -> Vec<Point> {
    (0..180).map(|step| body.rim(f64::from(step) / 180.0)).collect()
}

#[test]
fn a_mark_is_well_formed_and_small() {
    for id in ids(1_000) {
        let svg = svg(id);
        assert_eq!(left_open(&svg), Some(vec![]), "{svg}");
        assert_eq!(svg.matches('"').count(), 2 * svg.matches("=\"").count(), "{svg}");
        assert!(
            !svg.contains("NaN") && !svg.contains("inf") && !svg.contains("-0 "),
            "{svg}"
        );
        assert!(svg.len() < 2_048, "{} bytes: {svg}", svg.len());
    }
}

#[test]
fn an_id_keeps_its_mark_and_two_ids_differ() {
    let marks: HashSet<_> = ids(1_000).map(svg).collect();
    assert_eq!(marks.len(), 1_000);
    assert!(ids(1_000).map(svg).all(|mark| marks.contains(&mark)));
}

#[test]
fn a_mark_in_a_cache_looks_like_one_made_today() {
    let mark = svg("0123456789abcdef".parse().unwrap());
    assert!(
        attributes(&mark, "d")[0].starts_with("M38.8 27C38.6 28.9 37.3 30.8 36.4 32.5C"),
        "{mark}"
    );
    assert!(
        mark.contains(r#"<circle cx="23.9" cy="6.6" r="2.6"/><path d="M22.9 13.5L22.9 6.6h2L24.9 13.5z"/>"#),
        "{mark}"
    );
    assert!(
        mark.ends_with(r#"<circle cx="18.8" cy="22.5" r="2.1"/><circle cx="27.7" cy="22.5" r="2.1"/></g></svg>"#),
        "{mark}"
    );
}

#[test]
fn shapes_differ_even_without_colours() {
    let outlines: HashSet<_> = ids(1_000).map(|id| attributes(&svg(id), "d").concat()).collect();
    assert_eq!(outlines.len(), 1_000);
}

#[test]
fn the_body_has_the_exact_colour_of_the_visitor() {
    for id in ids(100) {
        let body = format!(r##"<use href="#b" fill="{}"/>"##, Color::of(id));
        assert!(svg(id).contains(&body), "{id}");
    }
}

#[test]
fn a_name_tells_what_the_mark_shows() {
    for id in ids(2_000) {
        let (body, top, eyes) = parts(id);
        let head = match top {
            Top::Bare => 0,
            Top::Antenna { .. } => 1,
            Top::Ears { .. } => 2,
            Top::Sprout { .. } => 3,
        };
        let drawn = Look {
            head,
            eyes: eyes.pupils().matches("<circle").count() - 1,
            outline: body.kind(),
        };
        assert_eq!(Look::of(id), drawn, "{id}");
    }
}

#[test]
fn nothing_reaches_over_the_edge_of_the_canvas() {
    let canvas = EDGE..=48.0 - EDGE;
    for id in ids(2_000) {
        let svg = svg(id);
        // A Bézier curve stays within its handles.
        assert!(
            numbers(attributes(&svg, "d")[0])
                .iter()
                .all(|number| canvas.contains(number)),
            "{id}: {svg}"
        );
        for (middle, radius) in circles(&svg) {
            let ends = [middle.moved(-radius, -radius), middle.moved(radius, radius)];
            assert!(
                ends.iter()
                    .all(|end| canvas.contains(&end.x) && canvas.contains(&end.y)),
                "{id}: {middle}"
            );
        }
        if let (_, Top::Sprout { root, side }, _) = parts(id) {
            let tip = root.moved(6.0 * side, -9.0);
            assert!(canvas.contains(&tip.x) && canvas.contains(&tip.y), "{id}: {tip}");
        }
    }
}

#[test]
fn eyes_lie_inside_the_body_and_pupils_inside_the_eyes() {
    for id in ids(2_000) {
        let (body, _, eyes) = parts(id);
        let rim = rim(&body);
        let (whites, pupils) = (circles(&eyes.whites()), circles(&eyes.pupils()));
        for ((white, radius), (pupil, pupil_radius)) in whites.into_iter().zip(pupils) {
            let off = (white.x - pupil.x).hypot(white.y - pupil.y);
            assert!(off + pupil_radius <= radius, "{id}: pupil at {pupil}");
            // Half of the line round the eye counts.
            let outer = radius + 0.55;
            let inside = |turn: i32| {
                let (down, right) = (f64::from(turn) * 15.0).to_radians().sin_cos();
                holds(&rim, white.moved(right * outer, down * outer))
            };
            assert!((0..24).all(inside), "{id}: eye at {white}");
        }
    }
}

#[test]
fn what_grows_on_a_head_is_rooted_in_it() {
    for id in ids(2_000) {
        let (body, top, _) = parts(id);
        let roots = match top {
            Top::Bare => vec![],
            Top::Antenna { root, .. } => vec![root.moved(-1.0, 0.0), root.moved(1.0, 0.0)],
            Top::Ears { left, right, radius } => vec![
                left.moved(radius / 2.0, radius / 2.0),
                right.moved(-radius / 2.0, radius / 2.0),
            ],
            Top::Sprout { root, side } => vec![root, root.moved(side, 0.0)],
        };
        let rim = rim(&body);
        assert!(roots.iter().all(|&root| holds(&rim, root)), "{id}: {top}");
    }
}
