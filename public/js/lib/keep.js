// What must outlive a reload, per room and per tab. A browser may refuse storage; then it is simply not kept.

export class Keep {
  #key;

  constructor(room) { this.#key = (what) => `gifchat:${room}:${what}`; }

  read(what, otherwise) {
    try {
      return JSON.parse(sessionStorage.getItem(this.#key(what))) ?? otherwise;
    } catch {
      return otherwise;
    }
  }

  write(what, value) {
    const empty = value === "" || value?.length === 0;
    try {
      if (empty) sessionStorage.removeItem(this.#key(what));
      else sessionStorage.setItem(this.#key(what), JSON.stringify(value));
    } catch { /* full or forbidden */ }
  }
}
