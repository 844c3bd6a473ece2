// Ports that nobody listens on.
import { createServer } from "node:net";

/** A free port. Until it is taken somebody else may take it, which a test run hardly ever sees. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
