//! Addresses in what people write. `public/js/lib/links.js` finds the same ones, by the same cases in
//! `tests/cases/links.json`.

use std::borrow::Cow;

/// What an address begins with. One without a scheme is taken for https.
const BEGINS: [&str; 3] = ["http://", "https://", BARE];
const BARE: &str = "www.";

/// A piece of a text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Part<'a> {
    /// As it was written.
    pub text: &'a str,
    /// Whether it is an address of the web.
    pub link: bool,
}

impl Part<'_> {
    /// Where a link leads.
    pub fn href(&self) -> Cow<'_, str> {
        if self.text.starts_with(BARE) {
            format!("https://{}", self.text).into()
        } else {
            self.text.into()
        }
    }
}

/// Cuts a text into links and what stands between. Only `http://`, `https://` and `www.` with something behind it are links,
/// and what ends a sentence does not belong to one.
pub(crate) fn parts(text: &str) -> Vec<Part<'_>> {
    let mut found = Vec::new();
    let mut plain = 0;
    let mut from = 0;
    while let Some((start, host)) = next_begin(text, from) {
        // Looked at before the rest, so that a text of many schemes costs no more than one of one.
        if !text
            .get(host..)
            .is_some_and(|rest| rest.starts_with(char::is_alphanumeric))
        {
            from = host;
            continue;
        }
        let end = start + address(text.get(start..).unwrap_or_default()).len();
        push(&mut found, text.get(plain..start), false);
        push(&mut found, text.get(start..end), true);
        (plain, from) = (end, end);
    }
    push(&mut found, text.get(plain..), false);
    found
}

fn push<'a>(found: &mut Vec<Part<'a>>, text: Option<&'a str>, link: bool) {
    if let Some(text) = text.filter(|text| !text.is_empty()) {
        found.push(Part { text, link });
    }
}

/// Where the next of [`BEGINS`] begins that is not the tail of a word, and where it ends.
fn next_begin(text: &str, from: usize) -> Option<(usize, usize)> {
    let mut before = text.get(..from)?.chars().next_back();
    for (at, letter) in text.get(from..)?.char_indices() {
        let is_tail = before
            .replace(letter)
            .is_some_and(|before| before.is_ascii_alphanumeric());
        if is_tail || !matches!(letter, 'h' | 'w') {
            continue;
        }
        let start = from + at;
        let rest = text.get(start..)?;
        if let Some(begin) = BEGINS.into_iter().find(|begin| rest.starts_with(begin)) {
            return Some((start, start + begin.len()));
        }
    }
    None
}

/// The address that a text begins with: up to white space or a quotation mark, without what ends a sentence.
fn address(text: &str) -> &str {
    let end = text.find(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '`'));
    let mut link = end.and_then(|end| text.get(..end)).unwrap_or(text);
    // A bracket belongs to the address when it was opened in it.
    let surplus = |open, close| link.matches(close).count().saturating_sub(link.matches(open).count());
    let (mut round, mut square) = (surplus('(', ')'), surplus('[', ']'));
    while let Some(last) = link.chars().next_back() {
        match last {
            '.' | ',' | ':' | ';' | '!' | '?' | '\'' | '*' | '_' | '~' | '…' | '。' | '、' | '」' | '』' => {}
            ')' if round > 0 => round -= 1,
            ']' if square > 0 => square -= 1,
            _ => break,
        }
        link = link.get(..link.len() - last.len_utf8()).unwrap_or_default();
    }
    link
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_as_the_page_finds_them() {
        let cases: Vec<(String, Vec<(String, bool)>)> =
            serde_json::from_str(include_str!("../../../tests/cases/links.json")).unwrap();
        assert!(cases.len() > 10);
        for (text, expected) in cases {
            let found: Vec<_> = parts(&text)
                .iter()
                .map(|part| (part.text.to_owned(), part.link))
                .collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn an_address_without_a_scheme_leads_to_https() {
        let hrefs = parts("www.a.org http://b.org")
            .iter()
            .filter(|part| part.link)
            .map(|part| part.href().into_owned())
            .collect::<Vec<_>>();
        assert_eq!(hrefs, ["https://www.a.org", "http://b.org"]);
    }

    /// With a cost that grew by the square of the length this would take hours.
    #[test]
    fn a_text_made_to_be_costly_to_look_through_is_not() {
        for (head, tail) in [
            ("http://-", ")"),
            ("http://a", ")"),
            ("http://a(", "]"),
            ("http", "."),
            ("www.-", "."),
        ] {
            let text = head.repeat(100_000) + &tail.repeat(1_000_000);
            assert!(parts(&text).len() < 3);
        }
    }
}
