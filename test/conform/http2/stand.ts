// What stands behind whoever is judged: a server that answers by path, and holds back what a case wants to be held back.

import type { Asked, Handler, Origin } from "../../e2e/harness/origin.ts";
import { ok } from "../../e2e/harness/origin.ts";

export interface Stand {
  /** Of whoever is judged. */
  readonly port: number;
  /** Of a forward proxy; 0 where there is none. */
  readonly proxyPort: number;
  readonly origin: Origin;
}

export const largeBytes = 200_000;
const large = Buffer.alloc(largeBytes, "0123456789abcdef");

/** Answers of raw bytes, by path. */
const raw: Readonly<Record<string, string>> = {
  "/chunked": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
  "/trailers":
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 42\r\n\r\n",
  "/hops":
    "HTTP/1.1 200 OK\r\nConnection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nProxy-Connection: x\r\nX-Mixed-Case: Value\r\nContent-Length: 2\r\n\r\nok",
  "/none": "HTTP/1.1 204 No Content\r\nX-A: b\r\n\r\n",
  "/unchanged": 'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\nContent-Length: 5\r\n\r\n',
  "/early": "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
  "/switch": "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: other\r\n\r\n",
  "/empty": "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
  "/short": "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
};

/** Requests for /held stay without an answer until `release`. */
export class Held {
  readonly #waiting: (() => void)[] = [];

  wait(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  get count(): number {
    return this.#waiting.length;
  }

  release(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

export function handlerOf(held: Held): Handler {
  return async (asked) => {
    const path = asked.target.split("?")[0]!;
    if (path === "/held") {
      await held.wait();
      return ok("late");
    }
    if (asked.method === "HEAD") return "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
    if (path === "/large") return ok(large);
    if (path === "/echo") return ok(asked.body);
    if (path === "/request") return ok(told(asked));
    if (path === "/short") {
      asked.socket.write(raw[path]!);
      asked.socket.end();
      return null;
    }
    return raw[path] ?? ok("ok");
  };
}

/** What came, as JSON. */
function told({ method, target, fields, body }: Asked): string {
  return JSON.stringify({ method, target, fields: Object.fromEntries(fields), body: body.toString("latin1") });
}

export interface Told {
  readonly method: string;
  readonly target: string;
  readonly fields: Readonly<Record<string, readonly string[]>>;
  readonly body: string;
}
