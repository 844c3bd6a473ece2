//! Many modules as one script, without what only people read. One file instead of forty is one request instead of
//! forty, and half the bytes: a compressor finds in one module what it has seen in another.
//!
//! Only what `public/js` uses is understood: `import { a, b as c } from "./x.js";`, which may span lines, `import "./x.js";`,
//! `import("./x.js")` on one line, and `export` before `function`, `class` and `const`.

use std::{collections::BTreeMap, fmt::Write};

use super::minify::{join_lines, remove_spaces, strip};

/// Where the modules of a page find each other. A module that is fetched later brings what it imports along, and uses
/// what is there already, so that there is one of each.
const REGISTRY: &str = "const $m=globalThis[Symbol.for(\"gifchat\")]??={};\n";

/// All modules there are, by their paths. The number of one is its place: it is the same in all bundles, and shorter.
pub(super) type Modules = BTreeMap<String, String>;

/// A script that needs no other to begin with.
pub(super) struct Bundle {
    /// The script.
    pub script: String,
    /// The paths of the modules that it fetches later.
    pub later: Vec<String>,
}

/// The module `path` (such as `js/pages/chat.js`) with all it imports as one module, as it is served.
///
/// # Errors
/// What is imported is not there, or is written in a way that is not understood.
pub(super) fn bundle(path: &str, modules: &Modules) -> Result<Bundle, String> {
    let mut bundle = join(path, modules)?;
    bundle.script = join_lines(&remove_spaces(&bundle.script));
    Ok(bundle)
}

fn join(path: &str, modules: &Modules) -> Result<Bundle, String> {
    let mut bundler = Bundler {
        modules,
        exports: BTreeMap::new(),
        bundle: Bundle {
            script: REGISTRY.to_owned(),
            later: Vec::new(),
        },
    };
    bundler.add(path)?;
    let exports = bundler.exports.remove(path).flatten().unwrap_or_default();
    if !exports.is_empty() {
        let number = bundler.number(path)?;
        // Writing to a String can't fail.
        let _ = writeln!(
            bundler.bundle.script,
            "export const{{{}}}=$m[{number}];",
            exports.join(",")
        );
    }
    Ok(bundler.bundle)
}

struct Bundler<'a> {
    modules: &'a Modules,
    /// What the modules export that are in the bundle; nothing yet of those whose imports are being added.
    exports: BTreeMap<String, Option<Vec<String>>>,
    bundle: Bundle,
}

impl Bundler<'_> {
    fn number(&self, path: &str) -> Result<usize, String> {
        let place = self.modules.keys().position(|one| one == path);
        place.ok_or_else(|| format!("there is no {path}"))
    }

    /// Adds a module behind those it imports, unless it is there.
    fn add(&mut self, path: &str) -> Result<(), String> {
        if self.exports.contains_key(path) {
            return Ok(());
        }
        self.exports.insert(path.to_owned(), None);
        let number = self.number(path)?;
        let text = self.modules.get(path).map(|text| strip(text)).unwrap_or_default();
        let mut exports = Vec::new();
        let mut body = String::new();
        for line in join_imports(&text).lines() {
            check(line).map_err(|why| format!("{path}: {why}: {line}"))?;
            if line.starts_with("import ") {
                body.push_str(&self.import(path, line)?);
            } else {
                let line = line
                    .strip_prefix("export ")
                    .inspect(|rest| exports.extend(exported(rest)))
                    .unwrap_or(line);
                body.push_str(&self.later(path, line)?);
                body.push('\n');
            }
        }
        let _ = writeln!(
            self.bundle.script,
            "$m[{number}]??=(()=>{{\n{body}return{{{}}}}})();",
            exports.join(",")
        );
        self.exports.insert(path.to_owned(), Some(exports));
        Ok(())
    }

    /// Adds what a module imports by a line; what stands in its place.
    fn import(&mut self, path: &str, line: &str) -> Result<String, String> {
        let wrong = |why: String| format!("{path}: {why}: {line}");
        let (names, from) = import(line).ok_or_else(|| wrong("this import is not understood".into()))?;
        let from = resolve(path, from).ok_or_else(|| wrong("this path leads nowhere".into()))?;
        if !self.modules.contains_key(&from) {
            return Err(wrong(format!("there is no {from}")));
        }
        self.add(&from)?;
        let names: Vec<_> = names
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .collect();
        if names.is_empty() {
            return Ok(String::new());
        }
        if let Some(Some(exports)) = self.exports.get(&from) {
            let name = |import: &str| import.split(" as ").next().unwrap_or(import).to_owned();
            if let Some(missing) = names
                .iter()
                .map(|import| name(import))
                .find(|name| !exports.contains(name))
            {
                return Err(wrong(format!("{from} exports no {missing}")));
            }
        }
        let names = names.join(",").replace(" as ", ":");
        Ok(format!("const{{{names}}}=$m[{}];\n", self.number(&from)?))
    }

    /// A line whose `import("…")` is led by the folder of scripts, for a bundle lies in another folder than its modules.
    fn later(&mut self, path: &str, line: &str) -> Result<String, String> {
        let Some((before, rest)) = line.split_once("import(\"") else {
            return Ok(line.to_owned());
        };
        let wrong = || format!("{path}: there is no such module: {line}");
        let (module, after) = rest.split_once('"').ok_or_else(wrong)?;
        let module = resolve(path, module).ok_or_else(wrong)?;
        let below = module
            .strip_prefix("js/")
            .filter(|_| self.modules.contains_key(&module));
        let new = format!("{before}import(\"../{}\"{after}", below.ok_or_else(wrong)?);
        self.bundle.later.push(module);
        Ok(new)
    }
}

