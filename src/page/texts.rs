//! Every sentence of the site, by group and key: `lang.texts().chat.send`. The sentences are in `src/locales/texts.toml`.

mod emoji;

/// A language of the site.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Korean.
    Ko,
}

impl Lang {
    /// The tag for `lang` attributes, `?lang=` and the cookie.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ko => "ko",
        }
    }

    /// Reads a tag as `?lang=` and the cookie carry it; regions are ignored (`ko-KR`).
    pub fn parse(tag: &str) -> Option<Self> {
        match tag.trim().split(['-', '_']).next() {
            Some(main) if main.eq_ignore_ascii_case("ko") => Some(Self::Ko),
            Some(main) if main.eq_ignore_ascii_case("en") => Some(Self::En),
            _ => None,
        }
    }

    /// What the language switch leads to.
    pub const fn other(self) -> Self {
        match self {
            Self::En => Self::Ko,
            Self::Ko => Self::En,
        }
    }

    /// The texts in this language.
    pub const fn texts(self) -> &'static Texts {
        match self {
            Self::En => &EN,
            Self::Ko => &KO,
        }
    }
}

// `Texts` and its parts: src/build/texts.rs makes them of src/locales/texts.toml.
include!(concat!(env!("OUT_DIR"), "/texts.rs"));

/// A number with commas between its thousands, as both languages write it.
pub fn grouped(number: impl std::fmt::Display) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Puts values into the `%{name}` places of a text; a place without a value stays as it is.
pub fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("%{") {
        out.push_str(before);
        let Some((name, tail)) = after.split_once('}') else {
            out.push_str("%{");
            rest = after;
            continue;
        };
        match values.iter().find(|(key, _)| *key == name) {
            Some((_, value)) => out.push_str(value),
            None => out.extend(["%{", name, "}"]),
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests;
