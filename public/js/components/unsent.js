// Own messages that are not stored yet. They stand behind all that is.
import { DAY } from "./grouping.js";
import { makePending, setState } from "./message.js";

export class Unsent {
  #rows;
  #me;
  #shown = new Map();

  constructor(rows, me) {
    this.#rows = rows;
    this.#me = me;
  }

  /** Shows the state of a message; gives its element when that is new and has no place yet. */
  show({ nonce, state, why, final, dress, ...item }) {
    const known = this.#shown.get(nonce);
    const element = known ?? makePending({ nonce, ...item }, this.#me);
    this.#shown.set(nonce, element);
    setState(element, state, why, final);
    dress?.(element);
    return known ? null : element;
  }

  /** The element of a message that waits no more, if there is one. */
  release(nonce) {
    const element = this.#shown.get(nonce);
    this.#shown.delete(nonce);
    return element;
  }

  /** The first of them. */
  get first() {
    return this.#shown.size > 0 ? this.#rows.querySelector(".message[data-nonce]") : null;
  }

  /** Where they begin: a day line belongs to the message it stands before. */
  get edge() {
    const { first } = this;
    const line = first?.previousElementSibling;
    return line?.matches(DAY) ? line : first;
  }
}
