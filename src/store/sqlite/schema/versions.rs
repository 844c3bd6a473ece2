//! The tables of each version of the file, as what makes it from the version before.

/// What makes each version of the file from the one before. The number of the last is written to `user_version`; a file
/// of a later version is refused rather than guessed at.
pub const VERSIONS: &[&str] = &[
    FIRST, LINES, GIFS_AGAIN, INVITES, WHISPERS, REPORTS, AUTHORS, CLEANUP, PAIRS, PAUSES, PRUNED, ANSWERS, REACTIONS,
    CROWDS, MAKERS, EPOCH, FORGOTTEN, DECISIONS, BLOCKED, LOOKS,
];

/// Rooms, who may enter them, messages.
pub const FIRST: &str = "
CREATE TABLE rooms (
    id            BLOB PRIMARY KEY,
    title         TEXT NOT NULL,
    max           INTEGER NOT NULL,
    password_hash TEXT,
    owner         TEXT NOT NULL,
    owner_color   TEXT NOT NULL,
    created_at    INTEGER NOT NULL,
    last_seq      INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE grants (
    room    BLOB NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    visitor TEXT NOT NULL,
    PRIMARY KEY (room, visitor)
) WITHOUT ROWID;
CREATE TABLE messages (
    room       BLOB NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    seq        INTEGER NOT NULL,
    id         BLOB NOT NULL,
    visitor    TEXT NOT NULL,
    color      TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    nonce      TEXT,
    chat       TEXT,
    gif        TEXT,
    width      INTEGER,
    height     INTEGER,
    frames     INTEGER,
    duration   INTEGER,
    bytes      INTEGER,
    alt        TEXT,
    PRIMARY KEY (room, seq)
) WITHOUT ROWID;
CREATE UNIQUE INDEX messages_nonce ON messages (room, visitor, nonce) WHERE nonce IS NOT NULL;
CREATE INDEX messages_gif ON messages (gif) WHERE gif IS NOT NULL;
";

/// Lines that nobody wrote among the messages, and what owners keep their rooms in order with. A message without text,
/// GIF and line is one that was deleted. `address` is a mark made with the key of the room.
const LINES: &str = "
ALTER TABLE messages ADD COLUMN line TEXT;
ALTER TABLE messages ADD COLUMN count INTEGER;
ALTER TABLE messages ADD COLUMN target BLOB;
ALTER TABLE messages ADD COLUMN address BLOB;
CREATE INDEX messages_line ON messages (room, visitor) WHERE line IS NOT NULL;
ALTER TABLE rooms ADD COLUMN closed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE rooms ADD COLUMN slow INTEGER NOT NULL DEFAULT 0;
ALTER TABLE rooms ADD COLUMN address_key BLOB;
UPDATE rooms SET address_key = randomblob(32);
CREATE TABLE bans (
    room      BLOB NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    visitor   TEXT NOT NULL,
    color     TEXT NOT NULL,
    until     INTEGER,
    addresses BLOB NOT NULL,
    PRIMARY KEY (room, visitor)
) WITHOUT ROWID;
";

/// A stored file may be named by several messages, and a room may refuse its bytes.
const GIFS_AGAIN: &str = "
ALTER TABLE messages ADD COLUMN hash BLOB;
CREATE INDEX messages_gifs ON messages (room, seq) WHERE gif IS NOT NULL;
CREATE TABLE forbidden (
    id   INTEGER PRIMARY KEY,
    room BLOB NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    hash BLOB NOT NULL,
    UNIQUE (room, hash)
);
";

/// Links that let into a locked room, and who came by one.
const INVITES: &str = "
ALTER TABLE grants ADD COLUMN invited INTEGER NOT NULL DEFAULT 0;
CREATE TABLE invites (
    id   INTEGER PRIMARY KEY,
    room BLOB NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    hash BLOB NOT NULL UNIQUE
);
CREATE INDEX invites_room ON invites (room);
";

/// What one visitor says to one other. A turn is never given out twice, so that a reader misses none.
const WHISPERS: &str = "
CREATE TABLE whispers (
    turn       INTEGER PRIMARY KEY AUTOINCREMENT,
    room       BLOB NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    id         BLOB NOT NULL UNIQUE,
    visitor    TEXT NOT NULL,
    color      TEXT NOT NULL,
    to_visitor TEXT NOT NULL,
    to_color   TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    nonce      TEXT,
    chat       TEXT,
    gif        TEXT,
    width      INTEGER,
    height     INTEGER,
    frames     INTEGER,
    duration   INTEGER,
    bytes      INTEGER,
    alt        TEXT,
    hash       BLOB
);
CREATE UNIQUE INDEX whispers_nonce ON whispers (room, visitor, nonce) WHERE nonce IS NOT NULL;
CREATE INDEX whispers_room ON whispers (room, turn);
CREATE INDEX whispers_author ON whispers (room, visitor, turn);
CREATE INDEX whispers_to ON whispers (room, to_visitor, turn);
CREATE INDEX whispers_gif ON whispers (gif) WHERE gif IS NOT NULL;
";

/// What visitors tell the owner about messages.
const REPORTS: &str = "
CREATE TABLE reports (
    n          INTEGER PRIMARY KEY,
    room       BLOB NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    id         BLOB NOT NULL UNIQUE,
    message    BLOB NOT NULL,
    seq        INTEGER NOT NULL,
    visitor    TEXT NOT NULL,
    reason     TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (room, message, visitor)
);
CREATE INDEX messages_id ON messages (room, id);
";

/// What one person wrote in a room is found without going through all of it.
const AUTHORS: &str = "
CREATE INDEX messages_author ON messages (room, visitor) WHERE line IS NULL;
";

/// What is deleted for readers and not yet from the file, and files that no row names any more (see `cleanup`). The index
/// of authors no longer holds blank messages, so that a second clear does not walk over what the first one left.
const CLEANUP: &str = "
CREATE TABLE removed_rooms (
    n    INTEGER PRIMARY KEY,
    room BLOB NOT NULL UNIQUE
);
CREATE TABLE clearings (
    n       INTEGER PRIMARY KEY AUTOINCREMENT,
    room    BLOB NOT NULL,
    visitor TEXT NOT NULL,
    since   INTEGER NOT NULL,
    until   INTEGER NOT NULL,
    forbid  INTEGER NOT NULL
);
CREATE TABLE unreferenced_files (
    name TEXT PRIMARY KEY
) WITHOUT ROWID;
DROP INDEX messages_author;
CREATE INDEX messages_author ON messages (room, visitor)
    WHERE line IS NULL AND (chat IS NOT NULL OR gif IS NOT NULL);
CREATE INDEX messages_hash ON messages (room, hash, visitor) WHERE hash IS NOT NULL;
";

/// What one has whispered to one other is found without going through all that they whispered.
const PAIRS: &str = "
CREATE INDEX whispers_pair ON whispers (room, visitor, to_visitor, turn);
";

/// When visitors wrote last in rooms in slow mode, so that a restart cuts no pause short.
const PAUSES: &str = "
CREATE TABLE pauses (
    room    BLOB NOT NULL,
    visitor TEXT NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (room, visitor)
) WITHOUT ROWID;
";

/// Which turns whispers had that are deleted: whoever has read up to one of them reads on behind it.
const PRUNED: &str = "
CREATE TABLE pruned_whispers (
    room BLOB NOT NULL,
    turn INTEGER NOT NULL,
    id   BLOB NOT NULL,
    PRIMARY KEY (room, id)
) WITHOUT ROWID;
";

/// Which message a message answers, and when its author last changed what it says.
const ANSWERS: &str = "
ALTER TABLE messages ADD COLUMN reply BLOB;
ALTER TABLE messages ADD COLUMN edited INTEGER;
";

/// What people react with to messages, in the order of time.
const REACTIONS: &str = "
CREATE TABLE reactions (
    n       INTEGER PRIMARY KEY,
    room    BLOB NOT NULL,
    message BLOB NOT NULL,
    seq     INTEGER NOT NULL,
    author  TEXT NOT NULL,
    visitor TEXT NOT NULL,
    color   TEXT NOT NULL,
    kind    TEXT NOT NULL,
    UNIQUE (room, message, visitor, kind)
);
";

/// Whether people of one address may take all seats of a room.
const CROWDS: &str = "
ALTER TABLE rooms ADD COLUMN crowd INTEGER NOT NULL DEFAULT 0;
";

/// Who made rooms, and whose the stored GIFs are, as bounds of the site count it: a visitor, and marks of their networks made
/// with the key of the site. Of GIFs that were there before only the visitor is known, and that a still is no larger.
const MAKERS: &str = "
CREATE TABLE site (key BLOB NOT NULL);
INSERT INTO site VALUES (randomblob(32));
ALTER TABLE rooms ADD COLUMN maker TEXT;
ALTER TABLE rooms ADD COLUMN networks BLOB NOT NULL DEFAULT x'';
CREATE TABLE gifs (
    name     TEXT PRIMARY KEY,
    room     BLOB NOT NULL,
    visitor  TEXT,
    networks BLOB NOT NULL,
    bytes    INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO gifs SELECT gif, room, visitor, x'', 2 * max(bytes)
    FROM (SELECT gif, room, visitor, bytes FROM messages WHERE gif IS NOT NULL
          UNION ALL SELECT gif, room, visitor, bytes FROM whispers WHERE gif IS NOT NULL) GROUP BY gif;
";

/// The epoch of all rooms.
const EPOCH: &str = "
CREATE TABLE epoch (
    epoch TEXT NOT NULL
);
INSERT INTO epoch (epoch) VALUES (lower(hex(randomblob(8))));
";

/// Up to which place rooms keep nothing, whether others than the maker ever came, whose lines may be gone by then, and which
/// rooms have rows that are to be deleted for that (see `cleanup`).
const FORGOTTEN: &str = "
ALTER TABLE rooms ADD COLUMN forgotten INTEGER NOT NULL DEFAULT 0;
ALTER TABLE rooms ADD COLUMN visited INTEGER NOT NULL DEFAULT 0;
CREATE TABLE forgettings (
    n     INTEGER PRIMARY KEY,
    room  BLOB NOT NULL UNIQUE
);
";

/// What operators decided, as JSON.
const DECISIONS: &str = "
CREATE TABLE decisions (
    n     INTEGER PRIMARY KEY CHECK (n = 1),
    state TEXT NOT NULL
);
";

/// Bytes that no room takes, and where bytes are.
const BLOCKED: &str = "
CREATE TABLE blocked (
    hash BLOB PRIMARY KEY
) WITHOUT ROWID;
CREATE INDEX messages_bytes ON messages (hash) WHERE hash IS NOT NULL;
CREATE INDEX whispers_bytes ON whispers (hash) WHERE hash IS NOT NULL;
";

/// What the first frame of a file looks like; not known of files that were there before.
const LOOKS: &str = "
ALTER TABLE gifs ADD COLUMN look INTEGER;
";
