//! Checks that the visitors of an old database go on as before: they post and whisper, and the owner moderates.

use serde_json::{Value, json};

use super::{Stage, bytes};
use crate::support::{Socket, Visitor};

impl Stage<'_> {
    pub async fn goes_on(&self) {
        let (owner, member) = (self.visitor("owner"), self.visitor("member"));
        let mut sockets = [owner.join(self.locked).await, member.join(self.locked).await];
        self.posting_goes_on(&owner, &mut sockets).await;
        self.whispers_go_on(&owner, &member, &mut sockets).await;
        self.forbidden_gifs_are_refused(&member, &mut sockets).await;
        self.the_owner_moderates(&owner, &mut sockets).await;
        self.slow_mode_holds(&member).await;
    }

    /// After a second start.
    pub async fn goes_on_again(&self) {
        let owner = self.visitor("owner");
        let mut socket = owner.join(self.locked).await;
        socket.post("after the second start").await;
        self.history_goes_on(&owner).await;
        self.gifs_are_served().await;
    }

    /// The old history is the beginning of the new one, which has no gap; the last message.
    async fn history_goes_on(&self, reader: &Visitor) -> Value {
        let history = reader.history(self.locked).await;
        let seqs: Vec<_> = history.iter().map(|message| message["seq"].as_u64().unwrap()).collect();
        assert!(seqs == (1..=seqs.len() as u64).collect::<Vec<_>>(), "{seqs:?}");
        history.last().unwrap().clone()
    }

    async fn posting_goes_on(&self, owner: &Visitor, [own, others]: &mut [Socket; 2]) {
        let old = self.old.expected["history"]["locked"].as_array().unwrap();
        let first = old.iter().find(|message| message["nonce"] == "first").unwrap();
        let again = json!({ "chat": "sent again", "nonce": "first" });
        assert_eq!(&own.ask("chat", again).await["message"], first, "its nonce is known");
        let before = self.history_goes_on(owner).await;
        let new = own.post("다시 왔어요").await;
        assert_eq!(new["seq"].as_u64(), before["seq"].as_u64().map(|seq| seq + 1));
        assert_eq!(
            others.messages_to(new["seq"].as_u64().unwrap()).await.last(),
            Some(&new)
        );
        assert_eq!(self.history_goes_on(owner).await, new);
        let kept = owner.history(self.locked).await;
        assert_eq!(&kept[..old.len()], old.as_slice());
    }

    async fn whispers_go_on(&self, owner: &Visitor, member: &Visitor, [own, others]: &mut [Socket; 2]) {
        let old = self.old.expected["whispers"].as_array().unwrap();
        let again = json!({ "to": member.id, "chat": "sent again", "nonce": "w" });
        assert_eq!(own.ask("whisper", again).await["whisper"], old[0], "its nonce is known");
        let whisper = others.ask("whisper", json!({ "to": owner.id, "chat": "응" })).await;
        let mut whispers = old.clone();
        whispers.push(whisper["whisper"].clone());
        let list = owner.get_json(&self.in_locked("whispers")).await.ok().json();
        assert_eq!(list["data"], json!(whispers));
    }

    async fn forbidden_gifs_are_refused(&self, member: &Visitor, [own, _]: &mut [Socket; 2]) {
        let forbidden = bytes(&self.old.expected["forbidden"]);
        member
            .upload(self.locked, forbidden)
            .await
            .refused(403, "forbidden_gif");
        let again = own.ask("chat", json!({ "gif": self.old.text("gif") })).await;
        assert_eq!(again["message"]["gif"], self.old.text("gif"), "{again}");
    }

    async fn the_owner_moderates(&self, owner: &Visitor, [own, others]: &mut [Socket; 2]) {
        let moderate = self.in_locked("moderate");
        let reported = &self.old.expected["reports"][0]["message"];
        let delete = json!({ "action": "delete", "message": reported });
        let in_vain = others.ask("moderate", delete.clone()).await;
        assert_eq!(in_vain["code"], "not_the_owner");
        owner.post_json(&moderate, delete).await.ok();
        let history = owner.history(self.locked).await;
        let deleted = history.iter().find(|message| message["_id"] == *reported).unwrap();
        assert_eq!(deleted["deleted"], true, "{deleted}");

        let banned = self.visitor("banned");
        let unban = json!({ "action": "unban", "visitor": banned.id });
        assert_eq!(own.ask("moderate", unban).await["ok"], true);
        banned.get_json(&self.in_locked("messages")).await.ok();
        banned.join(self.locked).await;
        let kick = json!({ "action": "kick", "visitor": banned.id });
        assert_eq!(own.ask("moderate", kick).await["ok"], true);
        owner.patch(self.locked, json!({ "title": "새 제목" })).await.ok();
    }

    async fn slow_mode_holds(&self, owner: &Visitor) {
        let guest = self.visitor("granted");
        let (mut own, mut guests) = (owner.join(self.open).await, guest.join(self.open).await);
        guests.post("one").await;
        guests.ask_in_vain("chat", json!({ "chat": "two" }), "slow_mode").await;
        own.post("not for the owner").await;
        own.post("who may go on").await;
    }
}
