use super::*;

const SOURCE: &str = include_str!("../../locales/app.yml");

#[test]
fn every_text_exists_in_both_languages() {
    for lang in [Lang::En, Lang::Ko] {
        for (key, text) in lang.texts().all() {
            assert!(text != key && !text.is_empty(), "{key} is missing in {}", lang.tag());
        }
    }
}

#[test]
fn no_text_needs_escaping_in_html() {
    for lang in [Lang::En, Lang::Ko] {
        for (key, text) in lang.texts().all() {
            // An apostrophe needs none: every attribute is in double quotes.
            assert!(!text.contains(['<', '>', '&', '"']), "{key}: {text}");
        }
    }
}

#[test]
fn both_languages_have_the_same_places() {
    let places = |text: &str| {
        let mut names: Vec<_> = text
            .split("%{")
            .skip(1)
            .map(|part| part.split('}').next().unwrap().to_owned())
            .collect();
        names.sort();
        names
    };
    for ((key, en), (_, ko)) in Lang::En.texts().all().into_iter().zip(Lang::Ko.texts().all()) {
        // A size that is not known in advance may be left out of one sentence, but not of one language.
        assert_eq!(places(en), places(ko), "{key}");
    }
}

#[test]
fn every_text_of_the_file_has_a_field() {
    let keys: Vec<_> = Lang::En.texts().all().into_iter().map(|(key, _)| key).collect();
    for line in SOURCE.lines().filter(|line| line.contains(": {")) {
        let key = line.split(": {").next().unwrap();
        assert!(keys.contains(&key), "{key} is read by nobody");
    }
}

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

/// One register: the polite informal one, which ends in 요.
#[test]
fn no_korean_text_is_in_the_formal_register() {
    for (key, text) in Lang::Ko.texts().all() {
        assert!(!text.contains("니다"), "{key}: {text}");
    }
}

#[test]
fn data_blocks_cannot_end_their_element() {
    assert_eq!(data_block(&json!("</script>")), r#""\u003c/script>""#);
}

#[test]
fn languages_are_read_with_or_without_a_region() {
    assert_eq!(Lang::parse("ko-KR"), Some(Lang::Ko));
    assert_eq!(Lang::parse("EN_us"), Some(Lang::En));
    assert_eq!(Lang::parse("de"), None);
}
