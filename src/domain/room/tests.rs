use super::*;

fn problem<T>(result: Result<T, Invalid>) -> Option<Problem> {
    result.err().map(|invalid| invalid.problem)
}

#[test]
fn a_title_is_trimmed_and_counted_in_characters() {
    let limits = Limits::default();
    assert_eq!(
        Title::parse("  움짤 🏆 ", &limits).map(|t| t.as_str().to_owned()),
        Ok("움짤 🏆".to_owned())
    );
    assert!(Title::parse(&"각".repeat(60), &limits).is_ok());
    let long = problem(Title::parse(&"각".repeat(61), &limits));
    assert_eq!(long, Some(Problem::TooManyCharacters { limit: 60, was: 61 }));
    assert_eq!(problem(Title::parse(" \t ", &limits)), Some(Problem::Empty));
    assert_eq!(problem(Title::parse("a\0b", &limits)), Some(Problem::ControlCharacter));
    assert_eq!(problem(Title::parse("a\nb", &limits)), Some(Problem::ControlCharacter));
    assert_eq!(problem(Title::parse("\u{200B}", &limits)), Some(Problem::Invisible));
    let marks = |n: usize| Title::parse(&format!("e{}", "\u{301}".repeat(n)), &limits);
    assert!(marks(8).is_ok());
    assert_eq!(problem(marks(9)), Some(Problem::TooManyMarks { limit: 8 }));
}

#[test]
fn max_lies_between_two_and_the_setting_and_defaults_to_ten() {
    let limits = Limits::default();
    assert_eq!(Max::parse_text("", &limits).map(Max::get), Ok(10));
    assert_eq!(Max::parse_text(" 200 ", &limits).map(Max::get), Ok(200));
    for (raw, was) in [
        ("1", Some(1)),
        ("201", Some(201)),
        ("-5", Some(-5)),
        ("ten", None),
        ("2.5", None),
    ] {
        let found = problem(Max::parse_text(raw, &limits));
        assert_eq!(found, Some(Problem::OutOfRange { min: 2, max: 200, was }), "{raw}");
    }
}

#[test]
fn a_password_is_bounded_in_bytes_and_never_shown() {
    let limits = Limits::default();
    assert!(matches!(Password::parse(String::new(), &limits), Ok(None)));
    let long = problem(Password::parse("비".repeat(43), &limits));
    assert_eq!(long, Some(Problem::TooManyBytes { limit: 128, was: 129 }));
    let debug = format!("{:?}", Password::parse("hunter2".into(), &limits));
    assert!(!debug.contains("hunter2"), "{debug}");
}
