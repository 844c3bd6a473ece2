//! Which files make which stylesheet. The build joins them; with `--public` the server does.

/// The stylesheets of several parts, in the order of the cascade: the one that every page links, and the one that comes with
/// the first sheet that is opened.
pub const STYLESHEETS: [(&str, &[&str]); 2] = [
    (
        "css/app.css",
        &[
            "css/tokens.css",
            "css/visitor.css",
            "css/base.css",
            "css/button.css",
            "css/site.css",
            "css/banner.css",
            "css/rooms.css",
            "css/form.css",
            "css/chat.css",
            "css/members.css",
            "css/message.css",
            "css/gif.css",
            "css/composer.css",
        ],
    ),
    (
        "css/sheets.css",
        &[
            "css/sheets.css",
            "css/menu.css",
            "css/toasts.css",
            "css/strip.css",
            "css/react.css",
            "css/queue.css",
            "css/viewer.css",
        ],
    ),
];
