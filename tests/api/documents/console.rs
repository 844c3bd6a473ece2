//! Every documented route of the operators' console responds as documented.

use reqwest::{Client, Method, redirect::Policy};
use serde_json::{Value, json};

use super::{
    between, none,
    requests::check,
    router::{Route, documented},
    shapes::Objects,
};
use crate::{
    fixtures::animated,
    support::{Answer, Console, Server},
};

const TOKEN: &str = "5mGkP2vXq8Tz4NwR";
const HASH: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// What is there for an operator: a room, its message and its GIF, a report and a ban.
struct Scene {
    values: Vec<(&'static str, String)>,
}

impl Scene {
    async fn of(server: &Server, console: &Console) -> Self {
        let visitor = server.visitor().await;
        let room = visitor.create_room("Cats").await;
        let mut socket = visitor.join(&room).await;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let message = text(&socket.post("hello").await["_id"]);
        let gif = text(&visitor.upload(&room, animated(8, 8, 2)).await.ok().json()["gif"]);
        visitor
            .post_json(&format!("/room/{room}/reports/site"), json!({}))
            .await
            .ok();
        let reports = console.get("/reports").await.ok().json();
        let ban = console.post("/bans", json!({ "who": "192.0.2.7" })).await.ok().json();
        let page = visitor.get("/").await.text();
        let asset = between(&page, "/assets/", "\"").next().unwrap();
        let (version, file) = asset.split_once('/').unwrap();
        Self {
            values: vec![
                ("{id}", room),
                ("{message}", message),
                ("{name}", gif),
                (
                    "{report}",
                    reports["reports"].as_array().unwrap().last().unwrap()["id"].to_string(),
                ),
                (
                    "{ban}",
                    ban["bans"].as_array().unwrap().last().unwrap()["id"].to_string(),
                ),
                ("{version}", version.to_owned()),
                ("{*path}", file.to_owned()),
                ("{file}", format!("{}.svg", visitor.id)),
                ("{visitor}", visitor.id),
            ],
        }
    }

    fn path(&self, route: &Route) -> String {
        let path = match &*route.path {
            "/visitors/{id}" => "/visitors/{visitor}",
            "/find" => "/find?for={visitor}",
            path => path,
        };
        let path = self
            .values
            .iter()
            .fold(path.to_owned(), |path, (place, value)| path.replace(place, value));
        assert!(!path.contains('{'), "{path}");
        path
    }
}

fn body(route: &str) -> Value {
    match route {
        "POST /bans" => json!({ "who": "192.0.2.8" }),
        "POST /notice" => json!({ "text": "hello" }),
        "POST /blocked" | "POST /blocked/remove" => json!({ "hashes": [HASH] }),
        "POST /sign-in" => json!({ "token": TOKEN }),
        _ => json!({}),
    }
}

#[tokio::test]
async fn every_documented_route_of_the_console_responds_as_documented() {
    let folder = tempfile::tempdir().unwrap();
    let tokens = folder.path().join("tokens");
    std::fs::write(&tokens, format!("ann {TOKEN}\n")).unwrap();
    let tokens = tokens.display().to_string();
    let server = Server::alone(&[&Console::FLAGS[..], &["--admin-token-file", &tokens]].concat()).await;
    let console = Console::of(&server).await.with(TOKEN);
    let (objects, routes) = (Objects::documented(), documented("docs/operators.md", "request"));
    let client = Client::builder().redirect(Policy::none()).build().unwrap();
    let mut wrong = Vec::new();
    for (at, route) in routes.iter().enumerate() {
        let path = Scene::of(&server, &console).await.path(route);
        let method: Method = route.method.parse().unwrap();
        let request = client
            .request(method.clone(), format!("http://{}{path}", console.at))
            .bearer_auth(TOKEN);
        let request = match method {
            Method::GET => request,
            _ => request.json(&body(&route.name())),
        };
        let answer = Answer::of(request.send().await.unwrap()).await;
        wrong.extend(check(&objects, &routes, at, &answer));
    }
    wrong.extend(objects.wrong());
    none(&wrong);
}
