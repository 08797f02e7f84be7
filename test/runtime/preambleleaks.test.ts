// What never comes to content leaves nothing behind: connections to a listener with TLS, and to one where a PROXY header is due,
// that say nothing, the wrong thing or half of it, and go, or are made to.

import { heapStats } from "bun:jsc";
import { expect, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { Driver } from "../../src/data/driver.ts";
import { Listeners } from "../../src/data/listener.ts";
import { Context } from "../../src/flow/context.ts";
import { Site } from "../../src/flow/site.ts";
import { Arena } from "../../src/memory/arena.ts";
import { listenerCell, Tally, Totals } from "../../src/memory/tally.ts";
import { freePort } from "../e2e/harness/port.ts";
import { until } from "../e2e/harness/wait.ts";
import { Memory } from "../playbook/memory.ts";
import { connect, type End } from "./pair.ts";
import { materials } from "./secure.ts";
import { listenerTls, makeTlsPlan } from "./tls.ts";

const connections = 2000;
const atOnce = 50;
/** Descriptors are counted where Linux lists them. */
const testHere = existsSync("/proc/self/fd") ? test : test.skip;

const descriptors = (): number => readdirSync("/proc/self/fd").length;

function socketObjects(): number {
  Bun.gc(true);
  const { TCPSocket = 0, TLSSocket = 0 } = heapStats().objectTypeCounts;
  return TCPSocket + TLSSocket;
}

const openings = [
  "",
  "GET / HTTP/1.1\r\n\r\n",
  "\u0016\u0003\u0001",
  "SSH-2.0-x\r\n",
  "PROXY TCP4 192",
  "\u0016\u0003\u0001\u0000\u0001x",
];
const ways: readonly ((end: End) => void)[] = [(end) => end.socket.end(), (end) => end.socket.terminate(), () => {}];

for (const tls of [listenerTls, { ...listenerTls, ja4: true }, null]) {
  const name = tls === null ? "PROXY headers" : tls.ja4 ? "TLS with fingerprints" : "TLS";
  testHere(
    `${connections} connections that never come to content, where ${name} come first, leave nothing behind`,
    async () => {
      const port = freePort();
      const arena = Arena.inMemory();
      const tally = new Tally(arena, 0);
      const driver = new Driver((error) => {
        throw error;
      });
      const plan = makeTlsPlan([{ names: ["a.test"], issued: materials().server }], {
        forwarding: { trusted: ["127.0.0.0/8"] },
        listener: { address: { kind: "tcp", host: "127.0.0.1", port }, tls, proxyProtocol: tls === null },
      });
      driver.terms.adopt(plan);
      const site = new Site(plan, { arena, tally, workers: 1, random: Math.random, ...new Memory().parts }, null);
      const context = new Context(driver, tally, site, () => {});
      const listeners = new Listeners(driver, context, new Totals(arena, 1));
      listeners.open(plan.listeners);
      const round = async (): Promise<void> => {
        const ends = await Promise.all(Array.from({ length: atOnce }, () => connect(port)));
        for (const [index, end] of ends.entries()) {
          const opening = openings[index % openings.length]!;
          if (opening !== "") end.socket.write(Buffer.from(opening, "latin1"));
          ways[Math.floor(index / openings.length) % ways.length]!(end);
        }
        // Those that stay are sent away when their time has run out.
        await until("all to be let go", () => {
          driver.refresh();
          driver.wheel.advance(driver.nowMs + 60_000);
          return context.downstreams.size === 0;
        });
        for (const end of ends) end.socket.terminate();
      };
      for (let warm = 0; warm < 3; warm++) await round();
      const [filesBefore, objectsBefore] = [descriptors(), socketObjects()];
      for (let done = 0; done < connections; done += atOnce) await round();
      await until("descriptors to be closed", () => {
        driver.wheel.advance(driver.nowMs + 60_000);
        return descriptors() <= filesBefore;
      });
      await until("sockets to be collected", () => socketObjects() <= objectsBefore + 2 * atOnce);
      expect([tally.cells[tally.listenerRow(0) + listenerCell.connections], driver.wheel.size]).toEqual([0, 0]);
      listeners.closeOthers([]);
    },
    60_000,
  );
}
