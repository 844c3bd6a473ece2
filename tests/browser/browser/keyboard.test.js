// Everything that two people do in a room, by keyboard alone: Tab, arrows, Enter, Space, Escape.
import { scene, useChromium } from "../support/chrome.js";
import { Keys } from "../support/keys.js";
import { entersAndLeaves } from "../stories/doors.js";
import { playsGifs, sendsGifs } from "../stories/gifs.js";
import { keepsOrder, runsRoom } from "../stories/owner.js";
import { invites, mutes, reports, whispers } from "../stories/people.js";
import { readsBack, survives, talks } from "../stories/talk.js";

useChromium();

// One at a desk in English, one in a narrow window in Korean; in touch.test.js the languages and themes are swapped.
const options = {
  Hand: Keys,
  ann: { locale: "en-US", look: { viewport: { width: 1280, height: 800 }, colorScheme: "light" } },
  bea: { locale: "ko-KR", look: { viewport: { width: 390, height: 844 }, colorScheme: "dark" } },
};
/**
 * @param {string} name
 * @param {(stage: Stage, options: StoryOptions) => Promise<unknown>} story
 */
const keys = (name, story) => scene(`by keyboard alone ${name}`, [], (stage) => story(stage, options));

keys("one makes, enters, talks in and leaves a room", entersAndLeaves);
keys("GIFs are chosen, described, taken out, tried again, sent, and sent again from the tray", sendsGifs);
keys("one plays and stops one GIF and all of them, and looks at one in the large view", playsGifs);
keys("one goes up through the history and is led to what is new", readsBack);
keys("one sees who is here, copies what somebody wrote, and asks for notifications", talks);
keys("what is refused is sent again or taken away, and a line that is gone is called again", survives);
keys("two people whisper text and GIFs", whispers);
keys("one mutes somebody and hears them again", mutes);
keys("one reports messages, and the owner lets one pass and deletes the other", reports);
keys("an owner invites by link and share sheet, and takes the invites back", invites);
keys("an owner deletes messages, sends somebody out, bans them and lets them in again", keepsOrder);
keys("an owner edits, closes and slows the room, hands it over, and the new owner deletes it", runsRoom);
