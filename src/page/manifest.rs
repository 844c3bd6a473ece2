//! What a device is told that installs the site: its name and icons, and that it takes GIFs that are shared.

use serde_json::{Value, json};

use super::{
    avatar::icon::{Icon, SVG},
    texts::Lang,
};

/// The ground of a page in a light theme, as `<meta name="theme-color">` has it.
const PAPER: &str = "#fdfdfd";

/// The field that shared GIFs come in, as `public/js/worker/main.js` reads it.
const FIELD: &str = "gif";

/// The manifest (W3C, "Web Application Manifest") of a site in a language.
pub fn manifest(name: &str, lang: Lang) -> Value {
    let mut icons =
        vec![json!({ "src": format!("/icons/{SVG}"), "type": "image/svg+xml", "sizes": "any", "purpose": "any" })];
    icons.extend(Icon::ALL.map(|icon| {
        let Icon { purpose, edge } = icon;
        json!({
            "src": format!("/icons/{icon}"), "type": "image/png", "sizes": format!("{edge}x{edge}"),
            "purpose": purpose.name(),
        })
    }));
    json!({
        "id": "/",
        "name": name,
        "short_name": name,
        "description": lang.texts().rooms.lead,
        "lang": lang.tag(),
        "dir": "ltr",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "theme_color": PAPER,
        "background_color": PAPER,
        "categories": ["social", "entertainment"],
        "icons": icons,
        "share_target": {
            "action": "/share",
            "method": "POST",
            "enctype": "multipart/form-data",
            "params": { "files": [{ "name": FIELD, "accept": ["image/gif"] }] },
        },
    })
}
