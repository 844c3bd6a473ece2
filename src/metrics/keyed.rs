//! Values that are found by a key without a lock: what is counted by code, by route or by status.

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use prometheus_client::{
    encoding::{EncodeMetric, MetricEncoder},
    metrics::MetricType,
};

use super::Counter;

/// Names that a [`ByName`] takes. They are written in the code, so there are never more.
const NAMES: usize = 64;

/// A bounded number of values by key. A key takes the first free slot after where it is looked for, and keeps it.
#[derive(Debug)]
pub struct Keyed<K, V>(Box<[Slot<K, V>]>);

/// A key with its value, once there is one.
type Slot<K, V> = OnceLock<Box<(K, V)>>;

impl<K, V> Keyed<K, V> {
    /// Takes that many keys.
    pub fn new(most: usize) -> Self {
        Self((0..most).map(|_| OnceLock::new()).collect())
    }

    /// The value of the key that `is` knows, looked for from slot `start` on; the first time `new` makes it. `None` if all
    /// slots have other keys.
    pub fn get(&self, start: usize, is: impl Fn(&K) -> bool, new: impl Fn() -> (K, V)) -> Option<&V> {
        let slots = self.0.len().max(1);
        let (before, after) = self.0.split_at(start % slots);
        // Where several take a slot at once, one gets it, and those with another key go on.
        let mut found = after
            .iter()
            .chain(before)
            .map(|slot| slot.get_or_init(|| Box::new(new())));
        found.find(|slot| is(&slot.0)).map(|slot| &slot.1)
    }

    /// All keys with their values.
    pub fn iter(&self) -> impl Iterator<Item = &(K, V)> {
        self.0.iter().filter_map(|slot| slot.get().map(|slot| &**slot))
    }
}

/// Counters by a name that the code gives, as one metric with a label.
#[derive(Clone, Debug)]
pub struct ByName {
    label: &'static str,
    counters: Arc<Keyed<&'static str, Counter>>,
}

impl ByName {
    /// Counters at 0 for these names; further ones may come.
    pub fn new(label: &'static str, names: &[&'static str]) -> Self {
        let counters = Arc::new(Keyed::new(NAMES));
        let new = Self { label, counters };
        names.iter().for_each(|name| new.add(name, 0));
        new
    }

    /// Adds to the counter of a name.
    pub fn add(&self, name: &'static str, count: u64) {
        let counter = self
            .counters
            .get(0, |known| *known == name, || (name, Counter::default()));
        if let Some(counter) = counter {
            counter.add(count);
        }
    }
}

impl EncodeMetric for ByName {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        for (name, counter) in self.counters.iter() {
            counter.encode(encoder.encode_family(&[(self.label, *name)])?)?;
        }
        Ok(())
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Counter
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_that_count_at_once_share_one_value_for_each_key_and_there_are_no_more_than_fit() {
        let counted = Keyed::<u64, Counter>::new(8);
        let count = |key: u64, start| counted.get(start, |known| *known == key, || (key, Counter::default()));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for turn in 0..8_000 {
                        let key = turn % 8;
                        // All begin at the same two slots.
                        count(key, usize::from(key % 2 == 0) * 7).unwrap().increment();
                    }
                });
            }
        });
        let mut all: Vec<_> = counted.iter().map(|(key, counter)| (*key, counter.get())).collect();
        all.sort_unstable();
        assert_eq!(all, (0..8).map(|key| (key, 4_000)).collect::<Vec<_>>());
        assert!(count(8, 0).is_none());
    }
}
