// The objects of docs/interface.md, as scripts and tests read them.

type Hue = number | null;

/** What somebody is called, in both languages. */
interface Names {
  en: string;
  ko: string;
}

interface Visitor {
  id: string;
  color: string;
  hue: Hue;
  name: Names;
}

interface Room {
  _id: string;
  title: string;
  max: number;
  count: number;
  away: number;
  owner: string;
  visitor: string;
  name: Names;
  hue: Hue;
  password: boolean;
  closed: boolean;
  slow: number;
  crowd: boolean;
  createdAt: string;
  asleep: boolean;
}

/** A page of a list. */
interface Listing<Item> {
  data: Item[];
  count: number;
  next?: string | null;
  cursor?: { before?: string | number | null; after?: string | number | null };
}

/** `GET /room/{id}/messages` */
interface MessagePage extends Listing<Row> {
  epoch: string;
  first: number;
}

/** `GET /rooms` */
interface RoomPage extends Listing<Room> {
  total: number;
}

/** A GIF as the tray lists it. */
interface Gif {
  gif: string;
  width: number;
  height: number;
  frames: number;
  duration: number;
  bytes: number;
  alt: string;
}

interface Quote {
  _id: string;
  seq?: number;
  user?: string;
  hue?: Hue;
  visitor?: string;
  name?: Names;
  chat?: string;
  gif?: string;
  alt?: string;
  deleted?: boolean;
}

interface Reaction {
  emoji?: string;
  gif?: string;
  count: number;
  visitors: string[];
}

/** A kind of reaction to a message, with who reacted so. */
interface ReactionKind {
  emoji?: string;
  gif?: string;
  count: number;
  by: Visitor[];
}

interface ReactedMessage {
  _id: string;
  seq?: number;
  reactions: Reaction[];
}

interface RoomReactions {
  room: string;
  version: number;
  all?: boolean;
  messages: ReactedMessage[];
}

interface Message extends Partial<Gif> {
  _id: string;
  room: string;
  seq: number;
  user: string;
  hue: Hue;
  visitor: string;
  name: Names;
  createdAt: string;
  chat?: string;
  deleted?: boolean;
  edited?: string;
  reply?: Quote;
  reactions?: Reaction[];
  nonce?: string;
  line?: undefined;
}

type LineKind =
  | "joined"
  | "left"
  | "owner"
  | "kicked"
  | "banned"
  | "deleted"
  | "edited"
  | "cleared"
  | "renamed"
  | "locked"
  | "unlocked"
  | "slowed"
  | "closed"
  | "opened"
  | "changed";

/** A system message. */
interface Line {
  _id: string;
  room: string;
  seq: number;
  user: "system";
  line: LineKind;
  visitor: string;
  name: Names;
  color: string;
  hue: Hue;
  count: number;
  chat?: string;
  message?: string;
  deleted?: boolean;
  createdAt: string;
  nonce?: undefined;
}

/** What has a place in the history of a room. */
type Row = Message | Line;

interface Whisper extends Partial<Gif> {
  _id: string;
  room: string;
  user: string;
  hue: Hue;
  visitor: string;
  name: Names;
  to: Visitor;
  createdAt: string;
  chat?: string;
  nonce?: string;
}

/** A report to the owner. */
interface OwnerReport {
  _id: string;
  room: string;
  message: string;
  seq: number;
  reason: string;
  createdAt: string;
  about?: Message;
}

interface Ban {
  id: string;
  color: string;
  hue: Hue;
  name: Names;
  until: string | null;
}

/** Why something was refused: by the server, or as `offline` by the line. */
interface Refusal {
  ok?: false;
  status?: number;
  code?: string;
  message?: string;
  field?: string;
  retryAfter?: number;
  /** Of a file that is too large, and what is allowed, in bytes. */
  size?: number;
  limit?: number;
}

/** Of events that were taken, with what the event gives. */
type Accepted<Gives = object> = { ok: true; code?: undefined; retryAfter?: undefined } & Gives;

type Ack<Gives = object> = Accepted<Gives> | (Refusal & { ok?: false });

/** What `join` gives. */
interface Joined {
  you: Visitor;
  room: Room;
  members: Visitor[];
  away: string[];
  seq: number;
  epoch: string;
  reactions: number;
}

/** `POST /room/{id}/invite` */
interface Invite {
  url: string;
  qr: string;
}

/** `GET /sheets/{lang}/{name}` */
interface Sheet {
  html: string;
  texts: Record<string, Record<string, string>>;
}
