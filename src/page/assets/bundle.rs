//! Many modules as one script, without what only people read. One file instead of forty is one request instead of
//! forty, and half the bytes: a compressor finds in one module what it has seen in another.
//!
//! Only what `public/js` uses is understood: `import { a, b as c } from "./x.js";`, which may span lines, `import "./x.js";`,
//! `import("./x.js")` on one line, and `export` before `function`, `class` and `const`.

use std::fmt::Write;

use super::minify::strip;

/// Where the modules of a page find each other. A module that is fetched later brings what it imports along, and uses
/// what is there already, so that there is one of each.
const REGISTRY: &str = "const $m=globalThis[Symbol.for(\"gifchat\")]??={};\n";

/// All modules there are.
pub(super) struct Modules<'a> {
    /// The text of the module of a path.
    pub read: &'a dyn Fn(&str) -> Option<String>,
    /// The number of the module of a path, which is shorter. It is the same in all bundles.
    pub number: &'a dyn Fn(&str) -> Option<usize>,
}

/// The module `path` (such as `js/pages/chat.js`) with all it imports as one module.
pub(super) fn bundle(path: &str, modules: &Modules<'_>) -> Option<String> {
    let mut done = Vec::new();
    let mut out = REGISTRY.to_owned();
    let exports = add(path, modules, &mut done, &mut out)?;
    if !exports.is_empty() {
        let number = (modules.number)(path)?;
        // Writing to a String can't fail.
        let _ = writeln!(out, "export const{{{}}}=$m[{number}];", exports.join(","));
    }
    Some(out)
}

/// Adds a module behind those it imports, unless it is there; gives the names it exports.
fn add(path: &str, modules: &Modules<'_>, done: &mut Vec<String>, out: &mut String) -> Option<Vec<String>> {
    if done.iter().any(|one| one == path) {
        return Some(Vec::new());
    }
    done.push(path.to_owned());
    let mut exports = Vec::new();
    let mut body = String::new();
    for line in join_imports(&strip(&(modules.read)(path)?)).lines() {
        if let Some((names, from)) = import(line) {
            let from = resolve(path, from)?;
            add(&from, modules, done, out)?;
            if !names.is_empty() {
                let number = (modules.number)(&from)?;
                let _ = writeln!(body, "const{{{}}}=$m[{number}];", names.replace(" as ", ":"));
            }
        } else {
            let line = line
                .strip_prefix("export ")
                .inspect(|rest| exports.extend(exported(rest)))
                .unwrap_or(line);
            body.push_str(&later(path, line)?);
            body.push('\n');
        }
    }
    let number = (modules.number)(path)?;
    let _ = writeln!(
        out,
        "$m[{number}]??=(()=>{{\n{body}return{{{}}}}})();",
        exports.join(",")
    );
    Some(exports)
}

/// A stripped script with each import statement on one line.
fn join_imports(script: &str) -> String {
    let mut out = String::with_capacity(script.len());
    let mut unfinished = false;
    for line in script.lines() {
        unfinished = (unfinished || line.starts_with("import ")) && !line.ends_with(';');
        out.push_str(line);
        out.push(if unfinished { ' ' } else { '\n' });
    }
    out
}

/// What a line imports: names between the braces, and the module.
fn import(line: &str) -> Option<(&str, &str)> {
    let rest = line.strip_prefix("import ")?.strip_suffix("\";")?;
    let (names, from) = rest.split_once('"')?;
    Some((
        names.trim_end_matches(" from ").trim_matches(['{', '}', ' ', ',']),
        from,
    ))
}

/// The name that an exported statement declares.
fn exported(statement: &str) -> Option<String> {
    let statement = statement.strip_prefix("async ").unwrap_or(statement);
    let rest = ["function ", "class ", "const "]
        .iter()
        .find_map(|kind| statement.strip_prefix(kind))?;
    let end = rest
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '$')
        .unwrap_or(rest.len());
    rest.get(..end).map(str::to_owned)
}

