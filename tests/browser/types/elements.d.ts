// The elements that scripts take from the templates, where they are more than an HTMLElement.

/** By their id. */
interface Ids {
  address: HTMLInputElement;
  "banner-template": HTMLTemplateElement;
  chat: HTMLTextAreaElement;
  "chat-form": HTMLFormElement;
  "day-template": HTMLTemplateElement;
  "deed-dialog": HTMLDialogElement;
  "deed-do": HTMLButtonElement;
  "deed-seconds": HTMLSelectElement;
  "delete-btn": HTMLButtonElement;
  "delete-dialog": HTMLDialogElement;
  "delete-form": HTMLFormElement;
  "edit-btn": HTMLButtonElement;
  "edit-dialog": HTMLDialogElement;
  "edit-form": Form<"title" | "max" | "password" | "open" | "closed" | "crowd" | "slow">;
  "edit-slow": HTMLInputElement;
  "edited-template": HTMLTemplateElement;
  "exit-btn": HTMLAnchorElement;
  gif: HTMLInputElement;
  invite: HTMLDialogElement;
  "invite-btn": HTMLButtonElement;
  "invite-copy": HTMLButtonElement;
  "invite-new": HTMLButtonElement;
  "invite-share": HTMLButtonElement;
  "invite-url": HTMLInputElement;
  "invite-withdraw": HTMLButtonElement;
  "item-template": HTMLTemplateElement;
  key: HTMLInputElement;
  "leave-dialog": HTMLDialogElement;
  "line-template": HTMLTemplateElement;
  "member-template": HTMLTemplateElement;
  "members-btn": HTMLButtonElement;
  "message-template": HTMLTemplateElement;
  "missed-template": HTMLTemplateElement;
  "motion-btn": HTMLButtonElement;
  "notify-btn": HTMLButtonElement;
  "own-dialog": HTMLDialogElement;
  "own-do": HTMLButtonElement;
  password: HTMLInputElement;
  pill: HTMLButtonElement;
  "queue-clear": HTMLButtonElement;
  "quote-template": HTMLTemplateElement;
  react: HTMLDialogElement;
  "react-form": HTMLFormElement;
  "react-other": HTMLInputElement;
  reacted: HTMLDialogElement;
  "reactions-template": HTMLTemplateElement;
  reason: HTMLInputElement;
  report: HTMLDialogElement;
  "report-cancel": HTMLButtonElement;
  "report-form": HTMLFormElement;
  "report-owner": HTMLDialogElement;
  "report-reason": HTMLInputElement;
  "report-send": HTMLButtonElement;
  "report-site": HTMLButtonElement;
  reports: HTMLDialogElement;
  "reports-btn": HTMLButtonElement;
  "room-form": Form<"title" | "max" | "password">;
  "room-template": HTMLTemplateElement;
  "send-btn": HTMLButtonElement;
  "share-template": HTMLTemplateElement;
  "start-gif": HTMLButtonElement;
  "start-invite": HTMLButtonElement;
  "strip-cancel": HTMLButtonElement;
  "theme-btn": HTMLButtonElement;
  tray: HTMLDialogElement;
  "tray-btn": HTMLButtonElement;
  "upload-template": HTMLTemplateElement;
  viewer: HTMLDialogElement;
  whisper: HTMLDialogElement;
  "whisper-form": HTMLFormElement;
  "whisper-gif": HTMLInputElement;
  "whisper-text": HTMLTextAreaElement;
  "whisper-tray": HTMLButtonElement;
  "whispers-news": HTMLButtonElement;
  "error-banner": HTMLElement | null;
  "old-banner": HTMLElement | null;
  "share-rooms": HTMLElement | null;
}

/** By a selector, inside a row, a card or a dialog. */
interface Parts {
  "[name=application-name]": HTMLMetaElement;
  "[name=title], [name=max], [name=password]": HTMLInputElement;
  "#room-list time": HTMLTimeElement;
  "#share-rooms a": HTMLAnchorElement;
  ".gif__frame img": HTMLImageElement;
  ".gif__open": HTMLAnchorElement;
  ".gif__play": HTMLButtonElement;
  ".mark": HTMLImageElement;
  ".message__muted button": HTMLButtonElement;
  ".message__edited": HTMLTimeElement;
  ".message__time": HTMLTimeElement;
  ".more": HTMLButtonElement;
  ".quote": HTMLAnchorElement;
  ".quote__still": HTMLImageElement;
  ".join-btn": HTMLAnchorElement;
  ".reaction__gif": HTMLImageElement;
  ".room__mark": HTMLImageElement;
  ".seats": HTMLProgressElement;
  ".upload__alt": HTMLInputElement;
  "img[width]:not(.mark)": HTMLImageElement;
  "link[rel=icon]": HTMLLinkElement;
  "[data-do=cancel]": HTMLButtonElement;
  "[data-do=retry]": HTMLButtonElement;
  use: SVGUseElement;
}

/** The one element in a template, by the id of that. */
interface Clones {
  "edited-template": HTMLTimeElement;
  "item-template": HTMLButtonElement;
  "quote-template": HTMLAnchorElement;
}

/** A form with inputs of these names. */
type Form<Names extends string> = HTMLFormElement & {
  elements: HTMLFormControlsCollection & Record<Names, HTMLInputElement>;
};

/** What templates or scripts write on every element of its kind. */
interface DOMStringMap {
  at: string;
  by: string;
  do: string;
  id: string;
  visitor: string;
  room: string;
  epoch: string;
  owner: string;
  last: string;
  chatLimit: string;
  gifLimit: string;
  me: string;
  name: string;
  color: string;
  hue: string;
}

type ElementById = <Id extends string>(id: Id) => Id extends keyof Ids ? Ids[Id] : HTMLElement;

type CloneOf = <Id extends string>(id: Id) => Id extends keyof Clones ? Clones[Id] : HTMLElement;

type PartOf = <Selector extends string>(parent: ParentNode, selector: Selector) => PartAt<Selector>;

type AllOf = <Selector extends string>(parent: ParentNode, selector: Selector) => PartAt<Selector>[];

type PartAt<Selector extends string> = Selector extends keyof Parts
  ? Parts[Selector]
  : Selector extends keyof HTMLElementTagNameMap
    ? HTMLElementTagNameMap[Selector]
    : HTMLElement;

// The pages consist of HTML, but for the icons, which are asked for as what they are.

interface HTMLElement {
  readonly children: HTMLCollectionOf<HTMLElement>;
  readonly firstElementChild: HTMLElement | null;
  readonly lastElementChild: HTMLElement | null;
  readonly nextElementSibling: HTMLElement | null;
  readonly previousElementSibling: HTMLElement | null;
}

/** A copy is what it copies. */
interface Node {
  cloneNode(subtree?: boolean): this;
}