/// Refuses what would go wrong in a bundle.
fn check(line: &str) -> Result<(), &'static str> {
    if !line.matches('`').count().is_multiple_of(2) {
        return Err("a template over several lines");
    }
    if line.contains(" // ") {
        return Err("a comment behind something");
    }
    if line.matches("import(").count() != usize::from(line.contains("import(\"")) {
        return Err("an import() without a plain path");
    }
    match line.strip_prefix("export ").map(exported) {
        Some(None) => Err("an export without a name"),
        _ => Ok(()),
    }
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

    fn try_bundle(files: &[(&str, &str)]) -> Result<String, String> {
        let modules = files.iter().map(|&(path, text)| (path.to_owned(), text.to_owned()));
        join(files[0].0, &modules.collect()).map(|bundle| bundle.script)
    }

    fn bundled(files: &[(&str, &str)]) -> String {
        try_bundle(files).unwrap()
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
            ("js/pages/late.js", ""),
        ]);
        let expected = "const $m=globalThis[Symbol.for(\"gifchat\")]??={};\n\
            $m[1]??=(()=>{\nclass e {}\nasync function f() { await import(\"../pages/late.js\"); }\nreturn{e,f}})();\n\
            $m[0]??=(()=>{\nconst{e}=$m[1];\nfunction b() {}\nconst c = e;\nreturn{b,c}})();\n\
            $m[2]??=(()=>{\nconst{b,c:d}=$m[0];\nb(d);\nreturn{}})();\n";
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
        let expected = "$m[1]??=(()=>{\nconst{b,c:d}=$m[0];\nb(d);\nreturn{}})();\n";
        assert!(all.ends_with(expected), "{all}");
    }

    #[test]
    fn a_module_that_is_fetched_later_exports_what_it_did() {
        let all = bundled(&[("js/lib/b.js", "export const b = 1;\n")]);
        assert!(all.ends_with("export const{b}=$m[0];\n"), "{all}");
    }

    #[test]
    fn what_a_bundle_can_not_hold_is_said_with_its_place() {
        for (line, why) in [
            ("import { a } from \"./none.js\";", "there is no js/lib/none.js"),
            ("import { none } from \"./b.js\";", "js/lib/b.js exports no none"),
            ("import a from './b.js';", "this import is not understood"),
            ("import { a } from \"lib\";", "this path leads nowhere"),
            ("await import(\"./none.js\");", "there is no such module"),
            ("await import(name);", "an import() without a plain path"),
            ("const a = `b", "a template over several lines"),
            ("a(); // why", "a comment behind something"),
            ("export default 1;", "an export without a name"),
        ] {
            let refused = try_bundle(&[("js/lib/a.js", line), ("js/lib/b.js", "export const b = 1;\n")]).unwrap_err();
            assert_eq!(refused, format!("js/lib/a.js: {why}: {line}"));
        }
    }

    #[test]
    fn a_module_that_is_fetched_later_is_told_of() {
        let modules = [("js/pages/a.js", "import(\"../lib/b.js\");\n"), ("js/lib/b.js", "")];
        let modules = modules.map(|(path, text)| (path.to_owned(), text.to_owned()));
        let bundle = join("js/pages/a.js", &modules.into()).unwrap();
        assert_eq!(bundle.later, ["js/lib/b.js"]);
    }
}
