// A file that is chosen while what sends it can't be fetched.
import assert from "node:assert/strict";
import { scene, useChromium } from "../support/chrome.js";
import { gif } from "../support/gif.js";
import { NO_LINE, choose, inside, makeRoom, reads, seesGif } from "../support/pages.js";
import { words } from "../support/words.js";

useChromium();

for (const locale of ["en-US", "ko-KR"]) {
  const says = words(locale);
  scene(
    `a GIF chosen without a line before anything else is kept, said to be, and shown once the line is back (${locale})`,
    [],
    async (stage) => {
      const ann = await stage.visitor({ name: "ann", locale });
      ann.allow(...NO_LINE, /ERR_/, /dynamically imported/);
      await makeRoom(ann);
      // Nothing has been touched on this page.
      await ann.page.reload();
      await inside(ann);
      await ann.context.setOffline(true);
      await choose(ann, { name: "mine.gif", bytes: gif({ width: 64, height: 40 }) });
      const note = ann.page.locator("#composer-note");
      await reads(note, says("talk.file_kept"));
      await ann.context.setOffline(false);
      await ann.page.locator("#queue .upload__alt").fill("mine");
      assert.equal(await note.textContent(), "", "it is no longer said");
      await ann.page.click("#send-btn");
      await seesGif(ann, "mine");
    },
  );
}
