use clap::CommandFactory;

use super::{
    parse::{duration, rate},
    *,
};
use crate::limits::rates::Rate;

#[test]
fn the_defaults_are_those_of_the_public_interface() {
    let config = Config::parse_from(["gifchat"]);
    assert_eq!(config.listen.to_string(), "127.0.0.1:8005");
    let (limits, defaults) = (config.limits(), Limits::default());
    assert_eq!(format!("{limits:?}"), format!("{defaults:?}"));
}

#[test]
fn times_are_read_with_their_unit() {
    assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
    assert_eq!(duration("7d"), Ok(Duration::from_secs(604_800)));
    assert_eq!(duration("1h 30m"), Ok(Duration::from_secs(5_400)));
    for wrong in [
        "",
        "10",
        "s",
        "-1s",
        "1 fortnight",
        "99999999999999999999s",
        "999999999999999999d",
    ] {
        assert!(duration(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn rates_are_a_number_and_a_time() {
    let minute = Rate::new(60.try_into().unwrap(), Duration::from_secs(60)).unwrap();
    assert_eq!(Config::parse_from(["gifchat"]).budgets.limit_joins_visitor, minute);
    assert_eq!((rate("60/1m"), rate("off")), (Ok(minute), Ok(Rate::OFF)));
    let burst = Rate::with_burst(60.try_into().unwrap(), Duration::from_secs(60), 20.try_into().unwrap());
    assert_eq!(rate("60/1m:20").ok(), burst);
    assert_eq!(rate("32KiB/1s:1MiB"), rate("32768/1s:1048576"));
    for wrong in [
        "", "60", "0/1m", "-1/1m", "60/", "60/0s", "/1m", "1/400d", "60/1m/1m", "60/1m:", "60/1m:0", "9GiB/1h",
        "1 MB/1h",
    ] {
        assert!(rate(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn networks_are_addresses_or_parts_of_them() {
    let flags = [
        "gifchat",
        "--trusted-proxies",
        "127.0.0.1, 10.0.0.0/8",
        "--trusted-proxies",
        "::1,::ffff:192.0.2.0/120",
    ];
    let trusted = Config::parse_from(flags).trusted_proxies;
    let shown: Vec<_> = trusted.iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["127.0.0.1/32", "10.0.0.0/8", "::1/128", "192.0.2.0/24"]);
}

#[test]
fn a_wrong_setting_is_refused_by_a_sentence_that_names_it() {
    for (flag, value) in [
        ("--listen", "nowhere"),
        ("--store", "mysql:x"),
        ("--metrics", "9100"),
        ("--room-max", "1"),
        ("--public-url", "ftp://x"),
        ("--check", "https://x"),
        ("--seat-grace", "soon"),
        ("--lease", "900ms"),
        ("--limit-joins", "often"),
        ("--trusted-proxies", "nginx"),
        ("--limit-exempt", "10.0.0.0/33"),
        ("--name", "\n"),
        ("--link", "Imprint=javascript:alert(1)"),
        ("--security-contact", "http://chat.example"),
        ("--security-contact", "mailto:ann"),
        ("--log-format", "xml"),
    ] {
        let error = Config::try_parse_from(["gifchat", flag, value])
            .unwrap_err()
            .to_string();
        assert!(error.contains(flag), "{flag}: {error}");
    }
}

#[test]
fn numbers_and_times_that_make_no_sense_are_refused_with_their_bounds() {
    // A grace may be none, and clients may all come back at once.
    const ZERO: [&str; 6] = [
        "seat-grace",
        "room-grace",
        "lost-grace",
        "first-grace",
        "owner-grace",
        "restart-within",
    ];

    let command = Config::command();
    let mut tried = 0;
    for arg in command.get_arguments() {
        let unit = arg.get_value_names().and_then(|names| names.first());
        let (none, most, bounds) = match unit.map(|unit| unit.as_str()) {
            Some("N" | "BYTES" | "PX") => ("0", "18446744073709551615", " is not in "),
            Some("TIME") => ("0s", "99999999999999d", ": it has to be between "),
            _ => continue,
        };
        let name = arg.get_long().unwrap();
        let refused = |value: &str| {
            let flag = format!("--{name}={value}");
            let error = Config::try_parse_from(["gifchat", &flag]).err()?.to_string();
            let whole = error.contains(&format!("--{name} ")) && (error.contains(bounds) || value == most);
            assert!(whole, "{flag}: {error}");
            Some(())
        };
        assert_eq!(refused(none).is_none(), ZERO.contains(&name), "{name}");
        assert!(refused(most).is_some(), "{name}");
        tried += 1;
    }
    assert!(tried > 35, "{tried}");
}
