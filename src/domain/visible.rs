//! What can be seen of a text.

use std::borrow::Cow;

use unicode_properties::{GeneralCategory as Category, GeneralCategoryGroup as Group, UnicodeGeneralCategory};

/// Whether a character shows something when it stands alone. Combining marks, variation selectors, format characters
/// (joiners, directions, tags), space, and what is private or unassigned do not; some letters and symbols are blank.
fn is_visible(c: char) -> bool {
    let blank = matches!(
        c,
        // Fillers of Hangul, a null note, the pattern of braille without a dot, blanks of hieroglyphs, and what stands for
        // an object that is not there.
        '\u{115F}'
            | '\u{1160}'
            | '\u{3164}'
            | '\u{FFA0}'
            | '\u{1D159}'
            | '\u{2800}'
            | '\u{13441}'
            | '\u{13442}'
            | '\u{FFFC}'
    );
    let group = c.general_category_group();
    !blank
        && matches!(
            group,
            Group::Letter | Group::Number | Group::Punctuation | Group::Symbol
        )
}

/// Whether a text has a character that can be seen.
pub fn shows_something(text: &str) -> bool {
    text.chars().any(is_visible)
}

/// The most combining marks that follow each other in a text. Many of them are painted over the lines above and below.
pub fn marks_in_a_row(text: &str) -> usize {
    let (mut most, mut now) = (0, 0);
    for c in text.chars() {
        match c.general_category() {
            Category::NonspacingMark | Category::EnclosingMark => now += 1,
            // What shows nothing does not end a row: it is still the same character that wears the marks.
            Category::Format => (),
            _ => now = 0,
        }
        most = most.max(now);
    }
    most
}

/// The text without the characters that open and close directions: what stands beside it is not turned round.
pub fn straight(text: &str) -> Cow<'_, str> {
    let turns = |c: char| matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    if text.contains(turns) {
        Cow::Owned(text.replace(turns, ""))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_shows_something_when_one_of_its_characters_does() {
        for nothing in [
            "",
            " \t\n\u{A0}\u{3000}",
            "\u{200B}\u{200C}\u{200D}\u{200E}\u{200F}",
            "\u{2060}\u{2064}\u{FEFF}\u{180E}\u{AD}\u{61C}",
            "\u{202A}\u{202E}\u{202C}\u{2066}\u{2069}",
            "\u{115F}\u{1160}\u{3164}\u{FFA0}",
            "\u{2800}\u{2800}",
            "\u{301}\u{20DD}\u{34F}\u{E0100}",
            "\u{FE0F}\u{FE0E}",
            "\u{E0067}\u{E007F}",
            "\u{E000}\u{10FFFD}\u{378}",
            "\u{FFF9}\u{FFFB}\u{1D173}",
            "\u{FFFC}",
            "\u{FFFC}\u{FE0F} \u{FFFC}",
            "\u{E0001}\u{E0020}",
            "\u{180B}\u{180F}\u{17B4}\u{17B5}",
            "\u{16FE4}\u{1BCA0}\u{13430}",
            "\u{13441}\u{13442}",
            "\u{1680}\u{2028}\u{2029}\u{205F}",
        ] {
            assert!(!shows_something(nothing), "{}", nothing.escape_unicode());
        }
        for something in [
            "a",
            "각",
            "ㄱ",
            "!",
            "7\u{FE0F}\u{20E3}",
            "\u{200B}x",
            "e\u{301}",
            "👩\u{200D}👩\u{200D}👧",
            "❤\u{FE0F}",
            "🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}",
            "🇰🇷",
            "👍🏽",
            "שלום",
            "ไทย",
            "\u{2801}",
            "\u{FFFD}",
            "\u{FFFC}x",
            "𓀀",
            "𝅘𝅥𝅮",
        ] {
            assert!(shows_something(something), "{something}");
        }
    }

    #[test]
    fn marks_are_counted_over_what_shows_nothing() {
        for (text, marks) in [
            ("", 0),
            ("abc", 0),
            ("e\u{301}e\u{301}\u{302}", 2),
            ("a\u{301}\u{200D}\u{301}\u{20DD}", 3),
            ("ที่นี่", 2),
            ("ཧྐྵྨླྺྼྻྂ", 8),
            ("👩\u{200D}❤\u{FE0F}\u{200D}👩", 1),
        ] {
            assert_eq!(marks_in_a_row(text), marks, "{text}");
        }
    }
}
