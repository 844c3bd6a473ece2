// What a browser keeps of a page.

/**
 * The GIFs that the page keeps for its next load, in no order: what it is still writing is lost by a reload.
 * @param {WithPage} visitor
 * @return {Promise<{ alt: string, waiting: boolean }[]>}
 */
export const keptFiles = ({ page }) =>
  page.evaluate(
    () =>
      new Promise((done, fail) => {
        const opening = indexedDB.open("gifchat", 1);
        opening.onerror = () => fail(opening.error);
        opening.onsuccess = () => {
          const reading = opening.result.transaction("files").objectStore("files").getAll();
          reading.onerror = () => fail(reading.error);
          reading.onsuccess = () => {
            opening.result.close();
            done(/** @type {StoredFile[]} */ (reading.result).map(({ alt, waiting }) => ({ alt, waiting })));
          };
        };
      }),
  );
