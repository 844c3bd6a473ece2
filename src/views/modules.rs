//! The modules each page's script imports, so that the browser fetches them side by side instead of level by level.

/// Imported by `js/pages/main.js`, directly or through others.
pub(crate) const MAIN: &[&str] = &[
    "components/ages.js",
    "components/room-list.js",
    "components/room-row.js",
    "components/theme.js",
    "lib/dom.js",
    "lib/format.js",
    "lib/http.js",
    "lib/hue.js",
    "lib/live.js",
    "lib/packet.js",
    "lib/socket.js",
    "lib/texts.js",
    "models/room-list.js",
];

/// Imported by `js/pages/room.js`, directly or through others.
pub(crate) const ROOM: &[&str] = &[
    "components/fields.js",
    "components/theme.js",
    "lib/dom.js",
    "lib/texts.js",
    "models/rules.js",
];

/// Imported by `js/pages/chat.js`, directly or through others.
pub(crate) const CHAT: &[&str] = &[
    "components/actions.js",
    "components/arrange.js",
    "components/attention.js",
    "components/composer.js",
    "components/fields.js",
    "components/file-sources.js",
    "components/frames.js",
    "components/gif.js",
    "components/icon.js",
    "components/lines.js",
    "components/members.js",
    "components/menu.js",
    "components/message-list.js",
    "components/message.js",
    "components/muted.js",
    "components/notices.js",
    "components/owner-tools.js",
    "components/scroller.js",
    "components/text.js",
    "components/theme.js",
    "components/typing-line.js",
    "components/upload-queue.js",
    "components/whispers.js",
    "lib/dom.js",
    "lib/format.js",
    "lib/http.js",
    "lib/hue.js",
    "lib/keep.js",
    "lib/links.js",
    "lib/live.js",
    "lib/nonce.js",
    "lib/packet.js",
    "lib/socket.js",
    "lib/texts.js",
    "lib/upload.js",
    "models/conversation.js",
    "models/outbox.js",
    "models/rules.js",
    "models/timeline.js",
    "models/typing.js",
    "models/uploads.js",
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::{collections::BTreeSet, fs, path::Path};

    fn imports(of: &str, found: &mut BTreeSet<String>) {
        let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/public/js"));
        let text = fs::read_to_string(folder.join(of)).unwrap();
        for path in text
            .lines()
            .filter_map(|line| line.strip_suffix("\";")?.split_once(" from \""))
            .map(|(_, path)| path)
        {
            let module = match path.strip_prefix("../") {
                Some(rest) => rest.to_owned(),
                None => format!("{}/{}", of.split('/').next().unwrap(), path.trim_start_matches("./")),
            };
            if found.insert(module.clone()) {
                imports(&module, found);
            }
        }
    }

    #[test]
    fn the_lists_name_what_is_imported() {
        for (page, list) in [
            ("pages/main.js", MAIN),
            ("pages/room.js", ROOM),
            ("pages/chat.js", CHAT),
        ] {
            let mut found = BTreeSet::new();
            imports(page, &mut found);
            assert_eq!(
                list.to_vec(),
                found.iter().map(String::as_str).collect::<Vec<_>>(),
                "{page}"
            );
        }
    }
}
