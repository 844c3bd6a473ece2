//! The results as a Markdown table: medians and ranges, and how many times better gifchat is.

use std::fmt;

use crate::{
    measure::{Measurement, Row},
    server::Subject,
};

/// Rows with the values of every run, for each server.
pub struct Table {
    subjects: Vec<Subject>,
    lines: Vec<Line>,
}

struct Line {
    row: &'static Row,
    values: Vec<Vec<f64>>,
}

impl Table {
    pub const fn new(subjects: Vec<Subject>) -> Self {
        Self {
            subjects,
            lines: Vec::new(),
        }
    }

    pub fn subjects(&self) -> &[Subject] {
        &self.subjects
    }

    /// Adds what one run gave for a server.
    pub fn add(&mut self, measurement: &Measurement, subject: usize, values: Vec<f64>) {
        for (row, value) in measurement.rows.iter().zip(values) {
            let known = self.lines.iter().position(|line| std::ptr::eq(line.row, row));
            let at = known.unwrap_or_else(|| {
                let values = vec![Vec::new(); self.subjects.len()];
                self.lines.push(Line { row, values });
                self.lines.len() - 1
            });
            if let Some(cell) = self.lines.get_mut(at).and_then(|line| line.values.get_mut(subject)) {
                cell.push(value);
            }
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let labels: Vec<_> = self.subjects.iter().map(Subject::label).collect();
        let ratio = matches!(self.subjects.as_slice(), [_, Subject::Other(_)]);
        write!(f, "| | unit | {} |", labels.join(" | "))?;
        writeln!(f, "{}", if ratio { " better by |" } else { "" })?;
        writeln!(f, "|---|---|{}", "--:|".repeat(labels.len() + usize::from(ratio)))?;
        for Line { row, values } in &self.lines {
            write!(f, "| {} | {} |", row.title, row.unit)?;
            let medians: Vec<_> = values
                .iter()
                .map(|cell| write_cell(f, cell))
                .collect::<Result<_, _>>()?;
            match (ratio, medians.as_slice()) {
                (true, [Some(ours), Some(other)]) if row.more_is_better => writeln!(f, " {:.1} × |", ours / other)?,
                (true, [Some(ours), Some(other)]) => writeln!(f, " {:.1} × |", other / ours)?,
                (true, _) => writeln!(f, " |")?,
                (false, _) => writeln!(f)?,
            }
        }
        Ok(())
    }
}

/// Writes median and range; the median.
fn write_cell(f: &mut fmt::Formatter<'_>, values: &[f64]) -> Result<Option<f64>, fmt::Error> {
    let mut sorted = values.to_vec();
    let middle = median(&mut sorted);
    match sorted.as_slice() {
        [] => {
            write!(f, " – |")?;
            return Ok(None);
        }
        [_] => write!(f, " {} |", short(middle))?,
        [least, .., most] => write!(f, " {} ({}–{}) |", short(middle), short(*least), short(*most))?,
    }
    Ok(Some(middle))
}

/// Three figures that count.
fn short(value: f64) -> String {
    let decimals = match value.abs() {
        ..10.0 => 2,
        10.0..100.0 => 1,
        _ => 0,
    };
    format!("{value:.decimals$}")
}

/// The middle of the values, which it sorts.
pub fn median(values: &mut [f64]) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.get(middle) {
        None => f64::NAN,
        Some(upper) if values.len() % 2 == 1 => *upper,
        Some(upper) => f64::midpoint(*upper, values.get(middle - 1).copied().unwrap_or(*upper)),
    }
}
