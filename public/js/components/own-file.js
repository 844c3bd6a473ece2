// A GIF that was sent from here is shown from the file that was chosen, as long as its row is in the page: at once, and
// without fetching what has just been sent.
/** @type {WeakMap<Element, string[]>} */
const own = new WeakMap();

/**
 * The first frame of a file; null when it is no picture.
 * @typedef {{ still: Blob, width: number, height: number }} Picture
 * @param {File} file
 * @return {Promise<Picture | null>}
 */
export async function firstFrame(file) {
  try {
    const picture = await createImageBitmap(file);
    const { width, height } = picture;
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    canvas.getContext("2d")?.drawImage(picture, 0, 0);
    picture.close();
    /** @type {Blob | null} */
    const still = await new Promise((done) => {
      canvas.toBlob(done);
    });
    return still && { still, width, height };
  } catch {
    return null;
  }
}

/**
 * @param {Element} figure
 * @param {File} file
 * @param {Blob} still
 */
export function keepFile(figure, file, still) {
  own.set(
    figure,
    [still, file].map((blob) => URL.createObjectURL(blob)),
  );
}

/**
 * What the picture of a GIF has to load: the GIF, or its still.
 * @param {HTMLElement} figure
 * @param {boolean} playing
 */
export function pictureUrl(figure, playing) {
  const kept = own.get(figure);
  if (kept) return kept[Number(playing)];
  const url = `/gif/${figure.dataset.name}`;
  return playing ? url : `${url}/still`;
}

/**
 * Its row leaves the page.
 * @param {Element} figure
 */
export function dropFile(figure) {
  for (const url of own.get(figure) ?? []) URL.revokeObjectURL(url);
  own.delete(figure);
}
