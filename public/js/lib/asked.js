// A request to IndexedDB as a promise.
/** @type {<Result>(request: IDBRequest<Result>) => Promise<Result>} */
export const asked = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
