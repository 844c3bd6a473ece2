//! Reads the numbers out of the stylesheets themselves, so that a changed colour there can fail here.

use std::{collections::BTreeSet, ops::Range};

use palette::{
    FromColor, IsWithinBounds, LinSrgb, Oklch, color_difference::Wcag21RelativeContrast, convert::FromColorUnclamped,
    luma::LinLuma, white_point::D65,
};

use super::{Visitor, VisitorId, hue_class};

const CSS: &str = concat!(
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/public/css/tokens.css")),
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/public/css/visitor.css")),
);

/// What WCAG 2.1 AA (1.4.3) asks of text.
const NEEDED: f64 = 4.5;

/// Position of a colour in `light-dark()`.
const THEMES: [usize; 2] = [0, 1];

/// CSS Color 4 lowers the chroma of what sRGB cannot show, browsers of today mostly cut off the channels.
const MAPPINGS: [fn(Oklch<f64>) -> LinSrgb<f64>; 2] = [lower_chroma, cut_off];

fn lower_chroma(mut color: Oklch<f64>) -> LinSrgb<f64> {
    while !LinSrgb::from_color_unclamped(color).is_within_bounds() && color.chroma > 0.0 {
        color.chroma -= 0.001;
    }
    LinSrgb::from_color(color)
}

fn cut_off(color: Oklch<f64>) -> LinSrgb<f64> {
    LinSrgb::from_color(color)
}

/// What stands between `start` and `end`, the first time.
fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let (_, rest) = text
        .split_once(start)
        .unwrap_or_else(|| panic!("the CSS has no {start:?}"));
    rest.split_once(end)
        .unwrap_or_else(|| panic!("no {end:?} after {start:?}"))
        .0
}

/// Lightness and chroma of a token in one theme; a token without `light-dark()` is the same in both.
fn lightness_and_chroma(token: &str, theme: usize) -> (f64, f64) {
    let value = between(CSS, &format!("\n  --{token}: "), ";");
    let colors: Vec<_> = value.split("oklch(").skip(1).collect();
    let color = colors.get(theme).or(colors.first()).expect(token);
    let (lightness, rest) = color.split_once(' ').expect(token);
    let chroma = rest
        .strip_prefix("calc(")
        .expect("the chroma follows --tone")
        .split(' ')
        .next()
        .expect(token);
    assert!(
        rest.contains("* var(--tone)) var(--hue))"),
        "--{token} does not follow the visitor: {color}"
    );
    (lightness.parse().expect(token), chroma.parse().expect(token))
}

fn hue_and_tone(class: &str) -> (f64, f64) {
    let number = |property: &str| {
        between(CSS, &format!("\n.{class} {{\n  {property}: "), ";")
            .parse()
            .expect(class)
    };
    if class == "hue-none" {
        (0.0, number("--tone"))
    } else {
        (number("--hue"), 1.0)
    }
}

/// The 36 hues and, last, grey.
fn classes() -> Vec<&'static str> {
    (0..36).map(Some).chain([None]).map(hue_class).collect()
}

/// The luminance of a token for each class, in their order.
fn drawn(token: &str, theme: usize, mapping: fn(Oklch<f64>) -> LinSrgb<f64>) -> Vec<LinLuma<D65, f64>> {
    let (lightness, chroma) = lightness_and_chroma(token, theme);
    let draw = |class| {
        let (hue, tone) = hue_and_tone(class);
        mapping(Oklch::new(lightness, chroma * tone, hue)).relative_luminance()
    };
    classes().into_iter().map(draw).collect()
}

/// What 10,000 visitors wear, as positions in `classes`; and grey, which no id gives but a colour from elsewhere may.
fn worn() -> BTreeSet<usize> {
    let classes = classes();
    let position = |class| classes.iter().position(|&known| known == class).expect("a known class");
    (0..10_000)
        .map(|n| position(hue_class(Visitor::new(VisitorId(n)).hue)))
        .chain([36])
        .collect()
}

/// Checks the text of each visitor on the ground of those whom `owners` names, in all themes and mappings.
fn assert_readable(text: &str, ground: &str, owners: fn(usize) -> Range<usize>) {
    let worn = worn();
    for (theme, mapping) in THEMES
        .into_iter()
        .flat_map(|theme| MAPPINGS.map(|mapping| (theme, mapping)))
    {
        let (front, back) = (drawn(text, theme, mapping), drawn(ground, theme, mapping));
        for (&visitor, owner) in worn
            .iter()
            .flat_map(|visitor| owners(*visitor).map(move |owner| (visitor, owner)))
        {
            let contrast = front[visitor].relative_contrast(back[owner]);
            assert!(
                contrast >= NEEDED,
                "--{text} {visitor} on --{ground} {owner}, theme {theme}: {contrast:.2}"
            );
        }
    }
}

const SELF: fn(usize) -> Range<usize> = |visitor| visitor..visitor + 1;
const ANYBODY: fn(usize) -> Range<usize> = |_| 0..37;

#[test]
fn a_name_is_readable_on_the_pages_of_all_others() {
    for ground in ["page", "surface", "sunken"] {
        assert_readable("v-ink", ground, ANYBODY);
    }
}

#[test]
fn a_name_is_readable_on_what_belongs_to_the_visitor() {
    for ground in ["v-tint", "v-wash"] {
        assert_readable("v-ink", ground, SELF);
    }
}

#[test]
fn a_button_is_readable_in_every_visitors_colour() {
    assert_readable("v-on-fill", "v-fill", SELF);
}

#[test]
fn text_of_the_page_is_readable_on_the_bubbles_and_doors_of_others() {
    for (text, ground) in [
        ("ink", "v-tint"),
        ("ink", "v-wash"),
        ("ink-soft", "v-tint"),
        ("ink-soft", "v-wash"),
    ] {
        assert_readable(text, ground, ANYBODY);
    }
}
