use super::*;

/// What is wrong with a text that has this, and is read by no script.
fn wrong(text: &str) -> String {
    generate(&format!("[a]\nb = {{ {text} }}\n"), "texts.a.c").unwrap_err()
}

#[test]
fn a_text_needs_both_languages() {
    assert!(wrong("en = \"B\"").contains("missing field `ko`"));
    assert!(wrong("en = \"B\", ko = \"\"").contains("a.b is empty"));
}

#[test]
fn a_text_has_the_same_places_in_both_languages() {
    assert!(wrong("en = \"%{n} of %{m}\", ko = \"%{n}\"").contains("other places"));
    assert!(generate("[a]\nb = { en = \"%{n} of %{m}\", ko = \"%{m} %{n}\" }", "").is_ok());
}

#[test]
fn a_text_needs_no_escaping() {
    assert!(wrong("en = \"<b>\", ko = \"b\"").contains("needs escaping"));
}

#[test]
fn korean_is_not_in_the_formal_register() {
    assert!(wrong("en = \"B\", ko = \"합니다\"").contains("formal register"));
}

#[test]
fn only_a_text_with_one_place_is_split_there() {
    assert!(wrong("en = \"B\", ko = \"b\", split = true").contains("is split, but has 0 places"));
    let split = generate("[a]\nb = { en = \"to %{n}!\", ko = \"%{n}\", split = true }", "").unwrap();
    assert!(
        split.contains("b: (\"to \", \"!\")") && split.contains("b: (\"\", \"\")"),
        "{split}"
    );
}

#[test]
fn a_text_that_is_marked_for_scripts_is_read_by_one() {
    assert_eq!(
        wrong("en = \"B\", ko = \"b\", js = [\"chat\"]"),
        "a.b is marked for scripts, but none reads it"
    );
    let marked = "[a]\nb = { en = \"B\", ko = \"b\", js = [\"chat\"] }\nc = { en = \"C\", ko = \"c\" }";
    let made = generate(marked, "texts.a.b").unwrap();
    assert!(made.contains(r#"chat: "{\"a\":{\"b\":\"B\"}}""#), "{made}");
}

#[test]
fn a_code_has_a_sentence() {
    let help = "[help]\nfull = { en = \"Go.\", ko = \"가요.\" }\n";
    assert!(generate(help, "").unwrap_err().contains("there is no error.full"));
    let made = generate(
        &format!("{help}[error]\nfull = {{ en = \"Full.\", ko = \"가득.\" }}"),
        "",
    )
    .unwrap();
    assert!(made.contains("\"full\" => (self.error.full, self.help.full)"), "{made}");
}

#[test]
fn what_is_not_known_about_a_text_is_refused() {
    assert!(wrong("en = \"B\", ko = \"b\", splt = true").contains("unknown field `splt`"));
}
