//! How long MongoDB keeps the earlier states of rooms (pre-images), which it makes the change stream's states from.
//!
//! Without a bound they stay for as long as the oplog reaches, which may be days: a join in a room of 200 members leaves
//! 35 kB. The bound holds for all databases of the deployment, so one that somebody has set is left as it is.

use mongodb::{
    Database,
    bson::{Bson, Document, doc},
};
use tracing::{info, warn};

use super::client::{Tables, within};
use crate::store::StoreError;

/// Seconds for which they are kept. A stream that was cut off for longer begins anew, and its followers read what they
/// missed; nearly all outages, and changes of the primary, are over much sooner.
const KEPT: i64 = 300;

impl Tables {
    /// Bounds the time for which pre-images are kept, unless it is bounded. Where this server may not do that, or can't,
    /// the log says so once.
    pub async fn bound_images(&self) {
        let admin = self.db.client().database("admin");
        let bounded = async {
            if is_bounded(&admin).await? {
                return Ok(false);
            }
            let bound = doc! { "changeStreamOptions": { "preAndPostImages": { "expireAfterSeconds": KEPT } } };
            match within(admin.run_command(doc! { "setClusterParameter": bound })).await {
                Ok(_) => Ok(true),
                // Servers that start together may be in each other's way.
                Err(error) => match is_bounded(&admin).await {
                    Ok(true) => Ok(false),
                    _ => Err(error),
                },
            }
        };
        match bounded.await {
            Ok(true) => info!(seconds = KEPT, "MongoDB keeps earlier states of rooms for so long"),
            Ok(false) => (),
            Err(error) => warn!(
                %error,
                "MongoDB keeps earlier states of rooms without a bound, as this server may not set one; an administrator \
                 sets it by db.adminCommand({{ setClusterParameter: {{ changeStreamOptions: {{ preAndPostImages: \
                 {{ expireAfterSeconds: {KEPT} }} }} }} }})"
            ),
        }
    }
}

async fn is_bounded(admin: &Database) -> Result<bool, StoreError> {
    let asked = within(admin.run_command(doc! { "getClusterParameter": "changeStreamOptions" })).await?;
    Ok(expiry(&asked).is_some_and(|expiry| !matches!(expiry, Bson::String(_))))
}

/// The bound in the answer to `getClusterParameter`; the text `off` when there is none.
fn expiry(answer: &Document) -> Option<&Bson> {
    let options = answer.get_array("clusterParameters").ok()?.first()?.as_document()?;
    options.get_document("preAndPostImages").ok()?.get("expireAfterSeconds")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_a_bound_and_off_is_none() {
        let answer = |images: Document| doc! { "clusterParameters": [{ "_id": "changeStreamOptions", "preAndPostImages": images }] };
        assert_eq!(
            expiry(&answer(doc! { "expireAfterSeconds": 5_i64 })),
            Some(&Bson::Int64(5))
        );
        let off = doc! { "expireAfterSeconds": "off" };
        assert_eq!(expiry(&answer(off)), Some(&Bson::String("off".into())));
        assert_eq!(expiry(&doc! {}), None);
    }
}
