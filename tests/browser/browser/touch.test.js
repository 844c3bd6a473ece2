// Everything that two people do in a room, by touch alone on a phone of 390 px.
import { scene, useChromium } from "../support/chrome.js";
import { Fingers } from "../support/fingers.js";
import { entersAndLeaves } from "../stories/doors.js";
import { playsGifs, sendsGifs } from "../stories/gifs.js";
import { keepsOrder, runsRoom } from "../stories/owner.js";
import { invites, mutes, reports, whispers } from "../stories/people.js";
import { readsBack, survives, talks } from "../stories/talk.js";

useChromium();

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
const options = {
  Hand: Fingers,
  ann: { locale: "ko-KR", look: { ...PHONE, colorScheme: "light" } },
  bea: { locale: "en-US", look: { ...PHONE, colorScheme: "dark" } },
};
/**
 * @param {string} name
 * @param {(stage: Stage, options: StoryOptions) => Promise<unknown>} story
 */
const touch = (name, story) => scene(`by touch at 390 px ${name}`, [], (stage) => story(stage, options));

touch("one makes, enters, talks in and leaves a room", entersAndLeaves);
touch("GIFs are chosen, described, taken out, tried again, sent, and sent again from the tray", sendsGifs);
touch("one plays and stops one GIF and all of them, and looks at one in the large view", playsGifs);
touch("one goes up through the history and is led to what is new", readsBack);
touch("one sees who is here, copies what somebody wrote, and asks for notifications", talks);
touch("what is refused is sent again or taken away, and a line that is gone is called again", survives);
touch("two people whisper text and GIFs", whispers);
touch("one mutes somebody and hears them again", mutes);
touch("one reports messages, and the owner lets one pass and deletes the other", reports);
touch("an owner invites by link and share sheet, and takes the invites back", invites);
touch("an owner deletes messages, sends somebody out, bans them and lets them in again", keepsOrder);
touch("an owner edits, closes and slows the room, hands it over, and the new owner deletes it", runsRoom);
