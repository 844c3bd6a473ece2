//! Scripts, styles and icons: in the binary, under a URL that changes with their content.

use std::{
    borrow::Cow,
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
    sync::Arc,
};

use rust_embed::RustEmbed;

use crate::views::CSS_ORDER;

#[derive(RustEmbed)]
#[folder = "public/"]
struct Embedded;

/// The stylesheet that every page links: all parts, in the order of the cascade.
const STYLESHEET: &str = "css/app.css";

/// The public files.
#[derive(Clone, Debug)]
pub struct Assets {
    /// The URL prefix of this content.
    prefix: Arc<str>,
    stylesheet: Arc<[u8]>,
    /// Where the files are read from instead, while developing.
    folder: Option<Arc<Path>>,
}

impl Assets {
    /// The files in the binary, or those in `folder` as they are at each request.
    pub fn load(folder: Option<&Path>) -> Self {
        let folder: Option<Arc<Path>> = folder.map(Into::into);
        let unversioned = Self {
            prefix: "/assets/dev".into(),
            stylesheet: Arc::default(),
            folder,
        };
        if unversioned.folder.is_some() {
            return unversioned;
        }
        let stylesheet = unversioned.join_styles().into();
        // The hash names the content and protects nothing, so the standard library's will do.
        let mut hasher = DefaultHasher::new();
        for path in Embedded::iter() {
            path.hash(&mut hasher);
            Embedded::get(&path)
                .map(|file| file.metadata.sha256_hash())
                .hash(&mut hasher);
        }
        let prefix = format!("/assets/{:016x}", hasher.finish()).into();
        Self {
            prefix,
            stylesheet,
            ..unversioned
        }
    }

    /// What stands before the path of a file in its URL.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Whether a file may be kept for ever under this version of the URL.
    pub fn is_current(&self, version: &str) -> bool {
        self.folder.is_none() && self.prefix.strip_prefix("/assets/") == Some(version)
    }

    /// The bytes of a file.
    pub fn get(&self, path: &str) -> Option<Cow<'static, [u8]>> {
        match (path, &self.folder) {
            (STYLESHEET, Some(_)) => Some(self.join_styles().into()),
            (STYLESHEET, None) => Some(self.stylesheet.to_vec().into()),
            _ => self.read(path),
        }
    }

    fn join_styles(&self) -> Vec<u8> {
        let parts = CSS_ORDER.iter().filter_map(|path| self.read(path));
        parts.collect::<Vec<_>>().join(&b'\n')
    }

    fn read(&self, path: &str) -> Option<Cow<'static, [u8]>> {
        match &self.folder {
            None => Embedded::get(path).map(|file| file.data),
            Some(folder) => std::fs::read(inside(folder, path)?).ok().map(Into::into),
        }
    }
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
        let css = String::from_utf8(Assets::load(None).get(STYLESHEET).unwrap().into_owned()).unwrap();
        let (tokens, base) = (css.find("--me-ink"), css.find(".skip"));
        assert!(tokens.is_some() && tokens < base);
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
