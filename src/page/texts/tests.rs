use super::*;

#[test]
fn fills_places_and_leaves_unknown_ones() {
    assert_eq!(
        fill("%{a} of %{b}, %{c", &[("a", "1"), ("b", "%{a}")]),
        "1 of %{a}, %{c"
    );
    assert_eq!(fill("%{x}!", &[]), "%{x}!");
}

#[test]
fn thousands_are_grouped() {
    assert_eq!(
        [0, 60, 999, 1_000, 300_000_000].map(grouped),
        ["0", "60", "999", "1,000", "300,000,000"]
    );
}

#[test]
fn languages_are_read_with_or_without_a_region() {
    assert_eq!(Lang::parse("ko-KR"), Some(Lang::Ko));
    assert_eq!(Lang::parse("EN_us"), Some(Lang::En));
    assert_eq!(Lang::parse("de"), None);
}
