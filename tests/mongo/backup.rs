//! Backups of a database, as the real binary makes and restores them.

use std::{fs, time::Duration};

use mongodb::bson::{Document, doc};
use tempfile::TempDir;

use crate::{
    proxy::{Proxy, Way},
    support::{
        Server,
        backups::{BUSY, Posts, Tasks},
        mongod,
    },
};

/// What each answer and each request takes.
const BETWEEN: Duration = Duration::from_millis(50);

fn tasks(url: &str) -> Tasks {
    Tasks {
        store: url.to_owned(),
        uploads: "uploads".into(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn a_backup_under_posts_holds_one_moment_and_can_be_restored_into_an_empty_database() {
    let (folder, url) = (TempDir::new().unwrap(), mongod::fresh_database());
    let server = Server::start(&url, &BUSY).await;
    let site = tasks(&url);
    // Between the reads of two collections there is time for posts.
    let proxy = Proxy::before(mongod::port()).await;
    proxy.set(Way::Slow(BETWEEN));
    let slow = tasks(&proxy.before_url(&url));
    let mut posts = Posts::during_backups(&server, &slow, folder.path()).await;
    assert!(site.does(&["check"]).await.contains("store and files agree: 1 rooms"));
    for n in 0..posts.backups.len() {
        let (empty, backup) = (mongod::fresh_database(), &posts.backups[n].folder);
        let restored = tasks(&empty);
        let restore = ["restore", backup.to_str().unwrap()];
        assert!(restored.does(&restore).await.contains("1 rooms"));
        restored.does(&["check"]).await;
        assert!(restored.refuses(&restore).await.contains("not empty"));
        posts.are_as_at_one_moment(n, &Server::start(&empty, &BUSY).await).await;
    }

    // What is damaged is not restored.
    let backup = &posts.backups[0].folder;
    let restore = ["restore", backup.to_str().unwrap()];
    let (file, damaged) = (backup.join("log.bson"), tasks(&mongod::fresh_database()));
    let whole = fs::read(&file).unwrap();
    let mut changed = whole.clone();
    let at = whole.windows(5).position(|bytes| bytes == b"text ").unwrap();
    changed[at] = b'T';
    fs::write(&file, changed).unwrap();
    assert!(
        damaged
            .refuses(&restore)
            .await
            .contains("other bytes than were written")
    );
    fs::write(&file, &whole[..whole.len() - 9]).unwrap();
    assert!(damaged.refuses(&restore).await.contains("the backup is damaged"));
    fs::write(&file, whole).unwrap();
    damaged.does(&restore).await;

    // A check names what does not agree, and such a site can't be backed up. What is just being deleted is not compared.
    let gifs = mongod::behind(&url).await.collection::<Document>("gifs");
    let gone = posts.a_gif();
    gifs.delete_one(doc! { "_id": &gone }).await.unwrap();
    let lines = site.refuses_at_last(&["check"]).await;
    assert!(
        lines.contains(&gone) && lines.contains("the file is missing"),
        "{lines}"
    );
    let again = folder.path().join("again");
    assert!(
        site.refuses(&["backup", again.to_str().unwrap()])
            .await
            .contains("not whole")
    );
    assert!(!again.exists());
}
