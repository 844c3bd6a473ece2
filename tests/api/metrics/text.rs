//! Reads Prometheus' text format (0.0.4), and fails on what it does not allow or what its conventions advise against.

use std::collections::{BTreeMap, BTreeSet};

/// A name with its labels, sorted by their names.
pub type Series = (String, BTreeMap<String, String>);

/// What a server exposes at one moment.
#[derive(Debug, Default)]
pub struct Reading {
    /// The kind of each metric, in the order in which they come.
    kinds: Vec<(String, String)>,
    samples: BTreeMap<Series, f64>,
}

impl Reading {
    #[track_caller]
    pub fn parse(text: &str) -> Self {
        assert!(text.ends_with('\n'), "the last line ends like the others");
        let mut reading = Self::default();
        let mut described = None;
        for line in text.lines() {
            if let Some(help) = line.strip_prefix("# HELP ") {
                let (name, sentence) = help.split_once(' ').unwrap();
                assert!(sentence.len() > 10 && sentence.ends_with('.'), "{line}");
                described = Some(name.to_owned());
            } else if let Some(kind) = line.strip_prefix("# TYPE ") {
                let (name, kind) = kind.split_once(' ').unwrap();
                assert_eq!(described.take().as_deref(), Some(name), "TYPE follows HELP");
                reading.describe(name, kind);
            } else {
                assert!(!line.starts_with('#') && !line.is_empty(), "{line:?}");
                reading.sample(line);
            }
        }
        reading.check_histograms();
        reading
    }

    fn describe(&mut self, name: &str, kind: &str) {
        assert!(is_name(name) && name.starts_with("gifchat_"), "{name}");
        assert!(["counter", "gauge", "histogram"].contains(&kind), "{kind}");
        assert_eq!(kind == "counter", name.ends_with("_total"), "{name} is a {kind}");
        assert!(kind != "histogram" || name.ends_with("_seconds"), "{name}");
        assert!(self.kinds.iter().all(|(known, _)| known != name), "{name} comes twice");
        self.kinds.push((name.to_owned(), kind.to_owned()));
    }

    fn sample(&mut self, line: &str) {
        let (series, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("{line}"));
        let (name, labels) = match series.split_once('{') {
            Some((name, labels)) => (name, labels.strip_suffix('}').unwrap_or_else(|| panic!("{line}"))),
            None => (series, ""),
        };
        let (family, kind) = self.kinds.last().expect("a TYPE comes first");
        let rest = name.strip_prefix(family.as_str()).unwrap_or_else(|| panic!("{line}"));
        match kind.as_str() {
            "histogram" => assert!(["_bucket", "_sum", "_count"].contains(&rest), "{line}"),
            _ => assert!(rest.is_empty(), "{line}"),
        }
        let value: f64 = value.parse().unwrap_or_else(|_| panic!("{line}"));
        assert!(value.is_finite() && (kind == "gauge" || value >= 0.0), "{line}");
        let series = (name.to_owned(), labels_of(labels));
        assert!(self.samples.insert(series, value).is_none(), "{line} comes twice");
    }

    /// Buckets count up to the number of all, which is that of `+Inf`.
    fn check_histograms(&self) {
        for (family, _) in self.kinds.iter().filter(|(_, kind)| kind == "histogram") {
            let (bucket, count) = (format!("{family}_bucket"), format!("{family}_count"));
            for ((_, labels), all) in self.samples.iter().filter(|((name, _), _)| *name == count) {
                let of_these = self.samples.iter().filter_map(|((name, of), value)| {
                    let mut of = of.clone();
                    let bound = of.remove("le").filter(|_| *name == bucket && of == *labels)?;
                    let bound = if bound == "+Inf" {
                        f64::INFINITY
                    } else {
                        bound.parse().unwrap()
                    };
                    Some((bound, *value))
                });
                let mut buckets: Vec<_> = of_these.collect();
                buckets.sort_by(|one, other| one.0.total_cmp(&other.0));
                assert!(buckets.is_sorted_by_key(|(_, value)| *value), "{family} {buckets:?}");
                assert_eq!(buckets.last(), Some(&(f64::INFINITY, *all)), "{family} {labels:?}");
            }
        }
    }

    /// The value of a series; 0 where there is none, as it counts nothing yet.
    pub fn get(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let labels = labels.iter().map(|(name, value)| (name.to_string(), value.to_string()));
        let series = (format!("gifchat_{name}"), labels.collect());
        self.samples.get(&series).copied().unwrap_or_default()
    }

    /// The sum over all labels.
    pub fn sum(&self, name: &str) -> f64 {
        let name = format!("gifchat_{name}");
        let of_name = self.samples.iter().filter(|((known, _), _)| *known == name);
        of_name.map(|(_, value)| value).sum()
    }

    /// All series.
    pub fn series(&self) -> BTreeSet<&Series> {
        self.samples.keys().collect()
    }

    /// The names of all metrics; a histogram has samples of other names.
    pub fn families(&self) -> BTreeSet<&str> {
        self.kinds.iter().map(|(name, _)| name.as_str()).collect()
    }

    /// The names of all samples.
    pub fn names(&self) -> BTreeSet<&str> {
        self.samples.keys().map(|(name, _)| name.as_str()).collect()
    }
}

fn is_name(name: &str) -> bool {
    let letters = |c: char| c.is_ascii_lowercase() || c == '_';
    name.starts_with(letters) && name.chars().all(|c| letters(c) || c.is_ascii_digit())
}

/// Reads `name="value",…` with the escapes of the format.
fn labels_of(text: &str) -> BTreeMap<String, String> {
    let (mut labels, mut rest) = (BTreeMap::new(), text);
    while !rest.is_empty() {
        let (name, after) = rest.split_once("=\"").unwrap_or_else(|| panic!("{text}"));
        assert!(is_name(name), "{text}");
        let (mut value, mut chars) = (String::new(), after.char_indices());
        let end = loop {
            match chars.next().unwrap_or_else(|| panic!("{text}")) {
                (at, '"') => break at,
                (_, '\\') => match chars.next().unwrap().1 {
                    'n' => value.push('\n'),
                    c @ ('\\' | '"') => value.push(c),
                    c => panic!("\\{c} in {text}"),
                },
                (_, c) => value.push(c),
            }
        };
        assert!(labels.insert(name.to_owned(), value).is_none(), "{text}");
        rest = &after[end + 1..];
        rest = rest.strip_prefix(',').unwrap_or(rest);
    }
    labels
}
