// JSON over HTTP. A `Refusal` is thrown as the server said it; that of a lost line has no status.

/** @param {string} url */
export async function getJson(url) {
  return askJson(url, {});
}

/**
 * What the answer says, which depends on the route.
 * @param {string} url
 * @param {{ method?: string, body?: object }} request
 * @return {Promise<any>}
 */
export async function askJson(url, { method = "GET", body } = {}) {
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(url, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(15_000),
      cache: "no-store",
    });
  } catch {
    throw { code: "offline" };
  }
  const data = await response.json().catch(() => null);
  if (response.ok) return data;
  const { code, message, field } = data ?? {};
  throw { status: response.status, code, message, field, retryAfter: seconds(response.headers.get("Retry-After")) };
}

/** @type {(header: string | null) => number | undefined} A header with a number of seconds, if it is there. */
export const seconds = (header) => Number(header) || undefined;
