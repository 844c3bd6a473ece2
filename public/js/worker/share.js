// GIFs that another app shares with the site come as a form, which never leaves the device. Nothing is sent from here: one
// chooses a room for them, and presses "Send" there.
import { AT_ONCE } from "../lib/files.js";
import { hold } from "../lib/held.js";

/**
 * Holds the files of the form, and leads on to choosing a room.
 * @param {Request} request
 */
export async function take(request) {
  let query = "";
  try {
    const files = (await request.formData()).getAll("gif").filter((field) => field instanceof File);
    if (files.length > 0) {
      await hold(files.slice(0, AT_ONCE));
      query = "?held";
    }
  } catch {
    /* no form, or the browser has no space: the page says that nothing came */
  }
  return Response.redirect(`/share${query}`, 303);
}
