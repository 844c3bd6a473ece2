//! What operators decided about the whole site.

use gifchat::{
    domain::{KeptOut, Operator, Refusal, Why},
    rules::SiteCommand,
};

use super::{Kind, refusal, somebody};

pub(super) async fn what_operators_decided_is_there_after_a_restart<K: Kind>() {
    let place = K::fresh();
    let store = place.open().await;
    let (by, why) = (Operator::nameless(), Why::parse("spam").unwrap());
    assert_eq!(store.site().version, 0);
    let somebody = KeptOut::Visitor(somebody().id);
    let decided = store
        .change_site(&by, &why, SiteCommand::Ban(somebody, None))
        .await
        .unwrap();
    assert_eq!(*store.site(), *decided);
    let gone = store.change_site(&by, &why, SiteCommand::Lift(99)).await;
    assert_eq!(refusal(gone), Refusal::NotFound);
    // Side by side, nothing of any gets lost.
    let all = (0..10).map(|n| {
        let (store, by, why) = (&store, &by, &why);
        async move {
            store
                .change_site(by, why, SiteCommand::Done("look", n.to_string()))
                .await
        }
    });
    for done in futures_util::future::join_all(all).await {
        done.unwrap();
    }
    store.close().await;
    drop(store);
    let store = place.open().await;
    let site = store.site();
    assert_eq!((site.version, site.audit.len(), site.bans.len()), (11, 11, 1));
    assert_eq!((site.bans[0].who, &site.audit[0].why), (somebody, &why));
}
