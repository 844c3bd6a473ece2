//! Scripts, styles and icons: in the binary, under a URL that changes with their content.
//!
//! What is served is packed once, when it is asked for first: a script with all the modules it imports, the stylesheet of
//! all its parts, both without comments, and each compressed as far as brotli can.

mod bundle;
mod minify;

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use parking_lot::Mutex;
use rust_embed::RustEmbed;

use self::bundle::Modules;
use crate::page::views::{CSS_ORDER, SHEETS_CSS_ORDER};

#[derive(RustEmbed)]
#[folder = "public/"]
struct Embedded;

/// The stylesheets of several parts, in the order of the cascade: the one that every page links, and the one of the sheets.
const STYLESHEETS: [(&str, &[&str]); 2] = [("css/app.css", CSS_ORDER), ("css/sheets.css", SHEETS_CSS_ORDER)];

/// The service worker, which every server names `/sw.js`, and the module it begins with.
pub const WORKER: (&str, &str) = ("sw.js", "js/worker/main.js");

/// Brotli's best quality and its usual window of 4 MiB: what is packed once may take its time.
const QUALITY: (u32, u32) = (11, 22);

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
    /// What was asked for already; there are no more than files.
    packed: Arc<Mutex<HashMap<String, Packed>>>,
    /// Where the files are read from instead, while developing.
    folder: Option<Arc<Path>>,
}

impl Assets {
    /// The files in the binary, or those in `folder` as they are at each request.
    /// The version changes with `shown`, too: what the service worker keeps shows it.
    pub fn load(folder: Option<&Path>, shown: &impl Hash) -> Self {
        let folder: Option<Arc<Path>> = folder.map(Into::into);
        let prefix = if folder.is_some() {
            "/assets/dev".into()
        } else {
            // The hash names the content and protects nothing, so the standard library's will do.
            let mut hasher = DefaultHasher::new();
            shown.hash(&mut hasher);
            for path in Embedded::iter() {
                path.hash(&mut hasher);
                Embedded::get(&path)
                    .map(|file| file.metadata.sha256_hash())
                    .hash(&mut hasher);
            }
            format!("/assets/{:016x}", hasher.finish()).into()
        };
        Self {
            prefix,
            packed: Arc::default(),
            folder,
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

    /// A file that was asked for before; costs nothing.
    pub fn ready(&self, path: &str) -> Option<Packed> {
        self.packed.lock().get(path).cloned()
    }

    /// A file. The first time it takes as long as packing does, up to some 100 ms: not for an async thread.
    pub fn get(&self, path: &str) -> Option<Packed> {
        if self.folder.is_some() {
            return Some(Packed {
                plain: self.joined(path)?.into(),
                brotli: None,
            });
        }
        if let Some(packed) = self.ready(path) {
            return Some(packed);
        }
        let plain: Bytes = self.pack(path)?.into();
        let packed = Packed {
            brotli: compress(&plain).ok().map(Into::into),
            plain,
        };
        self.packed.lock().insert(path.to_owned(), packed.clone());
        Some(packed)
    }

    fn pack(&self, path: &str) -> Option<Vec<u8>> {
        match path.rsplit('.').next() {
            _ if path == WORKER.0 => self.joined(path),
            Some("js") => Some(self.bundle(path)?.into()),
            Some("css") => Some(minify::join_lines(&minify::strip(&self.text(path)?)).into()),
            _ => self.read(path),
        }
    }

    /// The service worker. It knows the version of the files, so another version is another worker.
    fn worker(&self) -> Option<Vec<u8>> {
        let script = self.bundle(WORKER.1)?;
        Some(format!("const VERSION=\"{}\";\n{script}", self.version()).into())
    }

    fn bundle(&self, path: &str) -> Option<String> {
        let modules = Modules {
            read: &|path| self.text(path),
            number: &|path| Embedded::iter().position(|one| one == path),
        };
        Some(minify::join_lines(&minify::remove_spaces(&bundle::bundle(
            path, &modules,
        )?)))
    }

    fn text(&self, path: &str) -> Option<String> {
        String::from_utf8(self.joined(path)?).ok()
    }

    /// A file, or what is made of several: a stylesheet of its parts, or the service worker.
    fn joined(&self, path: &str) -> Option<Vec<u8>> {
        if path == WORKER.0 {
            return self.worker();
        }
        let Some((_, order)) = STYLESHEETS.iter().find(|(name, _)| *name == path) else {
            return self.read(path);
        };
        let parts = order.iter().filter_map(|part| self.read(part));
        Some(parts.collect::<Vec<_>>().join(&b'\n'))
    }

    fn read(&self, path: &str) -> Option<Vec<u8>> {
        match &self.folder {
            None => Embedded::get(path).map(|file| file.data.into_owned()),
            Some(folder) => std::fs::read(inside(folder, path)?).ok(),
        }
    }
}

fn compress(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let (quality, window) = QUALITY;
    let mut out = brotli::CompressorWriter::new(Vec::new(), 4096, quality, window);
    out.write_all(bytes)?;
    out.flush()?;
    Ok(out.into_inner())
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
