//! The password of the database is shown nowhere.

use std::process::{Command, Output};

use clap::Parser;
use gifchat::Config;

const SECRET: &str = "s3cret-pa55";

/// What the binary says when that is its store, by the environment.
fn said(store: &str, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_gifchat"))
        .args(["--listen", "127.0.0.1:0"])
        .args(args)
        .env("GIFCHAT_STORE", store)
        .output()
        .unwrap()
}

fn is_silent(output: &Output) -> String {
    let text = [&output.stdout[..], &output.stderr].concat();
    let text = String::from_utf8(text).unwrap();
    assert!(!text.contains(SECRET), "{text}");
    text
}

#[test]
fn help_and_debug_do_not_show_the_password_of_the_database() {
    let store = format!("mongodb://ann:{SECRET}@127.0.0.1:1/gifchat?replicaSet=rs0");
    let help = said(&store, &["--help"]);
    assert!(help.status.success());
    assert!(is_silent(&help).contains("GIFCHAT_STORE"));
    let config = Config::parse_from(["gifchat", "--store", &store]);
    let shown = format!("{config:?}");
    assert!(
        shown.contains("127.0.0.1:1/gifchat") && !shown.contains(SECRET),
        "{shown}"
    );
}

#[test]
fn a_start_that_fails_says_why_without_the_password_of_the_database() {
    for place in [
        // Nobody there, no such host, and addresses that are wrong in one way each.
        "127.0.0.1:1/gifchat?replicaSet=rs0",
        "127.0.0.1:1",
        "127.0.0.1:99999/gifchat",
        "127.0.0.1:x/gifchat",
        "127.0.0.1:1/gifchat?replicaSet",
        "127.0.0.1:1/gifchat?tls=perhaps",
        "127.0.0.1:1/gifchat?authMechanism=NONE",
        "a@127.0.0.1:1/gifchat",
        "/gifchat",
        "",
    ] {
        for user in ["ann:", "ann%zz:", "", ":", "an:n:"] {
            let store = format!("mongodb://{user}{SECRET}@{place}");
            let output = said(&store, &["--log", "debug"]);
            assert!(!output.status.success(), "{place}");
            assert!(is_silent(&output).contains("--store"), "{place}");
            if place.starts_with("127.0.0.1:1/gifchat?replicaSet=rs0") {
                break;
            }
        }
    }
    is_silent(&said(&format!("mysql://ann:{SECRET}@127.0.0.1/x"), &[]));
    is_silent(&said(&format!("MongoDB://ann:{SECRET}@127.0.0.1/x"), &[]));
}
