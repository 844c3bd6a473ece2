use super::*;

fn everybody(authors: &[Cut]) -> HashSet<VisitorId> {
    authors.iter().map(|&(visitor, _)| visitor).collect()
}

fn people(counts: &[usize]) -> Vec<Cut> {
    counts.iter().map(|&count| (VisitorId::random(), count)).collect()
}

fn left(authors: &[Cut], cuts: &[Cut]) -> Vec<usize> {
    let kept = |id| cuts.iter().find(|(cut, _)| *cut == id).map(|&(_, kept)| kept);
    authors.iter().map(|&(id, count)| kept(id).unwrap_or(count)).collect()
}

#[test]
fn whispers_that_are_stored_here_put_off_no_count_of_those_of_other_servers() {
    let (fills, room, begun) = (Fills::new(), RoomId::random(), Instant::now());
    fills.set(room, Fill::Holds(5));
    let counted = Instant::now();
    std::thread::sleep(Duration::from_millis(2));
    fills.stored(room, 0);
    fills.stored(room, 1);
    assert!(matches!(fills.get_at(room, begun + REMEMBERED), Some(Fill::Holds(6))));
    assert!(
        fills.get_at(room, counted + REMEMBERED).is_none(),
        "it is counted again"
    );
}

#[test]
fn a_room_with_space_deletes_nothing() {
    let authors = people(&[WHISPERS - 1]);
    assert_eq!(cuts(authors.clone(), VisitorId::random()), Some(Vec::new()));
    assert_eq!(cuts(Vec::new(), VisitorId::random()), Some(Vec::new()));
}

#[test]
fn whoever_has_the_most_makes_space() {
    let counts: Vec<usize> = [20].into_iter().chain([200; 50]).collect();
    let authors = people(&counts);
    let made = cuts(authors.clone(), VisitorId::random()).unwrap();
    let left = left(&authors, &made);
    assert_eq!(left[0], 20, "who has little keeps it");
    let total: usize = left.iter().sum();
    assert!((WHISPERS - 2 * SLACK..WHISPERS).contains(&total), "{total}");
    assert!(left[1..].iter().all(|&count| count >= 198), "{left:?}");
    // One who has nearly all of it.
    let authors = people(&[WHISPERS, 300, 20]);
    let made = cuts(authors.clone(), authors[1].0).unwrap();
    assert_eq!(made, [(authors[0].0, WHISPERS - SLACK - 320)]);
}

#[test]
fn whispers_of_authors_without_a_seat_go_first() {
    let members = people(&[WHISPERS_SAFE, 5_000]);
    let seated = everybody(&members);
    let mut authors = members.clone();
    authors.extend(people(&[WHISPERS_SAFE; 249]));
    let total = WHISPERS_SAFE + 5_000 + 249 * WHISPERS_SAFE;
    assert_eq!(total, WHISPERS);
    let made = space(authors.clone(), &seated, members[0].0).unwrap();
    assert_eq!((made.unseated, made.cuts), (1 + SLACK, Vec::new()));
    // The author of the first whisper in a room that others have filled and left.
    let left = people(&[WHISPERS_SAFE; WHISPERS / WHISPERS_SAFE]);
    let author = VisitorId::random();
    let made = space(left, &HashSet::from([author]), author).unwrap();
    assert_eq!((made.unseated, made.cuts), (1 + SLACK, Vec::new()));
    // Where they have too few, the seated author with the most makes space, too.
    authors = people(&[WHISPERS_SAFE, WHISPERS - WHISPERS_SAFE]);
    let seated = everybody(&authors);
    authors.extend(people(&[2]));
    let made = space(authors.clone(), &seated, authors[0].0).unwrap();
    let kept = WHISPERS - SLACK - WHISPERS_SAFE;
    assert_eq!((made.unseated, made.cuts), (2, vec![(authors[1].0, kept)]));
    // A room with space deletes nothing.
    let authors = people(&[WHISPERS - 1]);
    let made = space(authors, &HashSet::new(), author).unwrap();
    assert_eq!((made.unseated, made.cuts), (0, Vec::new()));
}

#[test]
fn only_seated_authors_fill_a_room_so_that_others_are_refused() {
    let mut authors = people(&[WHISPERS_SAFE; WHISPERS / WHISPERS_SAFE]);
    let author = VisitorId::random();
    let mut seated = everybody(&authors);
    seated.insert(author);
    assert_eq!(space(authors.clone(), &seated, author), None);
    let left = authors[0].0;
    seated.remove(&left);
    assert!(space(authors.clone(), &seated, author).is_some());
    authors.truncate(200);
    assert!(space(authors, &seated, author).is_some());
}

#[test]
fn where_everybody_has_few_an_author_gives_up_the_own_oldest_and_others_are_refused() {
    let authors = people(&[WHISPERS_SAFE; WHISPERS / WHISPERS_SAFE]);
    assert_eq!(cuts(authors.clone(), VisitorId::random()), None);
    let own = authors[7].0;
    assert_eq!(cuts(authors.clone(), own), Some(vec![(own, WHISPERS_SAFE - 1)]));
    // Somebody with a little more goes first.
    let mut uneven = authors;
    uneven[3].1 += 1;
    let made = cuts(uneven.clone(), VisitorId::random());
    assert_eq!(made, None, "that is not enough for another one");
    uneven.truncate(WHISPERS / WHISPERS_SAFE - 1);
    uneven[3].1 += WHISPERS_SAFE;
    let made = cuts(uneven.clone(), VisitorId::random()).unwrap();
    assert_eq!(made, [(uneven[3].0, WHISPERS_SAFE)]);
}
