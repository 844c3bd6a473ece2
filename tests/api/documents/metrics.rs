//! Every metric and its labels are documented.

use std::collections::{BTreeMap, BTreeSet};

use super::{all_spans, none, read, same, tables_of};
use crate::metrics::all_there_are;

/// The names in the table of metrics, each with the labels of its row.
fn documented() -> BTreeMap<String, Vec<String>> {
    let operations = read("docs/operations.md");
    let rows = tables_of(&operations, "metric")
        .into_iter()
        .flat_map(|table| table.rows);
    let named = |row: Vec<String>| {
        let names: Vec<String> = all_spans(&row[0]).map(|name| format!("gifchat_{name}")).collect();
        names
            .into_iter()
            .map(move |name| (name, all_spans(&row[1]).map(String::from).collect()))
    };
    rows.flat_map(named).collect()
}

#[tokio::test]
async fn every_metric_is_documented_with_its_labels() {
    let now = all_there_are().await;
    let documented = documented();
    let families: BTreeSet<String> = now.families().into_iter().map(String::from).collect();
    same(
        (
            &documented.keys().cloned().collect(),
            "add this metric to the table of metrics in docs/operations.md",
        ),
        (
            &families,
            "there is no such metric: correct the table of metrics in docs/operations.md",
        ),
    );
    let mut wrong = Vec::new();
    for (name, labels) in now.series() {
        let is_of = |family: &&&str| {
            name.strip_prefix(**family)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
        };
        let families = now.families();
        let family = families.iter().filter(is_of).max_by_key(|family| family.len()).unwrap();
        for label in labels.keys().filter(|label| **label != "le") {
            if !documented[*family].contains(label) {
                wrong.push(format!(
                    "`{family}` has the label `{label}`: say so in docs/operations.md"
                ));
            }
        }
    }
    none(&wrong);
}