/// A line whose `import("…")` is led by the folder of scripts, for a bundle lies in another folder than its modules.
fn later(path: &str, line: &str) -> Option<String> {
    let Some((before, rest)) = line.split_once("import(\"") else {
        return Some(line.to_owned());
    };
    let (module, after) = rest.split_once('"')?;
    let module = resolve(path, module)?;
    Some(format!("{before}import(\"../{}\"{after}", module.strip_prefix("js/")?))
}

/// The path of a module as another one names it: `./x.js` beside it, `../folder/x.js` in another folder.
fn resolve(from: &str, module: &str) -> Option<String> {
    let folder = from.rsplit_once('/')?.0;
    match module.strip_prefix("../") {
        Some(rest) => Some(format!("{}/{rest}", folder.rsplit_once('/')?.0)),
        None => Some(format!("{folder}/{}", module.strip_prefix("./")?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::assets::Embedded;

    fn bundled(files: &[(&str, &str)]) -> String {
        let number = |path: &str| files.iter().position(|(name, _)| *name == path);
        let read = |path: &str| Some(files[number(path)?].1.to_owned());
        let modules = Modules {
            read: &read,
            number: &number,
        };
        bundle(files[0].0, &modules).unwrap()
    }

    #[test]
    fn a_module_stands_behind_what_it_imports_and_only_once() {
        let all = bundled(&[
            (
                "js/pages/a.js",
                "// words\nimport { b, c as d } from \"../lib/b.js\";\nimport \"../lib/e.js\";\nb(d);\n",
            ),
            (
                "js/lib/b.js",
                "import { e } from \"./e.js\";\n/** Words\n * and more. */\nexport function b() {}\n\n  export const c = e;",
            ),
            (
                "js/lib/e.js",
                "export class e {}\nexport async function f() { await import(\"../pages/late.js\"); }",
            ),
        ]);
        let expected = "const $m=globalThis[Symbol.for(\"gifchat\")]??={};\n\
            $m[2]??=(()=>{\nclass e {}\nasync function f() { await import(\"../pages/late.js\"); }\nreturn{e,f}})();\n\
            $m[1]??=(()=>{\nconst{e}=$m[2];\nfunction b() {}\nconst c = e;\nreturn{b,c}})();\n\
            $m[0]??=(()=>{\nconst{b,c:d}=$m[1];\nb(d);\nreturn{}})();\n";
        assert_eq!(all.replace(", ", ","), expected.replace(", ", ","));
    }

    #[test]
    fn an_import_over_several_lines_is_one_statement() {
        let all = bundled(&[
            (
                "js/pages/a.js",
                "import {\n  b,\n  c as d,\n} from \"../lib/b.js\";\nimport \"../lib/b.js\";\nb(d);\n",
            ),
            ("js/lib/b.js", "export const b = 1;\nexport const c = 2;\n"),
        ]);
        let expected = "$m[0]??=(()=>{\nconst{b, c:d}=$m[1];\nb(d);\nreturn{}})();\n";
        assert!(all.ends_with(expected), "{all}");
    }

    #[test]
    fn a_module_that_is_fetched_later_exports_what_it_did() {
        let all = bundled(&[("js/lib/b.js", "export const b = 1;\n")]);
        assert!(all.ends_with("export const{b}=$m[0];\n"), "{all}");
    }

    /// What the functions above would get wrong is used nowhere.
    #[test]
    fn every_script_is_written_as_a_bundle_needs_it() {
        for path in Embedded::iter().filter(|path| path.ends_with(".js")) {
            let text = String::from_utf8(Embedded::get(&path).unwrap().data.into_owned()).unwrap();
            for line in join_imports(&strip(&text)).lines() {
                assert!(
                    line.matches('`').count().is_multiple_of(2),
                    "{path}: a template over several lines: {line}"
                );
                assert!(!line.contains(" // "), "{path}: a comment behind something: {line}");
                assert!(!line.starts_with("import ") || import(line).is_some(), "{path}: {line}");
                assert!(
                    line.matches("import(").count() == usize::from(line.contains("import(\"")),
                    "{path}: {line}"
                );
                let export = line.strip_prefix("export ").map(exported);
                assert!(export != Some(None), "{path}: {line}");
            }
        }
    }
}
