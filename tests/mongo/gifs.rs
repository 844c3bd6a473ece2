//! GIFs that several messages name, across servers.

use gifchat::{
    domain::{Alt, GifBody, GifHash, GifName},
    rules::{AgainGif, NewBody},
    store::Blob,
};

use super::sites::*;

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
    let uploaded = GifBody {
        name,
        width: 1,
        height: 1,
        frames: 1,
        duration: 0,
        bytes: 3,
        alt: Alt::default(),
        hash: Some(GifHash::from_bytes([1; 32])),
    };
    post(&a, of(NewBody::Gif(uploaded))).await.unwrap();
    let again = || NewBody::Again(AgainGif { name, alt: None });
    post(&b, of(again())).await.unwrap();
    // As who deletes does that has seen no message behind the first.
    a.blobs().unwrap().delete(&[name]).await.unwrap();
    let kept = b.blobs().unwrap().get(name).await.unwrap();
    assert!(kept.is_some_and(|blob| &blob.still[..] == b"still"), "file and still");
    assert_eq!(post(&a, of(again())).await.unwrap().message().seq, 4);
}
