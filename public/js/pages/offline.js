// offline.html: stands where a page could not be reached, and makes way for it when it can.
const EVERY = 5_000;

const theme = /(?:^|; )theme=(light|dark)/.exec(document.cookie)?.[1];
if (theme) document.documentElement.dataset.theme = theme;

async function ask() {
  try {
    await fetch(location.href, { method: "HEAD", cache: "no-store" });
  } catch {
    return;
  }
  location.reload();
}

setInterval(ask, EVERY);
addEventListener("online", ask);
