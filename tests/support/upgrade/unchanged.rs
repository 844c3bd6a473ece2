//! Checks that a server answers from an old database what the earlier version had answered.

use serde_json::{Value, json};

use super::{BANNED_AT, Stage, bytes};
use crate::support::Visitor;

impl Stage<'_> {
    pub async fn is_as_it_was(&self) {
        self.visitors_are_the_same().await;
        self.rooms_are_listed().await;
        self.histories_are_the_same().await;
        self.gifs_are_served().await;
        self.whispers_are_for_the_two().await;
        self.the_owner_has_reports_and_bans().await;
        self.grants_hold().await;
        self.passwords_and_invites_hold().await;
        self.bans_hold().await;
    }

    async fn visitors_are_the_same(&self) {
        let roles = self.old.expected["visitors"].as_object().unwrap();
        for role in roles.keys() {
            let visitor = self.visitor(role);
            let known = (visitor.id.clone(), visitor.color.clone());
            assert_eq!(visitor.look_in_the_mirror().await, known, "{role}");
        }
    }

    /// Who sits in a room does not survive a start on SQLite, so the number of seats taken is not compared. Whether a room is
    /// asleep, how many are away, and whether one address may take all seats, was not known then.
    async fn rooms_are_listed(&self) {
        let uncounted = |mut rooms: Value| {
            for room in rooms.as_array_mut().unwrap() {
                for field in ["count", "asleep", "away", "crowd"] {
                    room.as_object_mut().unwrap().remove(field);
                }
            }
            rooms
        };
        let listed = self.visitor("kicked").get_json("/rooms").await.ok().json();
        let expected = self.old.expected["rooms"].clone();
        assert_eq!(uncounted(listed["data"].clone()), uncounted(expected));
    }

    async fn histories_are_the_same(&self) {
        let histories = [
            self.visitor("owner").history(self.locked).await,
            self.visitor("kicked").history(self.open).await,
        ];
        let expected = &self.old.expected["history"];
        assert_eq!(Value::from(histories[0].as_slice()), expected["locked"]);
        assert_eq!(Value::from(histories[1].as_slice()), expected["open"]);
        let texts = json!(histories).to_string();
        let gone = ["that is deleted", "cleared text", self.old.text("deleted")];
        assert!(gone.iter().all(|gone| !texts.contains(gone)), "{texts}");
    }

    pub async fn gifs_are_served(&self) {
        let (owner, member, other) = (self.visitor("owner"), self.visitor("member"), self.visitor("granted"));
        let (public, whispered) = (self.old.text("gif"), self.old.text("whispered"));
        for (name, readers) in [
            (public, vec![&owner, &member, &other]),
            (whispered, vec![&owner, &member]),
        ] {
            let files = &self.old.expected["served"][name];
            for reader in readers {
                let gif = reader.get(&format!("/gif/{name}")).await.ok();
                assert_eq!(gif.body, bytes(&files["gif"]), "{name}");
                let still = reader.get(&format!("/gif/{name}/still")).await.ok();
                assert_eq!(still.body, bytes(&files["still"]), "{name}");
            }
        }
        for (reader, name) in [(&other, whispered), (&owner, self.old.text("deleted"))] {
            let gif = reader.get_json(&format!("/gif/{name}")).await;
            gif.refused(404, "page_not_found");
        }
    }

    async fn whispers_are_for_the_two(&self) {
        let path = self.in_locked("whispers");
        for role in ["owner", "member"] {
            let whispers = self.visitor(role).get_json(&path).await.ok().json();
            assert_eq!(whispers["data"], self.old.expected["whispers"], "{role}");
        }
        let others = self.visitor("granted").get_json(&path).await.ok().json();
        assert_eq!(others["data"], json!([]));
    }

    async fn the_owner_has_reports_and_bans(&self) {
        for (end, key) in [("reports", "reports"), ("bans", "bans")] {
            let path = self.in_locked(end);
            let list = self.visitor("owner").get_json(&path).await.ok().json();
            assert_eq!(list["data"], self.old.expected[key]);
            let others = self.visitor("member").get_json(&path).await;
            others.refused(403, "not_the_owner");
        }
    }

    async fn reads_locked(&self, visitor: &Visitor) {
        visitor.get(&format!("/room/{}", self.locked)).await.ok();
        visitor.get_json(&self.in_locked("messages")).await.ok();
    }

    async fn grants_hold(&self) {
        for role in ["owner", "member", "granted", "invited", "kicked"] {
            self.reads_locked(&self.visitor(role)).await;
        }
        // A changed password and withdrawn invites took these.
        for role in ["old_password", "withdrawn_invite"] {
            let answer = self.visitor(role).get_json(&self.in_locked("messages")).await;
            answer.refused(403, "wrong_password");
        }
    }

    async fn passwords_and_invites_hold(&self) {
        let [knowing, invited] = [self.server.visitor().await, self.server.visitor().await];
        let messages = self.in_locked("messages");
        knowing.get_json(&messages).await.refused(403, "wrong_password");
        let wrong = knowing.unlock(self.locked, "first password").await;
        wrong.refused(403, "wrong_password");
        knowing.unlock(self.locked, self.old.text("password")).await.ok();
        self.reads_locked(&knowing).await;
        let withdrawn = format!("/invite/{}", self.old.text("withdrawn"));
        let refused = invited.post_json(&withdrawn, json!({})).await;
        refused.refused(404, "invite_not_found");
        let invite = format!("/invite/{}", self.old.text("invite"));
        invited.post_json(&invite, json!({})).await.ok();
        self.reads_locked(&invited).await;
    }

    async fn bans_hold(&self) {
        let new_cookie = self.server.visitor().await.behind_proxy(BANNED_AT);
        for visitor in [self.visitor("banned"), new_cookie] {
            visitor.room(self.locked).await.refused(403, "banned");
            let messages = visitor.get_json(&self.in_locked("messages")).await;
            messages.refused(403, "banned");
            let mut socket = visitor.connect("/chat").await;
            socket.ask_in_vain("join", self.locked, "banned").await;
        }
        // The time of this ban is over.
        self.visitor("banned_briefly").room(self.open).await.ok();
    }
}
