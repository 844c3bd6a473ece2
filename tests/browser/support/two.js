// Two visitors in one room, whose line may go.
import { NO_LINE, enter, makeRoom, reads } from "./pages.js";

/**
 * @param {Stage} stage
 */
export async function pair(stage) {
  const [ann, bea] = [await stage.visitor({ name: "ann" }), await stage.visitor({ name: "bea" })];
  const id = await makeRoom(ann);
  await enter(bea, id);
  for (const one of [ann, bea]) {
    one.allow(...NO_LINE);
    await reads(one.page.locator("#room-people"), "2 of 10 here");
  }
  return { ann, bea, id };
}
