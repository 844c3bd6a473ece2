//! GIFs that several messages name, across servers.

use gifchat::{
    domain::{Action, Alt, Full, GifBody, GifHash, GifName, Holder, Refusal, Space},
    rules::{AgainGif, GifOwner, NewBody, Quotas},
    store::{Blob, GifSpace, NewFile, StoreError},
};

use mongodb::bson::{Document, doc};

use super::{sites::*, support::mongod::Failing};

fn uploaded(name: GifName) -> GifBody {
    GifBody {
        name,
        width: 1,
        height: 1,
        frames: 1,
        duration: 0,
        bytes: 3,
        alt: Alt::default(),
        caption: None,
        hash: Some(GifHash::from_bytes([1; 32])),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn a_gif_that_is_being_sent_again_on_one_server_is_not_deleted_by_the_other() {
    let site = Site::new();
    let [a, b] = site.servers().await;
    let (author, name) = (someone(), GifName::random());
    let room = room_of(&a, author, 2).await.id;
    a.enter(room, author.into(), 1).await.unwrap();
    let (gif, still) = (b"gif".as_slice().into(), b"still".as_slice().into());
    a.blobs().unwrap().put(name, Blob { gif, still }).await.unwrap();
    let of = |body| NewMessage {
        room,
        author,
        body,
        nonce: None,
    };
    post(&a, of(NewBody::Gif(uploaded(name)))).await.unwrap();
    let again = || {
        NewBody::Again(AgainGif {
            name,
            alt: None,
            caption: None,
        })
    };
    // Who is refused keeps no file: a stranger, and somebody in another room.
    let other = someone();
    let elsewhere = room_of(&a, other, 2).await.id;
    a.enter(elsewhere, other.into(), 2).await.unwrap();
    for room in [room, elsewhere] {
        let by_other = NewMessage {
            room,
            author: other,
            body: again(),
            nonce: None,
        };
        assert!(post(&b, by_other).await.is_err());
    }
    let claimed = doc! { "claimed": { "$exists": true } };
    let gifs = site.database().await.collection::<Document>("gifs");
    assert_eq!(gifs.count_documents(claimed).await.unwrap(), 0);
    post(&b, of(again())).await.unwrap();
    // As who deletes does that has seen no message behind the first.
    a.blobs().unwrap().delete(&[name]).await.unwrap();
    let kept = b.blobs().unwrap().get(name).await.unwrap();
    assert!(kept.is_some_and(|blob| &blob.still[..] == b"still"), "file and still");
    assert_eq!(post(&a, of(again())).await.unwrap().message().seq, 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn a_gif_that_can_not_be_deleted_with_its_message_is_deleted_later() {
    let site = Site::new();
    let [server] = site.servers().await;
    drop(server.changes());
    let (owner, name) = (someone(), GifName::random());
    let room = room_of(&server, owner, 2).await.id;
    server.enter(room, owner.into(), 1).await.unwrap();
    let (gif, still) = (b"gif".as_slice().into(), b"still".as_slice().into());
    server.blobs().unwrap().put(name, Blob { gif, still }).await.unwrap();
    let new = NewMessage {
        room,
        author: owner,
        body: NewBody::Gif(uploaded(name)),
        nonce: None,
    };
    let message = post(&server, new).await.unwrap().message().id;
    let db = site.database().await;
    let which = doc! { "failCommands": ["delete"], "namespace": format!("{}.gifs", db.name()), "errorCode": 2 };
    let failing = Failing::begin(&db, "alwaysOn", which).await;
    let delete = Action::Delete { message, forbid: false };
    server.moderate(room, owner, delete).await.unwrap();
    let gifs = db.collection::<Document>("gifs");
    assert_eq!(gifs.count_documents(doc! {}).await.unwrap(), 2, "file and still");
    failing.end().await;
    until(async || {
        let graces = gifchat::rules::Graces {
            room: SOON,
            ..no_graces()
        };
        server.expire(graces).await.unwrap();
        gifs.count_documents(doc! {}).await.unwrap() == 0
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn a_server_that_counted_a_moment_ago_knows_what_others_took_of_the_space_of_the_site() {
    let site = Site::new();
    let (first, second) = (site.server().await, site.server().await);
    let owner = GifOwner::default();
    let quotas = Quotas {
        site: Space {
            bytes: 1_000,
            files: 10,
        },
        ..Quotas::default()
    };
    let file = |bytes| NewFile {
        name: GifName::random(),
        bytes,
        look: None,
    };
    for server in [&first, &second] {
        assert_eq!(server.held(&owner, &quotas).await.unwrap().site, Space::default());
    }
    first.take_space(file(600), &owner, &quotas).await.unwrap();
    second.take_space(file(300), &owner, &quotas).await.unwrap();
    for server in [&first, &second] {
        let refused = server.take_space(file(101), &owner, &quotas).await;
        let Err(StoreError::Refused(Refusal::QuotaReached(Full { holder, used, .. }))) = refused else {
            panic!("{refused:?}");
        };
        assert_eq!((holder, used.bytes), (Holder::Site, 900));
        assert_eq!(server.held(&owner, &quotas).await.unwrap().site.bytes, 900);
    }
    second.take_space(file(100), &owner, &quotas).await.unwrap();
    assert_eq!(first.held(&owner, &quotas).await.unwrap().site.bytes, 1_000);
}
