//! How the data of a session is written.

use std::{collections::HashMap, fmt::Display};

use serde_json::Value;
use time::OffsetDateTime;
use tower_sessions::{
    session::{Id, Record},
    session_store::{Error, Result},
};

/// The data of a session.
pub fn encode(record: &Record) -> Result<Vec<u8>> {
    rmp_serde::to_vec(&record.data).map_err(|error| Error::Encode(error.to_string()))
}

/// A session of its id, its data, and its end in seconds since the Unix epoch.
pub fn decode(id: Id, data: &[u8], expires: i64) -> Result<Record> {
    let failed = |error: &dyn Display| Error::Decode(error.to_string());
    let data: HashMap<String, Value> = rmp_serde::from_slice(data).map_err(|error| failed(&error))?;
    let expiry_date = OffsetDateTime::from_unix_timestamp(expires).map_err(|error| failed(&error))?;
    Ok(Record { id, data, expiry_date })
}
