//! Every documented route of the site responds as documented, and takes the fields that the document names.

use std::collections::BTreeSet;

use reqwest::{Method, RequestBuilder, multipart::Form};
use serde_json::{Value, json};

use super::{
    all_spans, between, first_span, function, none, read,
    router::{Route, documented},
    same,
    shapes::{Objects, Shape},
    tables_of,
};
use crate::{
    fixtures::animated,
    support::{Answer, Socket, TestApp, Visitor, form_of},
};

/// A room with three people in it, in which there is one of everything.
struct Scene {
    owner: Visitor,
    author: Visitor,
    reader: Visitor,
    room: String,
    message: String,
    gif: String,
    report: String,
    invite: String,
    _sockets: Vec<Socket>,
}

impl Scene {
    async fn of(app: &TestApp) -> Self {
        let (owner, author, reader) = (app.visitor().await, app.visitor().await, app.visitor().await);
        let room = owner
            .create_room_of(json!({ "title": "Cats", "password": "sesame" }))
            .await;
        let mut sockets = vec![owner.join(&room).await];
        for visitor in [&author, &reader] {
            visitor.unlock(&room, "sesame").await.ok();
            sockets.push(visitor.join(&room).await);
        }
        let message = text(&sockets[1].post("hello").await["_id"]);
        let gif = text(&author.upload(&room, animated(8, 8, 2)).await.ok().json()["gif"]);
        let reported = json!({ "message": sockets[1].post("spam").await["_id"] });
        let report = reader.post_json(&format!("/room/{room}/reports"), reported).await.ok();
        let invite = owner
            .post_json(&format!("/room/{room}/invite"), json!({}))
            .await
            .ok()
            .json();
        Self {
            report: text(&report.json()["_id"]),
            invite: text(&invite["url"]).rsplit('/').next().unwrap().to_owned(),
            owner,
            author,
            reader,
            room,
            message,
            gif,
            _sockets: sockets,
        }
    }

    /// Who makes the request of a route.
    fn who(&self, route: &str) -> &Visitor {
        match route {
            "PATCH /room/{id}/messages/{message}" => &self.author,
            "POST /room/{id}/reports" => &self.reader,
            _ => &self.owner,
        }
    }

    /// The same path with what is in the room.
    async fn fill(&self, route: &Route) -> String {
        let page = self.owner.get("/").await.text();
        let asset = between(&page, "/assets/", "\"").next().unwrap();
        let (version, file) = asset.split_once('/').unwrap();
        let name = match &*route.path {
            "/sheets/{lang}/{name}" => "owner",
            "/offline/{name}" => "en",
            "/offline/{name}/{*path}" => version,
            _ => &self.gif,
        };
        let picture = match &*route.path {
            "/icons/{file}" => text(&self.owner.get("/manifest.webmanifest").await.json()["icons"][0]["src"]),
            _ => format!("/{}.svg", self.owner.id),
        };
        let values = [
            ("{id}", &*self.room),
            ("{message}", &self.message),
            ("{report}", &self.report),
            ("{token}", &self.invite),
            ("{lang}", "en"),
            ("{version}", version),
            ("{*path}", file),
            ("{name}", name),
            ("{file}", picture.rsplit('/').next().unwrap()),
        ];
        let path = values
            .iter()
            .fold(route.path.clone(), |path, (place, value)| path.replace(place, value));
        assert!(!path.contains('{'), "{path}");
        match &*route.path {
            "/socket.io/" => format!("{path}?EIO=4&transport=polling"),
            _ => path,
        }
    }

    /// The body that a route takes.
    fn body(&self, route: &str) -> Value {
        match route {
            "POST /open" => json!({ "room": self.room }),
            "POST /room" | "PATCH /room/{id}" => json!({ "title": "Dogs" }),
            "POST /room/{id}/enter" | "POST /door" => json!({ "password": "sesame" }),
            "POST /room/{id}/chat" | "PATCH /room/{id}/messages/{message}" => json!({ "chat": "hi" }),
            "POST /room/{id}/messages/{message}/reactions" => json!({ "emoji": "👍" }),
            "POST /room/{id}/whisper" => json!({ "to": self.author.id, "chat": "psst" }),
            "POST /room/{id}/moderate" => json!({ "action": "kick", "visitor": self.reader.id }),
            "POST /room/{id}/reports" => json!({ "message": self.message }),
            _ => json!({}),
        }
    }

    async fn request(&self, route: &Route) -> RequestBuilder {
        let (name, path) = (route.name(), self.fill(route).await);
        let request = self.who(&name).request(route.method.parse().unwrap(), &path);
        let gif = || form_of(animated(8, 8, 2));
        match &*name {
            "POST /room/{id}/gif" => request.multipart(gif()),
            "POST /room/{id}/whisper/gif" => request.multipart(Form::text(gif(), "to", self.author.id.clone())),
            _ if route.method == "GET" => request,
            _ => request.json(&self.body(&name)),
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

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
            objects.check_cell(&format!("`{name}`"), cell, &answer.json());
            None
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
    let mut wrong = Vec::new();
    for (at, route) in routes.iter().enumerate() {
        let request = match &*route.path {
            "/door" => closed
                .stranger()
                .request(Method::POST, "/door")
                .json(&json!({ "password": "sesame" })),
            _ => {
                let scene = Scene::of(&app).await;
                // Keeps its sockets until the response.
                let answer = Answer::of(scene.request(route).await.send().await.unwrap()).await;
                wrong.extend(check(&objects, &routes, at, &answer));
                continue;
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
    let refusals = read("src/domain/refusal.rs");
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
