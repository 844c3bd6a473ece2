// What the scripts of a page share.

/** Who somebody is, as a page shows it: in its language. */
interface Who {
  id: string;
  name: string;
  color: string;
  hue: Hue;
}

/** What one wrote, or a GIF of this room that is sent again, and the message that it answers. */
interface Content {
  chat?: string;
  gif?: string;
  alt?: string;
  reply?: Reply;
}

/** A message that is answered, as it is kept until the answer is sent. */
type Reply = Pick<Message, "_id"> & Partial<Quote>;

/** What actions are about. */
type Subject = MessageSubject | MemberSubject;

interface AboutSomebody extends Omit<Who, "id"> {
  visitor: string;
  /** Whether it is the visitor of this page. */
  mine: boolean;
}

interface MessageSubject extends AboutSomebody {
  kind: "message";
  element: HTMLElement;
  /** None while it is not stored. */
  id?: string;
  /** What it says, and the name of its GIF; neither once it is deleted. */
  text: string | null;
  gif: string | null;
}

interface MemberSubject extends AboutSomebody {
  kind: "member";
  id?: undefined;
  text?: undefined;
  gif?: undefined;
}

/** A message that is stored and not deleted. */
type StoredSubject = MessageSubject & { id: string };

/** An entry of the menu of a subject: `act` may expect what `when` makes sure of. */
interface Action {
  icon: string;
  /** It destroys something. */
  danger?: boolean;
  text(subject: Subject): string;
  when(subject: Subject): boolean;
  act(subject: Subject): unknown;
}

/** What is said about a file that goes up. */
interface GifFields {
  nonce: string;
  file: File;
  alt: string;
  chat?: string;
  reply?: Reply;
  /** Of a whisper: to whom. */
  to?: string;
}

/** An upload on its way: its answer, and the end of it before that. */
interface Posting<Gives = Message> {
  done: Promise<Gives>;
  abort(): void;
}

/** A text that waits to be stored. */
interface OutboxItem {
  nonce: string;
  content: Content;
  /** When it was written, in ms. */
  at: number;
  state: "pending" | "stored" | "sent" | "failed" | "removed";
  /** Why it failed. */
  why?: Refusal;
  /** It can't be tried again. */
  final?: boolean;
  /** Nobody knows whether it was stored. */
  unsure?: boolean;
}

/** What a row shows that is not stored yet: a text, or a GIF of this room, or one that is sent, with its file and still. */
interface UnsentItem extends Pick<OutboxItem, "nonce" | "at" | "state" | "why" | "final"> {
  content: Content & { file?: File; still?: Blob; width?: number; height?: number; bytes?: number };
  /** Shows how far it is. */
  dress?(row: HTMLElement): void;
}

type SavedItem = Pick<OutboxItem, "nonce" | "content" | "at" | "why">;

/** A GIF that waits to be stored. */
interface Upload extends GifFields {
  alt: string;
  chat: string;
  at: number;
  state: "ready" | "waiting" | "sending" | "checking" | "failed";
  /** How much of it is there, 0 to 1. */
  progress: number;
  tries: number;
  why: Refusal | null;
  final: boolean;
  unsure?: boolean;
  /** Its message has come. */
  known?: boolean;
  /** Its first frame, once that is known. */
  picture?: { still: Blob; width: number; height: number };
}

/** A file as the browser keeps it for a tab. */
interface StoredFile extends GifFields {
  at: number;
  waiting: boolean;
  room: string;
  tab: string;
}

/** A timer, or the number that a test gives one. */
type Timer = ReturnType<typeof globalThis.setTimeout> | number;

/** The clock that a model is given, so that tests can turn it. */
interface Clock {
  setTimeout(run: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
}

/** A frame of Socket.IO in an Engine.IO message. */
interface Packet {
  kind: string;
  namespace?: string;
  id?: number;
  // biome-ignore lint/suspicious/noExplicitAny: what is in it depends on the event.
  data?: any;
}

/** Tells how the tries to connect went. */
interface Failure {
  failures: number;
  opened: boolean;
}

/** What `Conversation` tells, by event. */
interface ConversationEvents {
  joined: Joined;
  left: undefined;
  refused: { why: Refusal; again: boolean; been: boolean };
  deliver: Row[];
  known: Row;
  missed: { count: number; again: boolean };
  leapt: { seq: number; missed: number };
  changed: Room;
  typing: Visitor;
  away: { visitor: string; away: boolean };
  lost: string[];
  reacted: RoomReactions;
  reported: OwnerReport;
  exception: Refusal;
  gone: undefined;
  sentout: Refusal;
  stale: undefined;
}

/** What `Socket` tells: how it goes with it, and the events of docs/interface.md. */
interface SocketEvents {
  connect: undefined;
  disconnect: undefined;
  failed: Failure;
  chat: Row;
  join: Line;
  exit: Line;
  edit: Line;
  reactions: RoomReactions;
  newRoom: Room;
  updateRoom: Room;
  removeRoom: string;
  typing: Visitor;
  away: { visitor: string; away: boolean };
  whisper: Whisper;
  report: OwnerReport;
  exception: Refusal;
  missed: { away: string[] } | null;
}
