//! Scripts, styles and icons: in the binary as the build has made them (`src/build/assets.rs`), under a URL that changes with
//! their content.

#[allow(dead_code, clippy::duplicate_mod, reason = "the build uses all of it")]
#[path = "../build/bundle.rs"]
mod bundle;
#[allow(clippy::duplicate_mod, reason = "the build uses it, too")]
#[path = "../build/files.rs"]
mod files;
#[allow(clippy::duplicate_mod, reason = "the build uses it, too")]
#[path = "../build/minify.rs"]
mod minify;
#[allow(clippy::duplicate_mod, reason = "the build uses it, too")]
#[path = "../build/stylesheets.rs"]
mod stylesheets;

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use tracing::warn;

use self::{files::compress, stylesheets::STYLESHEETS};

/// A file that the build has made.
struct File {
    path: &'static str,
    plain: &'static [u8],
    brotli: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// The service worker, which every server names `/sw.js`, and the module it begins with.
pub const WORKER: (&str, &str) = ("sw.js", "js/worker/main.js");

/// The version of files that may change at any time.
const DEVELOPING: &str = "dev";

/// A file as it goes out.
#[derive(Clone, Debug)]
pub struct Packed {
    /// Its bytes.
    pub plain: Bytes,
    /// The same compressed; not while developing.
    pub brotli: Option<Bytes>,
}

/// The public files.
#[derive(Clone, Debug)]
pub struct Assets {
    /// The URL prefix of this content.
    prefix: Arc<str>,
    /// The service worker.
    worker: Packed,
    /// Where the files are read from instead, while developing.
    folder: Option<Arc<Path>>,
}

impl Assets {
    /// The files in the binary, or those in `folder` as they are at each request.
    /// The version changes with `shown`, too: what the service worker keeps shows it.
    pub fn load(folder: Option<&Path>, shown: &impl Hash) -> Self {
        // The hash names the content and protects nothing, so the standard library's will do.
        let mut hasher = DefaultHasher::new();
        (CONTENT, shown).hash(&mut hasher);
        let version = match folder {
            Some(_) => DEVELOPING.to_owned(),
            None => format!("{:016x}", hasher.finish()),
        };
        Self {
            prefix: format!("/assets/{version}").into(),
            worker: worker(&version),
            folder: folder.map(Into::into),
        }
    }

    /// What stands before the path of a file in its URL.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The part of the prefix that changes with the content.
    pub fn version(&self) -> &str {
        self.prefix.strip_prefix("/assets/").unwrap_or_default()
    }

    /// Whether a file may be kept for ever under this version of the URL.
    pub fn is_current(&self, version: &str) -> bool {
        self.folder.is_none() && self.version() == version
    }

    /// Whether files are read from a disk, which is not for an async thread.
    pub fn is_on_disk(&self) -> bool {
        self.folder.is_some()
    }

    /// A file.
    pub fn get(&self, path: &str) -> Option<Packed> {
        match &self.folder {
            Some(folder) => Some(Packed {
                plain: joined(folder, path)?.into(),
                brotli: None,
            }),
            None if path == WORKER.0 => Some(self.worker.clone()),
            None => built(path).map(|file| Packed {
                plain: Bytes::from_static(file.plain),
                brotli: Some(Bytes::from_static(file.brotli)),
            }),
        }
    }
}

fn built(path: &str) -> Option<&'static File> {
    let place = FILES.binary_search_by_key(&path, |file| file.path).ok()?;
    FILES.get(place)
}

/// The service worker in the binary. It knows the version of the files, so another version is another worker.
fn worker(version: &str) -> Packed {
    let script = built(WORKER.1).map(|file| file.plain).unwrap_or_default();
    let plain = of_version(version, script);
    Packed {
        brotli: compress(&plain).ok().map(Into::into),
        plain: plain.into(),
    }
}

fn of_version(version: &str, script: &[u8]) -> Vec<u8> {
    [format!("const VERSION=\"{version}\";\n").as_bytes(), script].concat()
}

/// A file, a stylesheet made of its parts, or the service worker as one script: not every browser lets one import modules.
fn joined(folder: &Path, path: &str) -> Option<Vec<u8>> {
    let read = |path: &str| std::fs::read(inside(folder, path)?).ok();
    if path == WORKER.0 {
        let mut modules = files::Sources::new();
        files::read(&folder.join("js"), "js/", &mut modules).ok()?;
        let bundle = bundle::bundle(WORKER.1, &modules).inspect_err(|why| warn!(why, "no service worker can be made"));
        return Some(of_version(DEVELOPING, bundle.ok()?.script.as_bytes()));
    }
    let Some((_, parts)) = STYLESHEETS.iter().find(|(name, _)| *name == path) else {
        return read(path);
    };
    let parts = parts.iter().filter_map(|part| read(part));
    Some(parts.collect::<Vec<_>>().join(&b'\n'))
}

/// A path below a folder; none when it would lead out of it.
fn inside(folder: &Path, path: &str) -> Option<PathBuf> {
    let plain = path
        .split('/')
        .all(|part| !part.is_empty() && !part.starts_with('.') && !part.contains('\\'));
    plain.then(|| folder.join(path))
}

/// The media type of a file, by the end of its name.
pub fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stylesheet_holds_every_part_in_order() {
        let css = String::from_utf8(Assets::load(None, &()).get("css/app.css").unwrap().plain.into()).unwrap();
        let (tokens, base) = (css.find("--me-ink"), css.find(".skip"));
        assert!(tokens.is_some() && tokens < base);
        let css = String::from_utf8(Assets::load(None, &()).get("css/sheets.css").unwrap().plain.into()).unwrap();
        assert!(css.contains(".sheet") && css.contains(".viewer"));
    }

    #[test]
    fn no_path_leads_out_of_the_folder() {
        let folder = Path::new("/srv/public");
        assert!(inside(folder, "js/pages/chat.js").is_some());
        for wrong in ["../x", "js/../../x", "/etc/passwd", ".git/config", "js//x", "a\\..\\b"] {
            assert!(inside(folder, wrong).is_none(), "{wrong}");
        }
    }
}
