// One GIF over HTTP, with progress. The nonce and the description go first, so the server knows them when the file comes.

import { seconds } from "./http.js";

const STALLED = 30_000;

/**
 * @param {string} url
 * @param {GifFields} fields
 * @param {(share: number) => void} progress gets how much is there, 0 to 1
 * @return {Posting<any>} rejects with a `Refusal`
 */
export function postGif(url, { nonce, alt, chat, reply, file, to }, progress = () => {}) {
  const request = new XMLHttpRequest();
  const form = new FormData();
  form.append("nonce", nonce);
  if (to) form.append("to", to);
  form.append("alt", alt);
  if (chat) form.append("chat", chat);
  if (reply) form.append("reply", reply._id);
  form.append("gif", file, file.name || "image.gif");
  /** @type {Timer | undefined} */
  let stalled;
  const watch = () => {
    clearTimeout(stalled);
    stalled = setTimeout(() => request.abort(), STALLED);
  };
  const done = new Promise((resolve, reject) => {
    request.upload.onprogress = ({ loaded, total }) => {
      watch();
      progress(total ? loaded / total : 0);
    };
    request.onload = () => {
      const body = readJson(request.responseText);
      if (request.status >= 200 && request.status < 300 && body) resolve(body);
      else
        reject({
          status: request.status,
          code: body?.code,
          message: body?.message,
          retryAfter: seconds(request.getResponseHeader("Retry-After")),
        });
    };
    request.onerror = request.onabort = () => reject({ code: "offline" });
    request.onloadend = () => clearTimeout(stalled);
  });
  request.open("POST", url);
  request.setRequestHeader("Accept", "application/json");
  request.send(form);
  watch();
  return { done, abort: () => request.abort() };
}

/** @param {string} text */
function readJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
