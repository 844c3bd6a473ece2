//! Every route is documented, and every documented route exists.

use std::collections::BTreeSet;

use super::{all_spans, function, read, same, tables_of};

/// A documented route.
#[derive(Clone, Debug)]
pub struct Route {
    pub method: String,
    pub path: String,
    /// What the request has.
    pub request: String,
    /// What the response is.
    pub response: String,
}

impl Route {
    pub fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// The routes of a document: of the tables whose first column has that name.
pub fn documented(document: &str, column: &str) -> Vec<Route> {
    let text = read(document);
    let mut routes = Vec::new();
    for row in tables_of(&text, column).into_iter().flat_map(|table| table.rows) {
        for name in all_spans(&row[0]) {
            let (method, path) = name
                .split_once(' ')
                .unwrap_or_else(|| panic!("{document}: `{name}` has no method"));
            routes.push(Route {
                method: method.to_owned(),
                path: path.to_owned(),
                request: row[1].clone(),
                response: row[2].clone(),
            });
        }
    }
    routes
}

/// The arguments of each call in the source, up to the bracket that ends them.
fn calls<'a>(source: &'a str, call: &str) -> Vec<&'a str> {
    let arguments = |rest: &'a str| {
        let mut depth = 1;
        let end = rest.find(|c| {
            depth += i32::from(c == '(') - i32::from(c == ')');
            depth == 0
        });
        end.map(|end| &rest[..end])
    };
    let places = source.match_indices(call).map(|(at, call)| &source[at + call.len()..]);
    places.filter_map(arguments).collect()
}

/// A path as it stands in the router: a text, or a constant of a handler.
fn path(argument: &str) -> String {
    let argument = argument.trim();
    if let Some(path) = argument.strip_prefix('"') {
        return path.trim_end_matches('"').to_owned();
    }
    let (module, name) = argument
        .split_once("::")
        .unwrap_or_else(|| panic!("no path: {argument}"));
    let source = read(&format!("src/web/handlers/{module}.rs"));
    let value = source.split_once(&format!("const {name}: &str = \"")).unwrap().1;
    value.split('"').next().unwrap().to_owned()
}

/// The routes that a router has, each with its method; a route for any method is documented with each that makes sense.
fn routed(source: &str) -> (BTreeSet<String>, Vec<String>) {
    let source = read(source);
    let (mut routes, mut any) = (BTreeSet::new(), Vec::new());
    for call in calls(function(&source, "pub fn router("), ".route(") {
        let (place, handlers) = call.split_once(',').unwrap();
        let path = path(place);
        if !calls(handlers, "any(").is_empty() {
            any.push(path.clone());
        }
        for method in ["get", "post", "patch", "delete", "put"] {
            let is_method = |at: usize| !handlers[..at].ends_with(|c: char| c.is_alphanumeric() || "_:".contains(c));
            let call = format!("{method}(");
            if handlers.match_indices(&call).any(|(at, _)| is_method(at)) {
                routes.insert(format!("{} {path}", method.to_uppercase()));
            }
        }
    }
    (routes, any)
}

#[track_caller]
fn agree(document: &str, column: &str, source: &str) {
    let (routes, any) = routed(source);
    assert!(routes.len() > 20, "{routes:?}");
    let mut documented: BTreeSet<_> = documented(document, column).iter().map(Route::name).collect();
    for path in any {
        let before = documented.len();
        documented.retain(|name| name.split(' ').nth(1) != Some(&path));
        assert!(
            documented.len() < before,
            "`{path}`: add this route to the tables of {document}"
        );
    }
    let undocumented = format!("add this route to the tables of {document}");
    let gone = format!("{source} has no such route: correct or remove its row in {document}");
    same((&documented, &undocumented), (&routes, &gone));
}

#[test]
fn every_route_of_the_site_is_documented() {
    agree("docs/interface.md", "route", "src/web.rs");
}

#[test]
fn every_route_of_the_console_is_documented() {
    agree("docs/operators.md", "request", "src/web/operator.rs");
}
