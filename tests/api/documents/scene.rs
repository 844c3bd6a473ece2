//! A room in which there is one of everything, for requests of each documented route.

use reqwest::{RequestBuilder, multipart::Form};
use serde_json::{Value, json};

use super::{between, router::Route};
use crate::{
    fixtures::animated,
    support::{Socket, TestApp, Visitor, form_of},
};

/// A room with people in it, in which there is one of everything.
pub struct Scene {
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
    pub async fn of(app: &TestApp) -> Self {
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
        let banned = app.visitor().await;
        banned.unlock(&room, "sesame").await.ok();
        sockets.push(banned.join(&room).await);
        sockets[0]
            .ask("whisper", json!({ "to": author.id, "chat": "psst" }))
            .await;
        sockets[0]
            .ask("react", json!({ "message": message, "emoji": "👍" }))
            .await;
        sockets[0]
            .ask("moderate", json!({ "action": "ban", "visitor": banned.id }))
            .await;
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

    /// The request of a route.
    pub async fn request(&self, route: &Route) -> RequestBuilder {
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

/// A value that is a text.
fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}
