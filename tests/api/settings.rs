//! Where settings come from, as the real binary sees it.

use std::{
    fs,
    path::PathBuf,
    process::{Command, Output},
};

use tempfile::TempDir;

const PASSWORD: &str = "s3cret";
const DATABASE: &str = "mongodb://ann:s3cret@127.0.0.1:1/gifchat?replicaSet=rs0&tlsCertificateKeyFilePassword=s3cret";

/// Arguments and variables.
type Way<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)]);

/// A folder with files of settings.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path: PathBuf = self.0.path().join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    /// Runs the binary with these arguments and nothing but these variables.
    fn run(&self, args: &[&str], variables: &[(&str, &str)]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_gifchat"))
            .current_dir(self.0.path())
            .env_clear()
            .envs(variables.iter().copied())
            .args(args)
            .output()
            .unwrap()
    }

    /// What `gifchat config` prints.
    fn shown(&self, args: &[&str], variables: &[(&str, &str)]) -> String {
        let output = self.run(&[args, &["config"]].concat(), variables);
        assert!(output.status.success(), "{}", errors(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// What it says when it can't be started so.
    fn refused(&self, args: &[&str], variables: &[(&str, &str)]) -> String {
        let output = self.run(args, variables);
        assert!(!output.status.success());
        assert!(!errors(&output).contains(PASSWORD), "{}", errors(&output));
        errors(&output)
    }
}

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Value and source of a setting.
fn setting(shown: &str, name: &str) -> (String, String) {
    let line = shown
        .lines()
        .find(|line| line.starts_with(&format!("{name} = ")))
        .unwrap();
    let (value, source) = line.split_once(" = ").unwrap().1.split_once(" # ").unwrap();
    (value.trim().to_owned(), source.to_owned())
}

#[test]
fn a_flag_wins_over_the_environment_and_that_over_the_file_and_that_over_the_default() {
    let folder = Folder::new();
    let path = folder.file(
        "gifchat.toml",
        "# seats\nroom-max = 50\n\nlease = '20s'\nlimit-joins = \"off\"\n",
    );
    let file = ["--config", &path];
    let from = |place: &str| format!("{path}, line {place}");
    let expect = |shown: &str, name: &str, value: &str, source: &str| {
        assert_eq!(setting(shown, name), (value.to_owned(), source.to_owned()), "{shown}");
    };

    let shown = folder.shown(&[], &[]);
    expect(&shown, "room-max", "200", "default");
    assert!(shown.contains("# public-url is not set"), "{shown}");

    let shown = folder.shown(&file, &[]);
    expect(&shown, "room-max", "50", &from("2"));
    expect(&shown, "lease", "\"20s\"", &from("4"));
    expect(&shown, "limit-joins", "\"off\"", &from("5"));
    expect(&shown, "rooms", "10000", "default");

    let shown = folder.shown(&[], &[("GIFCHAT_CONFIG", &path), ("GIFCHAT_ROOM_MAX", "60")]);
    expect(&shown, "room-max", "60", "environment: GIFCHAT_ROOM_MAX");
    expect(&shown, "lease", "\"20s\"", &from("4"));

    let variables = [("GIFCHAT_ROOM_MAX", "60")];
    let shown = folder.shown(&[&file[..], &["--room-max", "70"]].concat(), &variables);
    expect(&shown, "room-max", "70", "flag");
    // The flag may stand on the other side of the task as well.
    let output = folder.run(&["config", "--room-max", "70", "--config", &path], &variables);
    assert_eq!(String::from_utf8(output.stdout).unwrap(), shown);
}

#[test]
fn what_is_shown_can_be_read_again() {
    let folder = Folder::new();
    let shown = folder.shown(&["--public-url", "https://chat.example", "--lease", "9s"], &[]);
    let file = folder.file("again.toml", &shown);
    let values = |shown: &str| -> Vec<String> {
        let lines = shown
            .lines()
            .map(|line| line.split(" # ").next().unwrap().trim().to_owned());
        lines.collect()
    };
    let again = folder.shown(&["--config", &file], &[]);
    assert_eq!(values(&again), values(&shown));
    assert!(!again.contains("# default"), "{again}");
}

#[test]
fn the_address_of_the_store_may_stand_in_a_file_and_its_password_is_never_shown() {
    let folder = Folder::new();
    let secret = folder.file("store", &format!("{DATABASE}\nand nothing else is read\n"));
    let named = folder.file("gifchat.toml", &format!("store-file = '{secret}'\n"));
    let hidden = "\"mongodb://…@127.0.0.1:1/gifchat\"".to_owned();
    let ways: [Way; 3] = [
        (&["--store-file", &secret], &[]),
        (&[], &[("GIFCHAT_STORE_FILE", &secret)]),
        (&["--config", &named], &[]),
    ];
    for (args, variables) in ways {
        let shown = folder.shown(args, variables);
        assert_eq!(setting(&shown, "store-file").0, format!("{secret:?}"));
        assert_eq!(
            setting(&shown, "# store"),
            (hidden.clone(), format!("--store-file {secret}"))
        );
        assert!(!shown.contains(PASSWORD), "{shown}");
        // Read again, it names the same file.
        let again = folder.file("again.toml", &shown);
        let again = folder.shown(&["--config", &again], &[]);
        assert_eq!(setting(&again, "# store").1, format!("--store-file {secret}"));
    }
    let shown = folder.shown(&[], &[("GIFCHAT_STORE", DATABASE)]);
    assert_eq!(setting(&shown, "# store").0, hidden);
    assert!(!shown.contains(PASSWORD) && !shown.contains("\nstore = "), "{shown}");

    let both = folder.file("both.toml", &format!("store = '{DATABASE}'\n"));
    let ways: [Way; 4] = [
        (&["--store-file", &secret, "--store", DATABASE], &[]),
        (&["--store-file", &secret], &[("GIFCHAT_STORE", DATABASE)]),
        (&["--config", &both], &[("GIFCHAT_STORE_FILE", &secret)]),
        (&["--config", &named, "--store", DATABASE], &[]),
    ];
    for (args, variables) in ways {
        let said = folder.refused(args, variables);
        assert!(said.contains("--store and --store-file both"), "{said}");
    }
}

#[test]
fn what_is_wrong_with_a_file_is_said_with_its_line_and_without_what_stands_there() {
    let folder = Folder::new();
    for (text, line, words) in [
        ("rooms = 1\nroom-maxx = 5\n", 2, "no setting \"room-maxx\""),
        ("room_max = 5\n", 1, "it is written room-max"),
        ("check = 'http://127.0.0.1:1'\n", 1, "no setting \"check\""),
        ("config = 'x'\n", 1, "no setting \"config\""),
        ("\nroom-max = 1\n", 2, "'--room-max <N>': 1 is not in"),
        ("room-max = -5\n", 1, "'--room-max <N>'"),
        ("lease = 15\n", 1, "\"15\" is no time"),
        ("log-format = 'xml'\n", 1, "[possible values: text, json]"),
        ("listen = 'nowhere'\n", 1, "--listen"),
        ("rooms = true\n", 1, "rooms can't be a boolean"),
        ("rooms = [1, 2]\n", 1, "--rooms"),
        ("[rooms]\nmax = 1\n", 1, "rooms can't be a table"),
        ("rooms = 1\nrooms = 2\n", 2, "duplicate key"),
        ("store = mongodb://ann:s3cret@h/gifchat\n", 1, ""),
        ("store = 'mysql://ann:s3cret@h/gifchat'\n", 1, "--store"),
    ] {
        let file = folder.file("gifchat.toml", text);
        let said = folder.refused(&["--config", &file, "config"], &[]);
        assert!(said.contains(&format!("{file}, line {line}: ")), "{text}: {said}");
        assert!(said.contains(words), "{text}: {said}");
    }
    // It is wrong also where it does not count.
    let file = folder.file("gifchat.toml", "room-max = 1\n");
    let said = folder.refused(&["--config", &file, "--store", "sqlite:x", "config"], &[]);
    assert!(said.contains("line 1"), "{said}");
}

#[test]
fn what_is_wrong_with_the_file_of_the_store_is_said_without_what_stands_there() {
    let folder = Folder::new();
    let wrong = folder.file("wrong", "mysql://ann:s3cret@h/gifchat\n");
    let empty = folder.file("empty", "\nmongodb://h/gifchat\n");
    for (path, words) in [
        (&*wrong, "names no store"),
        (&empty, "its first line is empty"),
        ("missing", "No such file"),
    ] {
        let said = folder.refused(&["--store-file", path], &[]);
        assert!(
            said.contains(&format!("--store-file {path}: ")) && said.contains(words),
            "{said}"
        );
    }
    let said = folder.refused(&["--config", "missing"], &[]);
    assert!(said.contains("--config missing: No such file"), "{said}");
}

#[test]
fn links_are_a_list_and_secrets_of_the_site_are_shown_by_their_file_alone() {
    let folder = Folder::new();
    let secret = folder.file("secret", PASSWORD);
    let toml = format!("link = [\"A=/a,b\", \"B=https://chat.example/\"]\nsite-password-file = {secret:?}\n");
    let file = folder.file("gifchat.toml", &toml);
    let shown = folder.shown(&["--config", &file], &[]);
    assert!(
        shown.contains("link = [\"A=/a,b\", \"B=https://chat.example/\"]"),
        "{shown}"
    );
    assert_eq!(setting(&shown, "site-password-file").0, format!("{secret:?}"));
    assert!(!shown.contains(PASSWORD), "{shown}");
    let shown = folder.shown(&[], &[("GIFCHAT_LINK", "A=/a|B=/b")]);
    assert!(shown.contains("link = [\"A=/a\", \"B=/b\"]"), "{shown}");
    let said = folder.refused(&[], &[("GIFCHAT_LINK", "A=/a|B=javascript:x")]);
    assert!(said.contains("--link"), "{said}");
}

#[test]
fn what_the_server_would_refuse_at_its_start_is_refused_by_the_same_sentence() {
    let folder = Folder::new();
    let empty = folder.file("empty", "\n");
    let ways: [(&[&str], &str); 10] = [
        (&["--rules", "missing"], "--rules missing: No such file"),
        (
            &["--site-password-file", "missing"],
            "--site-password-file missing: No such file",
        ),
        (&["--site-password-file", &empty], "its first line is empty"),
        (&["--rooms-by", "key"], "there is no --rooms-key-file"),
        (
            &["--rooms-by", "key", "--rooms-key-file", &empty],
            "there is no key in it",
        ),
        (&["--admin", "0.0.0.0:1"], "--admin 0.0.0.0:1: others can reach it"),
        (
            &["--admin-token-file", "missing"],
            "--admin-token-file missing: No such file",
        ),
        (&["--log", "foo=bar=baz"], "--log \"foo=bar=baz\""),
        (
            &["--limit-upload-bytes-visitor", "25000/1h"],
            "--limit-upload-bytes-visitor: at most 25000 bytes",
        ),
        (&["--socket-buffer", "0"], "--socket-buffer"),
    ];
    for (flags, words) in ways {
        let start = [&["--listen", "127.0.0.1:0"], flags].concat();
        let server = folder.refused(&start, &[]);
        let config = folder.refused(&[&start[..], &["config"]].concat(), &[]);
        assert!(server.contains(words), "{flags:?}: {server}");
        assert_eq!(config, server);
    }
    let uploads = folder.0.path().join("uploads");
    assert!(!uploads.exists(), "nothing is opened before");
}

#[test]
fn a_wrong_variable_is_named_and_an_empty_one_is_unset() {
    let folder = Folder::new();
    for (variable, value) in [
        ("GIFCHAT_LIMIT_ROOMS", "abc"),
        ("GIFCHAT_ROOM_MAX", "-5"),
        ("GIFCHAT_PING_INTERVAL", "0s"),
        ("GIFCHAT_TRUSTED_PROXIES", "127.0.0.1,nginx"),
        ("GIFCHAT_STORE", "mysql://ann:s3cret@h/gifchat"),
    ] {
        for args in [&["config"][..], &[]] {
            let said = folder.refused(args, &[("GIFCHAT_ROOMS", "7"), (variable, value)]);
            assert!(said.starts_with(&format!("error: environment: {variable}: ")), "{said}");
        }
    }
    // A wrong flag is none of the environment.
    let said = folder.refused(&["--rooms", "x", "config"], &[("GIFCHAT_ROOM_MAX", "7")]);
    assert!(said.contains("--rooms") && !said.contains("environment"), "{said}");

    let file = folder.file("gifchat.toml", "rooms = 9\n");
    let empty = [
        ("GIFCHAT_ROOMS", ""),
        ("GIFCHAT_QUOTA_SITE", ""),
        ("GIFCHAT_TRUSTED_PROXIES", ""),
        ("GIFCHAT_ROOM_MAX", ""),
        ("GIFCHAT_STORE_FILE", ""),
        ("GIFCHAT_CONFIG", ""),
    ];
    let shown = folder.shown(&["--config", &file], &empty);
    assert_eq!(setting(&shown, "rooms"), ("9".to_owned(), format!("{file}, line 1")));
    assert_eq!(setting(&shown, "room-max").1, "default");
    assert!(
        shown.contains("# quota-site is not set") && shown.contains("# trusted-proxies is not set"),
        "{shown}"
    );
}

#[test]
fn a_negative_number_is_refused_by_the_name_of_its_setting() {
    let folder = Folder::new();
    for (flag, value) in [
        ("--limit-rooms", "-1/1m"),
        ("--quota-room", "-5"),
        ("--quota-room-files", "-5"),
        ("--history", "-1"),
        ("--message-age", "-1h"),
        ("--seat-grace", "-1s"),
        ("--room-max", "-5"),
        ("--gif-limit", "-5"),
        ("--gif-pixels", "-5"),
    ] {
        let said = folder.refused(&[flag, value, "config"], &[]);
        assert!(
            said.contains(&format!("invalid value '{value}' for '{flag} ")),
            "{said}"
        );
    }
}
