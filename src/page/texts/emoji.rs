//! The emoji that one can react with at a touch.

use super::EmojiTexts;

impl EmojiTexts {
    /// Each emoji with its name.
    pub(crate) const fn all(&self) -> [(&'static str, &'static str); 24] {
        [
            ("👍", self.thumbs_up),
            ("❤️", self.heart),
            ("😂", self.joy),
            ("🤣", self.rolling),
            ("😊", self.smile),
            ("😍", self.heart_eyes),
            ("😘", self.kiss),
            ("😎", self.cool),
            ("🤔", self.thinking),
            ("😮", self.surprised),
            ("🤯", self.blown),
            ("😢", self.sad),
            ("😭", self.crying),
            ("😡", self.angry),
            ("🙄", self.eye_roll),
            ("🥳", self.party),
            ("🎉", self.tada),
            ("👏", self.clap),
            ("🙏", self.pray),
            ("💪", self.strong),
            ("👀", self.eyes),
            ("🔥", self.fire),
            ("💯", self.hundred),
            ("👎", self.thumbs_down),
        ]
    }
}
