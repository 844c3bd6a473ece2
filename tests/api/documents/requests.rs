//! Every documented route of the site responds as documented, and takes the fields that the document names.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::json;

use super::{
    all_spans, between, first_span, function, none, read,
    router::{Route, documented},
    same,
    scene::Scene,
    shapes::{Objects, Shape},
    tables_of,
};
use crate::support::{Answer, TestApp};

/// The response as the document says it: a row may refer to another one.
fn response(routes: &[Route], at: usize) -> &str {
    let cell = &routes[at].response;
    if cell.starts_with("the same") {
        return response(routes, at - 1);
    }
    let other = cell.split_once("as `").and_then(|(_, name)| name.split('`').next());
    match other.and_then(|name| routes.iter().position(|route| route.name() == name)) {
        Some(at) => response(routes, at),
        None => cell,
    }
}

/// Holds a response against the row of its route.
pub fn check(objects: &Objects, routes: &[Route], at: usize, answer: &Answer) -> Option<String> {
    let name = routes[at].name();
    let cell = response(routes, at);
    let status = answer.status;
    let body = String::from_utf8_lossy(&answer.body);
    let succeeds = status < 400 || name == "POST /socket.io/" && status == 400;
    if !succeeds {
        return Some(format!(
            "`{name}`: the documented route is refused, with {status}: {body}"
        ));
    }
    if [201, 204, 303].contains(&status) && !cell.contains(&status.to_string()) {
        return Some(format!("`{name}`: say in the document that the status is {status}"));
    }
    let is_json = status < 300 && answer.header("content-type") == Some("application/json");
    let is_described = Shape::first_in(cell).is_some() || cell.contains("](#");
    match (is_json, is_described) {
        (true, true) => {
            let json = answer.json();
            objects.check_cell(&format!("`{name}`"), cell, &json);
            let is_empty = json["data"].as_array().is_some_and(Vec::is_empty);
            is_empty.then(|| {
                format!("`{name}`: the list is empty, so that nothing is compared: put something into the test")
            })
        }
        (true, false) => Some(format!("`{name}`: say in the document what its JSON is: {body}")),
        (false, true) if status < 300 => Some(format!("`{name}`: the document says that there is JSON: {body}")),
        _ => None,
    }
}

#[tokio::test]
async fn every_documented_route_responds_as_documented() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).unwrap();
        folder.path().join(name).display().to_string()
    };
    let rules = file("rules", "Be kind.");
    let flags = ["--rules", &rules, "--security-contact", "mailto:ann@chat.example"];
    let app = TestApp::with(&flags).await;
    let password = file("password", "sesame");
    let closed = TestApp::with(&["--site-password-file", &password]).await;
    let (objects, routes) = (Objects::documented(), documented("docs/interface.md", "route"));
    let (mut wrong, scene) = (Vec::new(), Scene::of(&app).await);
    let mut changed;
    for (at, route) in routes.iter().enumerate() {
        let request = match (&*route.path, &*route.method) {
            ("/door", _) => {
                let request = closed.stranger().request(Method::POST, "/door");
                request.json(&json!({ "password": "sesame" }))
            }
            (_, "GET") => scene.request(route).await,
            // It may end what the scene has, as a request to delete the room does.
            _ => {
                changed = Scene::of(&app).await;
                changed.request(route).await
            }
        };
        let answer = Answer::of(request.send().await.unwrap()).await;
        wrong.extend(check(&objects, &routes, at, &answer));
    }
    wrong.extend(objects.wrong());
    none(&wrong);
}

/// The words in backticks that name fields.
fn fields(cell: &str) -> impl Iterator<Item = String> {
    let is_field = |word: &&str| word.bytes().all(|byte| byte.is_ascii_lowercase());
    // Values of fields.
    let is_value = |word: &str| ["false", "true", "en", "ko", "seq"].contains(&word);
    let words = all_spans(cell).filter(is_field).filter(move |word| !is_value(word));
    words.map(String::from).collect::<Vec<_>>().into_iter()
}

#[test]
fn every_field_of_a_request_is_documented() {
    let interface = read("docs/interface.md");
    let mut named: BTreeSet<String> = BTreeSet::new();
    for route in documented("docs/interface.md", "route") {
        named.extend(fields(&route.request));
    }
    for row in tables_of(&interface, "`action`").iter().flat_map(|table| &table.rows) {
        named.extend(fields(&row[1]));
    }
    for table in tables_of(&interface, "event")
        .iter()
        .filter(|table| table.columns[2] == "acknowledgement")
    {
        for row in &table.rows {
            let shapes = all_spans(&row[1]).filter_map(Shape::parse);
            named.extend(shapes.flat_map(|shape| shape.0).map(|key| key.name.to_owned()));
        }
    }
    let refusals = read("src/domain/refusal/invalid.rs");
    let known = function(&refusals, "pub const fn name(self)");
    let mut known: BTreeSet<_> = between(known, "=> \"", "\"").map(String::from).collect();
    // It stands for the request as a whole.
    known.remove("body");
    same(
        (&named, "say in docs/interface.md which request takes this field"),
        (&known, "no request takes this field: correct docs/interface.md"),
    );
}

#[test]
fn every_action_of_the_owner_is_documented() {
    let interface = read("docs/interface.md");
    let rows = tables_of(&interface, "`action`")
        .into_iter()
        .flat_map(|table| table.rows);
    let named = rows.map(|row| first_span(&row[0]).unwrap().to_owned()).collect();
    let moderation = read("src/domain/moderation.rs");
    let parse = function(&moderation, "pub fn parse<'a>(");
    let arms = parse.lines().filter_map(|line| line.trim().strip_prefix('"'));
    let known = arms
        .filter_map(|line| line.split_once("\" =>"))
        .map(|(name, _)| name.to_owned());
    same(
        (&named, "add this action to the table of actions in docs/interface.md"),
        (&known.collect(), "there is no such action: correct docs/interface.md"),
    );
}
