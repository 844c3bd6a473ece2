// Ports that nobody listens on.
import { createServer } from "node:net";

/**
 * A free port. Until it is taken somebody else may take it, which a test run hardly ever sees.
 * @return {Promise<number>}
 */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });
}
