//! Databases written by the last version that kept no logs of rooms, and what a server that starts on one must still know.
//!
//! `tests/fixtures/upgrade/README.md` says how they were made. `expected.json` in each holds what the server that wrote it
//! answered last, and the cookies of its visitors. The checks are the same for every store.

mod goes_on;
mod unchanged;

use std::{fs, path::PathBuf};

use nix::sys::signal::Signal;
use serde_json::Value;

use super::{Server, Visitor, eventually};

/// Graces that do not end during a test: all sockets are gone when a server starts, so all graces begin.
const PATIENT: &[&str] = &[
    "--seat-grace",
    "1h",
    "--room-grace",
    "1h",
    "--lost-grace",
    "1h",
    "--first-grace",
    "1h",
    "--owner-grace",
    "1h",
    "--trusted-proxies",
    "127.0.0.1",
];

/// The address that somebody was banned at.
const BANNED_AT: &str = "203.0.113.7";

/// Tells the name of everybody, which servers did not do then, wherever it is told who somebody is.
fn give_names(told: &mut Value) {
    match told {
        Value::Array(all) => all.iter_mut().for_each(give_names),
        Value::Object(fields) => {
            fields.values_mut().for_each(give_names);
            let id = fields.get("visitor").or(fields.get("id")).and_then(Value::as_str);
            if let (Some(_), Some(id)) = (fields.get("hue"), id) {
                let name = gifchat::domain::Visitor::new(id.parse().unwrap()).name();
                fields.insert("name".into(), serde_json::to_value(name).unwrap());
            }
        }
        _ => (),
    }
}

/// A site as an earlier version left it.
pub struct OldSite {
    folder: PathBuf,
    expected: Value,
}

impl OldSite {
    pub fn read(name: &str) -> Self {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("tests/fixtures/upgrade")
            .join(name);
        let expected = fs::read(folder.join("expected.json")).unwrap();
        let mut expected = serde_json::from_slice(&expected).unwrap();
        give_names(&mut expected);
        Self { folder, expected }
    }

    pub fn path(&self, file: &str) -> PathBuf {
        self.folder.join(file)
    }

    /// Names and bytes of the GIFs and stills that it served; on disk they have the same names.
    pub fn files(&self) -> Vec<(String, Vec<u8>)> {
        let served = self.expected["served"].as_object().unwrap();
        let both = served.iter().flat_map(|(name, files)| {
            [
                (name.clone(), bytes(&files["gif"])),
                (format!("still-{name}"), bytes(&files["still"])),
            ]
        });
        both.collect()
    }

    /// A value that is a text.
    fn text(&self, key: &str) -> &str {
        self.expected[key].as_str().unwrap()
    }

    /// Starts a server on what it left, twice, and checks each time that everything is there and that the site goes on.
    pub async fn survives_two_starts(&self, store: &str, flags: &[&str]) {
        let flags = [PATIENT, flags].concat();
        let first = Stage::start(self, store, &flags).await;
        first.is_as_it_was().await;
        first.goes_on().await;
        let contents = first.contents().await;
        first.stop().await;
        let second = Stage::start(self, store, &flags).await;
        assert_eq!(second.contents().await, contents, "the second start changed something");
        second.goes_on_again().await;
        second.stop().await;
    }
}

fn bytes(hex: &Value) -> Vec<u8> {
    data_encoding::HEXLOWER
        .decode(hex.as_str().unwrap().as_bytes())
        .unwrap()
}

/// A server of this version on an old site.
struct Stage<'a> {
    old: &'a OldSite,
    server: Server,
    /// The room with a password, and the one without.
    locked: &'a str,
    open: &'a str,
}

impl<'a> Stage<'a> {
    async fn start(old: &'a OldSite, store: &str, flags: &[&str]) -> Self {
        Self {
            old,
            server: Server::start(store, flags).await,
            locked: old.text("locked"),
            open: old.text("open"),
        }
    }

    async fn stop(self) {
        self.server.signal(Signal::SIGTERM);
        eventually("the server stops", async || (!self.server.lives()).then_some(())).await;
    }

    /// A visitor of the old site, with the cookie of then.
    fn visitor(&self, role: &str) -> Visitor {
        let known = &self.old.expected["visitors"][role];
        let field = |name: &str| known[name].as_str().unwrap().to_owned();
        let mut visitor = self.server.stranger();
        visitor.set_cookie(&field("cookie"));
        (visitor.id, visitor.color) = (field("id"), field("color"));
        visitor
    }

    /// The path of something in the room with a password.
    fn in_locked(&self, end: &str) -> String {
        format!("/room/{}/{end}", self.locked)
    }

    /// What can be read of the site and changes only when somebody does something.
    async fn contents(&self) -> Value {
        let (owner, member) = (self.visitor("owner"), self.visitor("member"));
        let ends = ["whispers", "reports", "bans", "gifs"];
        let mut contents = vec![
            Value::from(owner.history(self.locked).await),
            Value::from(member.history(self.open).await),
        ];
        for end in ends {
            contents.push(owner.get_json(&self.in_locked(end)).await.ok().json());
        }
        contents.into()
    }
}
