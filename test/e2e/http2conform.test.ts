// The conformance suite of HTTP/2 (test/conform/http2) against a real Sluice, a connection for each case.
// `bun test/conform/http2/main.ts` plays it against other servers.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { forwardVectors } from "../conform/http2/forward.ts";
import { Held, handlerOf, type Stand } from "../conform/http2/stand.ts";
import { judge } from "../conform/http2/vector.ts";
import { vectors } from "../conform/http2/vectors.ts";
import { Origin } from "./harness/origin.ts";
import { freePort } from "./harness/port.ts";
import { Room } from "./harness/room.ts";
import { Sluice } from "./harness/sluice.ts";

setDefaultTimeout(60_000);

describe("conformance of HTTP/2", () => {
  const held = new Held();
  let room: Room;
  let stand: Stand;

  beforeAll(async () => {
    room = new Room();
    const origin = new Origin(room, handlerOf(held));
    const [port, proxyPort] = [freePort(), freePort()];
    const anyPort = { ports: ["1-65535"], tunnels: { ports: ["1-65535"] } };
    await Sluice.start(room, {
      listeners: {
        web: { listen: `127.0.0.1:${port}`, use: "app" },
        forward: { listen: `127.0.0.1:${proxyPort}`, proxy: { private: true, ...anyPort } },
      },
      pools: { app: { servers: [origin.address] } },
    });
    stand = { port, proxyPort, origin };
  });
  afterAll(() => room[Symbol.asyncDispose]());

  for (const vector of [...vectors, ...forwardVectors])
    test(vector.name, async () => {
      const outcome = await judge(room, vector, stand);
      held.release();
      expect(vector.outcome).toContain(outcome);
    });
});
