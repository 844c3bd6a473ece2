//! A line that nobody wrote: what happened in a room, in its place among the messages.

use super::{MessageId, Visitor};

/// What happened, and how many sat in the room then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// What happened.
    pub kind: LineKind,
    /// How many seats were taken right after it.
    pub count: u32,
}

/// What happened to the visitor of the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineKind {
    /// Came in.
    Joined,
    /// Left.
    Left,
    /// Became the owner.
    Owner,
    /// Was sent out by the owner.
    Kicked,
    /// Was sent out by the owner and may not come back.
    Banned,
    /// A message of theirs was deleted.
    Deleted(MessageId),
    /// They changed what a message of theirs says.
    Edited(MessageId),
    /// All their messages up to this line were deleted by the owner.
    Cleared,
    /// As the owner, gave the room another title.
    Renamed,
    /// As the owner, set a password.
    Locked,
    /// As the owner, removed the password.
    Unlocked,
    /// As the owner, changed the pause between two messages, or ended it.
    Slowed,
    /// As the owner, lets in nobody new from now on.
    Closed,
    /// As the owner, lets people in again.
    Opened,
    /// As the owner, changed several of these at once.
    Changed,
}

impl LineKind {
    /// Its name on the wire and in a store.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Joined => "joined",
            Self::Left => "left",
            Self::Owner => "owner",
            Self::Kicked => "kicked",
            Self::Banned => "banned",
            Self::Deleted(_) => "deleted",
            Self::Edited(_) => "edited",
            Self::Cleared => "cleared",
            Self::Renamed => "renamed",
            Self::Locked => "locked",
            Self::Unlocked => "unlocked",
            Self::Slowed => "slowed",
            Self::Closed => "closed",
            Self::Opened => "opened",
            Self::Changed => "changed",
        }
    }

    /// The kind of a name; `message` is the deleted or edited one.
    pub fn from_store(name: &str, message: Option<MessageId>) -> Option<Self> {
        match (name, message) {
            ("deleted", Some(message)) => Some(Self::Deleted(message)),
            ("edited", Some(message)) => Some(Self::Edited(message)),
            (name, _) => [
                Self::Joined,
                Self::Left,
                Self::Owner,
                Self::Kicked,
                Self::Banned,
                Self::Cleared,
                Self::Renamed,
                Self::Locked,
                Self::Unlocked,
                Self::Slowed,
                Self::Closed,
                Self::Opened,
                Self::Changed,
            ]
            .into_iter()
            .find(|kind| kind.name() == name),
        }
    }

    /// The deleted or edited message.
    pub const fn message(self) -> Option<MessageId> {
        match self {
            Self::Deleted(message) | Self::Edited(message) => Some(message),
            _ => None,
        }
    }

    /// Whether it takes from messages what they say.
    pub const fn is_about_messages(self) -> bool {
        matches!(self, Self::Deleted(_) | Self::Cleared)
    }

    /// The event that tells it to sockets.
    pub const fn event(self) -> &'static str {
        match self {
            Self::Joined => "join",
            Self::Left => "exit",
            // Clients that know nothing of it must not show its text as a new message.
            Self::Edited(_) => "edit",
            _ => "chat",
        }
    }

    /// The Korean sentence in the field `chat` of a system message, worded like the textbook's: clients that are written for the
    /// textbook show it as it is (docs/interface.md). Pages have sentences of their own in `locales`, in the reader's language.
    pub fn text(self, visitor: Visitor) -> String {
        let color = visitor.color;
        match self {
            Self::Joined => format!("{color}님이 입장하셨습니다."),
            Self::Left => format!("{color}님이 퇴장하셨습니다."),
            Self::Owner => format!("{color}님이 방장이 되셨습니다."),
            Self::Kicked => format!("{color}님이 내보내졌습니다."),
            Self::Banned => format!("{color}님의 입장이 금지되었습니다."),
            Self::Deleted(_) => "메시지가 삭제되었습니다.".to_owned(),
            Self::Edited(_) => format!("{color}님이 메시지를 수정하셨습니다."),
            Self::Cleared => format!("{color}님의 메시지가 모두 삭제되었습니다."),
            Self::Renamed => format!("{color}님이 방 제목을 바꾸셨습니다."),
            Self::Locked => format!("{color}님이 비밀번호를 정하셨습니다."),
            Self::Unlocked => format!("{color}님이 비밀번호를 없애셨습니다."),
            Self::Slowed => format!("{color}님이 저속 모드를 바꾸셨습니다."),
            Self::Closed => format!("{color}님이 새 입장을 막으셨습니다."),
            Self::Opened => format!("{color}님이 새 입장을 다시 허용하셨습니다."),
            Self::Changed => format!("{color}님이 방 설정을 바꾸셨습니다."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_survives_its_name() {
        let message = MessageId::random();
        for kind in [
            LineKind::Joined,
            LineKind::Left,
            LineKind::Owner,
            LineKind::Kicked,
            LineKind::Banned,
            LineKind::Deleted(message),
            LineKind::Edited(message),
            LineKind::Cleared,
            LineKind::Renamed,
            LineKind::Locked,
            LineKind::Unlocked,
            LineKind::Slowed,
            LineKind::Closed,
            LineKind::Opened,
            LineKind::Changed,
        ] {
            assert_eq!(LineKind::from_store(kind.name(), kind.message()), Some(kind));
        }
        assert_eq!(LineKind::from_store("deleted", None), None);
        assert_eq!(LineKind::from_store("edited", None), None);
        assert_eq!(LineKind::from_store("x", Some(message)), None);
    }
}
