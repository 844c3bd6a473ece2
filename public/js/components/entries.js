// The entries of the menu that everybody has.
import { texts } from "../lib/texts.js";
import { toast } from "../lib/toast.js";
import { openMenu } from "./menu.js";
import { mayEdit } from "./edits.js";
import { isMuted, mute } from "./muted.js";
import { quoteOf } from "./quotes.js";

/**
 * @param {Subject} subject
 * @return {subject is StoredSubject}
 */
const isStored = (subject) => subject.kind === "message" && Boolean(subject.id && (subject.text ?? subject.gif));

/** @type {(page: ChatPage) => Action[]} */
const entries = ({ facts, sheets, whispers, extras }) => [
  {
    icon: "reply",
    text: () => texts.reply.reply,
    when: isStored,
    /** @param {StoredSubject} subject */
    act: (subject) => extras.use(({ answer }) => answer(quoteOf(subject))),
  },
  {
    icon: "react",
    text: () => texts.react.react,
    when: isStored,
    /** @param {StoredSubject} subject */
    act: (subject) => sheets.react(({ openReact }, room) => openReact(room, subject)),
  },
  {
    icon: "people",
    text: () => texts.react.who,
    when: (subject) => isStored(subject) && Boolean(subject.element.querySelector(".reaction")),
    /** @param {StoredSubject} subject */
    act: (subject) => sheets.react(({ openReacted }, room) => openReacted(room, subject)),
  },
  {
    icon: "edit",
    text: () => texts.edit.edit,
    when: (subject) => isStored(subject) && mayEdit(subject.element),
    /** @param {StoredSubject} subject */
    act: (subject) => extras.use(({ edit }) => edit(subject)),
  },
  {
    icon: "copy",
    text: () => texts.talk.copy,
    when: ({ text }) => Boolean(text) && Boolean(navigator.clipboard),
    /** @param {MessageSubject & { text: string }} subject */
    act: ({ text }) =>
      navigator.clipboard.writeText(text).then(
        () => toast(texts.talk.copied),
        () => {},
      ),
  },
  {
    icon: "whisper",
    text: () => texts.whisper.whisper,
    when: ({ mine }) => !mine,
    act: ({ visitor, name, color, hue }) => whispers.open({ id: visitor, name, color, hue }),
  },
  muting(false),
  muting(true),
  {
    icon: "flag",
    text: () => texts.report.report,
    when: (subject) => isStored(subject) && !subject.mine && !facts.mine,
    /** @param {StoredSubject} subject */
    act: (subject) => sheets.report(subject),
  },
  {
    icon: "trash",
    danger: true,
    text: () => texts.moderation.delete,
    when: (subject) => isStored(subject) && subject.mine && !facts.mine,
    /** @param {StoredSubject} subject */
    act: (subject) => sheets.deleteOwn(subject),
  },
];

/** @type {(muted: boolean) => Action} */
const muting = (muted) => ({
  icon: muted ? "bell" : "mute",
  text: () => (muted ? texts.mute.undo : texts.mute.mute),
  when: ({ mine, visitor }) => !mine && isMuted(visitor) === muted,
  act: ({ visitor, name }) => mute(visitor, name, !muted),
});

/**
 * Opens the menu of a subject with the entries that everybody has, and `more` actions.
 * @param {HTMLElement} button
 * @param {Subject} subject
 * @param {ChatPage} page
 * @param {Action[]} more
 */
export function openEntries(button, subject, page, more) {
  const offered = [...entries(page), ...more].filter((action) => action.when(subject));
  openMenu(
    button,
    subject,
    offered.map((action) => ({
      ...action,
      text: action.text(subject),
      act: () => action.act(subject),
    })),
  );
}
