//! What an operator writes: JSON, or the fields of a form, which become the same.

use axum::{
    Json,
    body::Bytes,
    extract::{FromRequest, Request},
    http::StatusCode,
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::{Failure, asks::is_form};
use crate::{domain::Why, state::AppState};

/// Why something is done: every action may say so.
#[derive(Default, Deserialize)]
pub struct Because {
    #[serde(default)]
    why: String,
}

impl Because {
    pub fn why(&self) -> Result<Why, Failure> {
        Why::parse(&self.why).map_err(Failure::Wrong)
    }
}

/// The body of an action.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned> FromRequest<AppState> for Body<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Failure> {
        if !is_form(request.headers()) {
            // Its type is asked for: no page of another site can have it.
            let read = Json::<T>::from_request(request, state).await;
            return read
                .map(|Json(body)| Self(body))
                .map_err(|error| Failure::Unread(error.status(), error.body_text()));
        }
        let bytes = Bytes::from_request(request, state).await;
        let bytes = bytes.map_err(|error| Failure::Unread(error.status(), error.body_text()))?;
        let body = serde_json::from_value(of_form(&bytes));
        body.map(Self)
            .map_err(|error| Failure::Unread(StatusCode::UNPROCESSABLE_ENTITY, error.to_string()))
    }
}

/// The fields of a form as the JSON of the same action. A box that is not checked is not sent, and an empty number is none.
fn of_form(bytes: &[u8]) -> Value {
    let mut fields = Map::new();
    for (name, value) in form_urlencoded::parse(bytes) {
        let value = match &*name {
            "hashes" => json!(value.split_whitespace().collect::<Vec<_>>()),
            "rooms" | "uploads" | "newcomers" => json!(true),
            "seconds" if value.is_empty() => Value::Null,
            "seconds" => value.parse::<u64>().map_or_else(|_| json!(value), Value::from),
            _ => json!(value),
        };
        fields.insert(name.into_owned(), value);
    }
    Value::Object(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_of_a_form_are_the_same_as_json() {
        let form = b"who=192.0.2.7&seconds=3600&why=a+flood&rooms=on&hashes=aa%0D%0Abb";
        let same = json!({
            "who": "192.0.2.7", "seconds": 3600, "why": "a flood", "rooms": true, "hashes": ["aa", "bb"],
        });
        assert_eq!(of_form(form), same);
        assert_eq!(of_form(b"seconds="), json!({ "seconds": null }));
        assert_eq!(of_form(b"seconds=soon"), json!({ "seconds": "soon" }));
    }
}
