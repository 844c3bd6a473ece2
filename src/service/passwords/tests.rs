use super::*;
use crate::domain::{Limits, Visitor, VisitorId};

fn password(text: &str) -> Password {
    Password::parse(text.into(), &Limits::default()).unwrap().unwrap()
}

fn guest() -> Guest {
    Visitor::new(VisitorId::random()).into()
}

#[tokio::test]
async fn a_password_opens_its_own_hash_and_no_other_does() {
    let (passwords, guest, room) = (Passwords::new(2).unwrap(), guest(), RoomId::random());
    let hash: Arc<str> = passwords.hash(&guest, None, password("열려라")).await.unwrap().into();
    let verify = async |text| passwords.verify(&guest, room, password(text), Arc::clone(&hash)).await;
    assert_eq!((verify("열려라").await, verify("닫혀라").await), (Ok(true), Ok(false)));
    let broken = passwords.verify(&guest, room, password("x"), "hash".into()).await;
    assert_eq!(broken, Err(Refusal::Unavailable));
}

#[tokio::test]
async fn attempts_beyond_the_bound_are_refused_and_the_others_answered() {
    let (passwords, guest) = (Passwords::new(2).unwrap(), guest());
    let tries: Vec<_> = (0..20)
        .map(|_| {
            let passwords = passwords.clone();
            tokio::spawn(async move { passwords.hash(&guest, None, password("x")).await })
        })
        .collect();
    let mut refused = 0;
    for attempt in tries {
        refused += usize::from(matches!(attempt.await.unwrap(), Err(Refusal::RateLimited { .. })));
    }
    // One is at work; as many as the bound wait, and a few more once some are done.
    assert!((1..=20 - BOUNDS.visitor).contains(&refused), "{refused}");
    assert!(passwords.hash(&guest, None, password("x")).await.is_ok());
}

/// Without threads nothing is taken out, so what waits can be counted.
#[tokio::test]
async fn who_has_gone_waits_no_more_and_leaves_room_for_others() {
    let (passwords, guest) = (Passwords::with(0, BOUNDS).unwrap(), guest());
    let add = |text| {
        let (reply, answer) = oneshot::channel();
        passwords.add(Origin::new(&guest, None), Job::Hash(password(text), reply));
        answer
    };
    let mut waiting: Vec<_> = (0..BOUNDS.visitor).map(|_| add("x")).collect();
    assert_eq!(add("beyond").await.unwrap(), Err(BUSY));
    drop(waiting.drain(1..));
    let mut last = add("y");
    assert!(last.try_recv().is_err(), "it waits");
    let next = |line: &Line| {
        line.next()
            .map(|(job, _)| matches!(job, Job::Hash(password, _) if password.as_bytes() == b"y"))
    };
    let line = &passwords.0.0;
    assert_eq!((next(line), next(line)), (Some(false), Some(true)));
    drop(waiting);
}

/// Without threads nothing is taken out but here.
#[tokio::test]
async fn passwords_that_are_set_and_passwords_that_are_tried_take_turns() {
    let (passwords, room) = (Passwords::with(0, BOUNDS).unwrap(), RoomId::random());
    let mut answers = Vec::new();
    for _ in 0..100 {
        let (reply, answer) = oneshot::channel();
        let job = Job::Verify(password("x"), "hash".into(), reply);
        passwords.add(Origin::new(&guest(), Some(room)), job);
        answers.push(answer);
    }
    let mut set = Vec::new();
    for _ in 0..2 {
        let (reply, answer) = oneshot::channel();
        passwords.add(Origin::new(&guest(), None), Job::Hash(password("y"), reply));
        set.push(answer);
    }
    let line = &passwords.0.0;
    let kinds: Vec<_> = (0..6)
        .map(|_| line.next().map(|(job, _)| matches!(job, Job::Hash(..))))
        .collect();
    assert_eq!(kinds, [false, true, false, true, false, false].map(Some));
    drop((answers, set));
}

#[test]
fn the_threads_end_with_the_last_who_could_ask() {
    let passwords = Passwords::with(2, BOUNDS).unwrap();
    let line = Arc::downgrade(&passwords.0.0);
    drop(passwords);
    let deadline = std::time::Instant::now() + Duration::from_secs(10);
    while line.strong_count() > 0 {
        assert!(std::time::Instant::now() < deadline, "a thread still waits");
        thread::yield_now();
    }
}
