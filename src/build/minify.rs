//! Makes scripts and stylesheets smaller: removes comments, types, indentation, and line breaks and spaces that have no
//! meaning.

use std::{borrow::Cow, fmt::Write};

/// Removes empty lines, indentation, types, and comments that are alone on their lines or in a pair of braces.
pub(super) fn strip(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut comment = false;
    for line in text.lines() {
        let line = if comment { line.into() } else { without_types(line) };
        let line = line.trim();
        let opens = line.starts_with("/*");
        if comment || opens {
            comment = !line.ends_with("*/");
        } else if !line.is_empty() && !line.starts_with("//") {
            let alone = line
                .split_once("{ /*")
                .and_then(|(before, rest)| Some((before, rest.split_once("*/ }")?.1)));
            // Writing to a String can't fail.
            let _ = match alone {
                Some((before, after)) => writeln!(out, "{before}{{}}{after}"),
                None => writeln!(out, "{line}"),
            };
        }
    }
    out
}

/// Removes casts such as `/** @type {Room} */ (room)` from a line, and leaves the expression.
fn without_types(line: &str) -> Cow<'_, str> {
    let mut line = Cow::Borrowed(line);
    while let Some((before, rest)) = line.split_once("/** @type ")
        && let Some((_, after)) = rest.split_once("*/")
    {
        line = format!("{before}{}", after.trim_start()).into();
    }
    line
}

/// Removes the line breaks of a stripped file that follow an opening bracket, a comma or a semicolon: no statement of a
/// script begins or ends there by its line break alone.
pub(super) fn join_lines(stripped: &str) -> String {
    let mut out = String::with_capacity(stripped.len());
    for line in stripped.lines() {
        out.push_str(line);
        if !line.ends_with(['{', '(', ',', ';']) {
            out.push('\n');
        }
    }
    out
}

/// Removes the spaces around punctuation in a stripped script. Strings in double quotes keep theirs. A line with another
/// kind of string, a regular expression or an escape stays as it is, since this does not parse them.
pub(super) fn remove_spaces(stripped: &str) -> String {
    let mut out = String::with_capacity(stripped.len());
    for line in stripped.lines() {
        if line.contains(['`', '\'', '/', '\\']) {
            out.push_str(line);
        } else {
            for (place, piece) in line.split('"').enumerate() {
                if place > 0 {
                    out.push('"');
                }
                match place % 2 {
                    0 => push_code(piece, &mut out),
                    _ => out.push_str(piece),
                }
            }
        }
        out.push('\n');
    }
    out
}

/// Appends code that is outside of strings. Spaces around `+` and `-` stay: `- -1` is not `--1`.
fn push_code(code: &str, out: &mut String) {
    const PUNCTUATION: &str = "{}()[],;:?=<>&|!*%\"";
    let mut before = out.chars().next_back().unwrap_or('\n');
    let mut rest = code.chars().peekable();
    while let Some(char) = rest.next() {
        let after = rest.peek().copied().unwrap_or('"');
        let is_needed = !PUNCTUATION.contains(before) && !PUNCTUATION.contains(after);
        if char != ' ' || is_needed {
            out.push(char);
            before = char;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_of_expressions_go() {
        assert_eq!(
            strip("/** @type {A} */\nconst a =\n  /** @type {A} */ (b(/** @type {C<D>} */ (c), d));\n"),
            "const a =\n(b((c), d));\n"
        );
    }

    #[test]
    fn comments_and_indentation_go() {
        assert_eq!(
            strip("/* a\n b */\n.c {\n  d: e;\n}\n\n// f\n/* g */\nh\ntry { i(); } catch { /* j */ }"),
            ".c {\nd: e;\n}\nh\ntry { i(); } catch {}\n"
        );
    }

    #[test]
    fn line_breaks_go_where_they_mean_nothing() {
        let stripped = strip("a {\n  b: c,\n    d;\n}\nif (\n  e\n) {\n  f()\n  g();\n}\n");
        assert_eq!(join_lines(&stripped), "a {b: c,d;}\nif (e\n) {f()\ng();}\n");
    }

    #[test]
    fn spaces_around_punctuation_go_but_those_of_texts_stay() {
        let line =
            "const { a, b } = c ? `d , e` : f;\nsay(\"a , b\", c === d ? - -1 : [e, \"f : g\"]);\nreturn x in y;\n";
        let joined = "const { a, b } = c ? `d , e` : f;\nsay(\"a , b\",c===d?- -1:[e,\"f : g\"]);\nreturn x in y;\n";
        assert_eq!(remove_spaces(line), joined);
    }
}
