//! Seats and rooms that give way when there are no more.

use super::*;

#[test]
fn who_waits_at_the_door_of_a_full_room_gets_the_seat_of_who_is_away_longest() {
    let mut scene = Scene::new(2, None);
    scene.enter(1).unwrap();
    scene.enter(2).unwrap();
    scene.leave(2, Leave::Disconnected).unwrap();
    scene.wait(1).leave(1, Leave::Disconnected).unwrap();
    assert_eq!(scene.wait(3).enter(3), Err(Refusal::RoomFull), "it may be a reload");
    scene.wait(1);
    assert_eq!(
        scene.enter(3),
        Err(Refusal::RoomFull),
        "as long as both have their seats"
    );
    assert!(!scene.state.is_full(scene.now()));
    let away = scene.state.longest_away(scene.now()).unwrap();
    let free = |n| Command::Expire(Due::Seat(id(n)), Graces::SHORTEST);
    assert_eq!(
        (away, scene.run(free(1)).unwrap()),
        (id(2), vec![]),
        "the other may reload"
    );
    assert_eq!(scene.run(free(2)).unwrap(), [Event::Left(visitor(2))]);
    scene.enter(3).unwrap();
    assert!(scene.state.is_full(scene.now()));
    assert_eq!(scene.members(), [id(1), id(3)]);
    // A room with more members than seats takes nobody for one who is away.
    scene.enter(1).unwrap();
    scene.wait(1).leave(1, Leave::Disconnected).unwrap();
    scene.state.room.max = Max::from_store(1);
    assert_eq!(scene.wait(9).enter(2), Err(Refusal::RoomFull));
}

#[test]
fn the_room_that_was_empty_first_gives_way_to_a_new_one() {
    let [mut early, late, mut full] = [(); 3].map(|()| Scene::new(5, None));
    full.enter(1).unwrap();
    early.state.empty = Empty::Left(Moment::from_millis(-1));
    let [seconds_4, seconds_5] = [4_999, 5_000].map(|millis| Now::at(Moment::from_millis(millis)));
    let states = [&late.state, &full.state, &early.state];
    let gives_way = |limit, now| give_way(states.into_iter(), limit, now);
    let (early_id, late_id) = (early.state.room.id, late.state.room.id);
    assert_eq!(gives_way(4, seconds_5), Some(vec![]), "there is a place");
    assert_eq!(gives_way(3, seconds_4), Some(vec![early_id]));
    // Servers that made rooms at the same moment have made too many.
    assert_eq!(gives_way(2, seconds_5), Some(vec![early_id, late_id]));
    assert_eq!(gives_way(2, seconds_4), None, "the other may be a reload");
    assert_eq!(gives_way(1, seconds_5), None, "no room ends for nothing");
    let give_way = Command::Expire(Due::Room, Graces::SHORTEST);
    assert_eq!(full.wait(600).run(give_way.clone()).unwrap(), []);
    assert_eq!(early.run(give_way.clone()).unwrap(), [], "it may be a reload");
    assert_eq!(early.wait(5).run(give_way).unwrap(), [Event::Ended]);
}

#[test]
fn of_rooms_that_a_restart_left_alone_those_give_way_first_to_which_nobody_is_expected_back() {
    let [with_seat, left] = [(); 2].map(|()| Scene::new(5, None));
    let restored = |scene: &Scene, seats: &[Visitor], made| {
        let mut room = scene.state.room.clone();
        room.created_at = Moment::from_millis(made);
        let state = RoomState::restored(room, None, scene.state.address_key, scene.now());
        state.with_seats(seats.iter().map(|visitor| (*visitor, None)), Came::Others, scene.now())
    };
    let (with_seat, left) = (restored(&with_seat, &[visitor(1)], 1), restored(&left, &[], 2));
    let now = Now::at(Moment::from_millis(5_000));
    let gives_way = |limit| give_way([&with_seat, &left].into_iter(), limit, now);
    assert_eq!(gives_way(2), Some(vec![left.room.id]));
    assert_eq!(gives_way(1), Some(vec![left.room.id, with_seat.room.id]));
}
