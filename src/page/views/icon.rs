//! Icons: symbols of the sprite `public/icons.svg`.

use std::fmt;

use askama::filters::HtmlSafe;

use super::{Page, console::ConsolePage};

/// An icon beside a text that says the same.
#[derive(Clone, Copy, Debug)]
pub struct Icon<'a> {
    /// URL prefix of public files.
    assets: &'a str,
    /// The symbol's id.
    name: &'static str,
    /// A class beside `icon`; may be empty.
    class: &'static str,
}

impl fmt::Display for Icon<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { assets, name, class } = self;
        let space = if class.is_empty() { "" } else { " " };
        for part in [
            "<svg class=\"icon",
            space,
            class,
            "\" aria-hidden=\"true\"><use href=\"",
            assets,
            "/icons.svg#",
            name,
            "\"/></svg>",
        ] {
            f.write_str(part)?;
        }
        Ok(())
    }
}

// Nothing in it comes from a visitor.
impl HtmlSafe for Icon<'_> {}

/// Gives a page with a field `assets` the icons that its templates name.
macro_rules! with_icons {
    ($($page:ident),+) => {
        $(
            impl $page<'_> {
                /// The icon of a symbol.
                pub(crate) fn icon(&self, name: &'static str) -> Icon<'_> {
                    self.icon_as(name, "")
                }

                /// The icon of a symbol with another class.
                pub(crate) fn icon_as(&self, name: &'static str, class: &'static str) -> Icon<'_> {
                    Icon { assets: self.assets, name, class }
                }
            }
        )+
    };
}

with_icons!(Page, ConsolePage);

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use super::*;

    /// The texts of all files in a folder.
    fn read_all(folder: &Path, all: &mut String) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                read_all(&path, all);
            } else {
                all.push_str(&fs::read_to_string(path).unwrap());
            }
        }
    }

    /// What stands between `before` and the next quotation mark, wherever that is.
    fn named<'t>(text: &'t str, before: &str) -> BTreeSet<&'t str> {
        text.split(before)
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .collect()
    }

    fn folder(name: &str) -> String {
        let mut all = String::new();
        read_all(&Path::new(env!("CARGO_MANIFEST_DIR")).join(name), &mut all);
        all
    }

    #[test]
    fn an_icon_is_a_symbol_of_the_sprite_without_a_name_of_its_own() {
        let icon = |class| {
            Icon {
                assets: "/assets/1",
                name: "flag",
                class,
            }
            .to_string()
        };
        assert_eq!(
            icon(""),
            "<svg class=\"icon\" aria-hidden=\"true\"><use href=\"/assets/1/icons.svg#flag\"/></svg>"
        );
        assert!(icon("icon--s").starts_with("<svg class=\"icon icon--s\" "));
    }

    #[test]
    fn every_icon_that_a_template_names_is_in_the_sprite_and_every_symbol_is_named() {
        let sprite = include_str!("../../../public/icons.svg");
        let symbols = named(sprite, "<symbol id=\"");
        assert!(!symbols.is_empty());
        let templates = folder("templates");
        let icons = &named(&templates, "icon(\"") | &named(&templates, "icon_as(\"");
        assert_eq!(icons.difference(&symbols).collect::<Vec<_>>(), [&""; 0]);
        let scripts = folder("public/js");
        let strings: BTreeSet<_> = scripts.split('"').collect();
        let unused = symbols
            .iter()
            .filter(|name| !icons.contains(*name) && !strings.contains(*name));
        assert_eq!(unused.collect::<Vec<_>>(), [&""; 0]);
    }

    #[test]
    fn no_line_of_a_template_is_longer_than_200_characters() {
        let templates = folder("templates");
        let long = templates.lines().filter(|line| line.chars().count() > 200);
        assert_eq!(long.collect::<Vec<_>>(), [""; 0]);
    }
}
