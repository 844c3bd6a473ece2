//! The clock of the database, which all servers share.
//!
//! What servers compare with each other, such as the end of a ban or of a session and the age of a GIF, is a time by this
//! clock. The ping that tells whether the database answers also measures how far the clock of this machine is off, and
//! [`Moment::now`] corrects for that.

use std::time::{Duration, Instant};

use mongodb::{Database, bson::doc, error::Error};

use crate::domain::Moment;

/// An answer that took longer says too little about the time.
const TRUSTED: Duration = Duration::from_millis(250);

/// Asks the primary for the time. That it answers at all is what a ping wants to know.
///
/// # Errors
/// Those of the driver.
pub async fn measure(db: &Database) -> Result<(), Error> {
    let asked = Instant::now();
    let hello = db.run_command(doc! { "hello": 1 }).await?;
    let took = asked.elapsed();
    if let Ok(there) = hello.get_datetime("localTime")
        && took <= TRUSTED
    {
        let here = Moment::of_this_machine().millis();
        let correction = better(Moment::correction(), there.timestamp_millis(), here, took);
        Moment::correct(correction);
    }
    Ok(())
}

/// The correction after one more measurement: the old one as long as it may be right, so that times don't jitter.
fn better(old: i64, there: i64, here: i64, took: Duration) -> i64 {
    // The answer was written somewhere between question and answer.
    let error = i64::try_from(took.as_millis() / 2).unwrap_or(i64::MAX);
    let measured = there.saturating_add(error).saturating_sub(here);
    let still_right = measured.abs_diff(old) <= error.unsigned_abs() + 1;
    if still_right { old } else { measured }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_correction_stays_as_long_as_it_may_be_right() {
        const TOOK: Duration = Duration::from_millis(20);
        // Written in the middle, at the beginning and at the end of the 20 ms.
        for there in [990, 980, 1_000] {
            assert_eq!(better(0, there, 1_000, TOOK), 0, "{there}");
        }
        assert_eq!(better(0, 3_600_990, 1_000, TOOK), 3_600_000);
        assert_eq!(better(3_600_000, 3_600_985, 1_000, TOOK), 3_600_000);
        assert_eq!(better(3_600_000, 990, 1_000, TOOK), 0, "the clock was set right");
    }
}
