// What the parts of the page of a room share, in the order in which they add to it.
import type { Composer } from "../../../public/js/components/composer.js";
import type { ExtrasLater } from "../../../public/js/components/extras-later.js";
import type { MembersView } from "../../../public/js/components/members.js";
import type { MessageList } from "../../../public/js/components/message-list.js";
import type { Notices } from "../../../public/js/components/notices.js";
import type { RoomFacts } from "../../../public/js/components/room-facts.js";
import type { RoomSheets } from "../../../public/js/components/room-sheets.js";
import type { UnreadBadge } from "../../../public/js/components/unread-badge.js";
import type { UploadsLater } from "../../../public/js/components/uploads-later.js";
import type { WhispersLater } from "../../../public/js/components/whispers-later.js";
import type { RoomStorage } from "../../../public/js/lib/room-storage.js";
import type { Socket } from "../../../public/js/lib/socket.js";
import type { Conversation } from "../../../public/js/models/conversation.js";
import type { Outbox } from "../../../public/js/models/outbox.js";
import type { SlowMode } from "../../../public/js/models/slow-mode.js";
import type { Typing } from "../../../public/js/models/typing.js";

declare global {
  interface ChatPage {
    room: string;
    epoch: string;
    /** The id of the owner when the page was rendered. */
    owner: string;
    /** The place of the newest message that the server rendered. */
    last: number;
    /** Characters of a message. */
    chatLimit: number;
    /** Bytes of a GIF. */
    gifLimit: number;
    me: Who;

    // frame.js
    storage: RoomStorage;
    notices: Notices;
    facts: RoomFacts;
    badge: UnreadBadge;
    /** One neither writes nor sees who is here: for good, or as long as the seats are taken. */
    shut(out: boolean): void;

    // line.js
    socket: Socket;
    /** Whether messages are asked for now and then, as the line can't be had. */
    polls(): boolean;
    stopPolling(): void;

    // history.js
    /** Whether a row counts as unread. */
    isNews(row: Row): boolean;
    list: MessageList;
    extras: ExtrasLater;
    members: MembersView;

    // sending.js
    slowMode: SlowMode;
    /** Says something under the field. */
    say(text: string): void;
    outbox: Outbox;
    uploads: UploadsLater;
    typing: Typing;
    /** Puts a message in line; whether there was space for it. */
    add(content: Content): boolean;
    composer: Composer;

    // conversation.js
    conversation: Conversation;
    /** The room is another now. */
    changed(room: Room): void;

    // tools.js
    whispers: WhispersLater;
    sheets: RoomSheets;
  }

  /** A sentence with an icon and ways out. */
  interface Banner {
    icon?: string;
    tone?: string;
    says: string;
    /** Dots that move while something is tried. */
    dots?: boolean;
    more?: string;
    button?: { text: string; act: () => unknown };
    link?: BannerLink | null;
    /** Closes it. */
    shut?: () => void;
  }

  /** A banner over the list. */
  interface Notice extends Banner {
    /** Whether one can close it. */
    close?: boolean;
    start?: ((banner: HTMLElement) => void) | null;
  }

  interface BannerLink {
    text: string;
    href: string;
  }

  /** Makes the notice to who is out, of the module that has its words, with the way to the list of rooms. */
  type OutNotice = (words: typeof import("../../../public/js/components/out.js"), list: BannerLink) => Notice;
}
