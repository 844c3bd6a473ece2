//! A room that holds as many whispers as it may.

use gifchat::{
    domain::Moment,
    store::{WHISPERS, WHISPERS_SAFE},
};
use serde_json::json;

use crate::support::{Socket, TestApp, Visitor};

const DAY: i64 = 24 * 60 * 60 * 1_000;

struct Stage {
    app: TestApp,
    room: String,
    ann: Visitor,
    bea: Visitor,
    anns: Socket,
    beas: Socket,
}

/// Ann and Bea in a room, in which others have whispered before.
async fn stage() -> Stage {
    let app = TestApp::start().await;
    let (ann, bea) = (app.visitor().await, app.visitor().await);
    let room = ann.create_room("방").await;
    let (anns, beas) = (ann.join(&room).await, bea.join(&room).await);
    Stage {
        app,
        room,
        ann,
        bea,
        anns,
        beas,
    }
}

fn people(n: usize, count: usize) -> Vec<(String, usize)> {
    (0..n).map(|n| (format!("{n:016x}"), count)).collect()
}

impl Stage {
    /// Puts whispers of others to Bea into the room.
    async fn fill(&self, authors: &[(String, usize)], at: i64) {
        let bea = (&*self.bea.id, &*self.bea.color);
        self.app.fill_with_whispers(&self.room, authors, bea, at).await;
    }

    /// How many of her whispers Ann still reads.
    async fn of_ann(&self) -> usize {
        let path = format!("/room/{}/whispers?limit=100", self.room);
        let page = self.ann.get_json(&path).await.ok().json();
        let whispers = page["data"].as_array().unwrap();
        whispers
            .iter()
            .filter(|whisper| whisper["visitor"] == self.ann.id.as_str())
            .count()
    }
}

#[tokio::test]
async fn many_cookies_push_out_their_own_whispers_and_not_those_of_others() {
    let mut stage = stage().await;
    let mut authors = vec![(stage.ann.id.clone(), WHISPERS_SAFE)];
    authors.extend(people(55, (WHISPERS - WHISPERS_SAFE) / 55));
    let now = Moment::now().millis();
    stage.fill(&authors, now).await;
    // So many that a server which looks only now and then has looked.
    for n in 0..400 {
        let said = json!({ "to": stage.ann.id, "chat": n.to_string() });
        assert_eq!(stage.beas.ask("whisper", said).await["ok"], true);
    }
    let all = stage.app.rows("whispers").await;
    assert!(all <= WHISPERS as u64, "{all} are kept");
    assert_eq!(stage.of_ann().await, WHISPERS_SAFE);
}

#[tokio::test]
async fn whoever_has_left_does_not_keep_a_member_from_whispering() {
    let mut stage = stage().await;
    // Ann's are the oldest, and each cookie that has left has no more than she.
    let mut authors = vec![(stage.ann.id.clone(), WHISPERS_SAFE)];
    authors.extend(people(WHISPERS / WHISPERS_SAFE - 1, WHISPERS_SAFE));
    stage.fill(&authors, Moment::now().millis() - DAY - 1).await;
    let said = json!({ "to": stage.ann.id, "chat": "x" });
    assert_eq!(stage.beas.ask("whisper", said).await["ok"], true);
    assert_eq!(stage.of_ann().await, WHISPERS_SAFE);
    // The oldest of them went, and no more than a few.
    let all = stage.app.rows("whispers").await;
    assert!(
        (WHISPERS as u64 - 200..WHISPERS as u64).contains(&all),
        "{all} are kept"
    );
    let said = json!({ "to": stage.bea.id, "chat": "새 말" });
    assert_eq!(stage.anns.ask("whisper", said).await["ok"], true);
    assert_eq!(stage.of_ann().await, WHISPERS_SAFE + 1);
}

#[tokio::test]
async fn members_with_the_most_whispers_make_space_where_nobody_has_left() {
    let mut stage = stage().await;
    let (ann, bea) = (stage.ann.id.clone(), stage.bea.id.clone());
    let authors = [(ann, WHISPERS_SAFE), (bea, WHISPERS - WHISPERS_SAFE)];
    stage.fill(&authors, Moment::now().millis()).await;
    let said = json!({ "to": stage.bea.id, "chat": "x" });
    assert_eq!(stage.anns.ask("whisper", said).await["ok"], true);
    assert_eq!(stage.of_ann().await, WHISPERS_SAFE + 1);
    assert!(stage.app.rows("whispers").await < WHISPERS as u64);
}

#[tokio::test]
async fn a_whisper_that_is_refused_deletes_nothing_of_a_full_room() {
    let mut stage = stage().await;
    let eve = stage.app.visitor().await;
    let _eves = eve.join(&stage.room).await;
    stage.fill(&people(2, WHISPERS / 2), Moment::now().millis()).await;
    let kept = stage.app.rows("whispers").await;
    let nobody = json!({ "to": "0123456789abcdef", "chat": "?" });
    stage.anns.ask_in_vain("whisper", nobody, "visitor_not_found").await;
    let unknown = json!({ "to": stage.bea.id, "gif": "0".repeat(32) });
    stage.anns.ask_in_vain("whisper", unknown, "page_not_found").await;
    let ban = json!({ "action": "ban", "visitor": eve.id });
    stage.anns.ask("moderate", ban).await;
    let path = format!("/room/{}/whisper", stage.room);
    let said = json!({ "to": stage.bea.id, "chat": "?" });
    eve.post_json(&path, said).await.refused(403, "banned");
    assert_eq!(stage.app.rows("whispers").await, kept);
}
