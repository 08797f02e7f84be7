// What is known to bring servers of HTTP/2 down, against a real one: floods and bombs. Each must leave the worker's memory within
// a bound, others answered meanwhile, and the connection ended where it has gone too far. The client never reads where that is the attack.

import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { block, type Field, index, indexed } from "./harness/http2/fields.ts";
import {
  continuation,
  data,
  Flag,
  frame,
  headers,
  ping,
  priority,
  resetStream,
  Setting,
  settings,
  Type,
  windowUpdate,
} from "./harness/http2/frames.ts";
import { asksBefore, Siege } from "./harness/http2/siege.ts";
import { asked, type Http2Client } from "./harness/http2client.ts";

setDefaultTimeout(60_000);

const mb = 1 << 20;
const both = Flag.endHeaders | Flag.endStream;
const get: Buffer = block(...asked());

describe("attacks by HTTP/2", () => {
  let siege: Siege;

  beforeAll(async () => {
    siege = await Siege.begin();
  });
  afterAll(() => siege[Symbol.asyncDispose]());
  afterEach(() => siege.calmed());

  /** Sends pieces until the connection ends, or all are sent and their end has come; a moment between them, as on a network. */
  async function flood(client: Http2Client, count: number, piece: (number: number) => Uint8Array): Promise<number> {
    const backlogMax = 4 * mb;
    for (let number = 0; number < count; number++) {
      client.send(piece(number));
      if (client.isClosed) return number;
      if (number % 16 === 0) await Bun.sleep(0);
      while (client.transport.unsentBytes > backlogMax && !client.isClosed) await Bun.sleep(1);
    }
    return count;
  }

  async function ended(client: Http2Client, ...codes: readonly string[]): Promise<void> {
    await client.until("the connection to be ended", () => client.isClosed, 10_000);
    expect(codes).toContain(client.goaway?.code ?? "without a word");
  }

  const times = (count: number, piece: (number: number) => Uint8Array): Buffer =>
    Buffer.concat(Array.from({ length: count }, (_, number) => piece(number)));

  test("rapid reset (CVE-2023-44487): streams opened and reset at once come to an end", async () => {
    const before = siege.origin.asked.length;
    const client = await siege.connect();
    const answered = await siege.lay(async () => {
      await flood(client, 1000, (number) =>
        times(100, (each) => {
          const id = 2 * (100 * number + each) + 1;
          return Buffer.concat([headers(id, get, both), resetStream(id)]);
        }),
      );
      await ended(client, "ENHANCE_YOUR_CALM");
    });
    expect(siege.origin.asked.length - before - answered).toBeLessThan(2000);
  });

  test("a page that is left resets a hundred streams, and nothing happens", async () => {
    const client = await siege.connect();
    for (let count = 0; count < 3; count++) {
      const streams = Array.from({ length: 100 }, () => client.open({ path: "/held" }));
      await client.pinged();
      client.send(...streams.map(({ id }) => resetStream(id)));
    }
    expect((await client.request()).status).toBe(200);
  });

  const endless: Readonly<Record<string, (number: number) => Uint8Array>> = {
    "of 16 kB": () => continuation(1, block(["x-flood", "f".repeat(16_000)]), 0),
    "of one byte": () => times(1000, () => continuation(1, Buffer.from([0]), 0)),
    "of nothing": () => times(1000, () => continuation(1, Buffer.alloc(0), 0)),
    "of one indexed field": () => times(1000, () => continuation(1, Buffer.from([0x82]), 0)),
  };
  for (const [name, piece] of Object.entries(endless))
    test(`CONTINUATION without an end (CVE-2024-27316), ${name}`, async () => {
      const client = await siege.connect();
      await siege.lay(async () => {
        client.send(headers(1, get, Flag.endStream));
        expect(await flood(client, 4000, piece)).toBeLessThan(4000);
        await ended(client, "ENHANCE_YOUR_CALM", "COMPRESSION_ERROR", "PROTOCOL_ERROR");
      });
    });

  test("a bomb of HPACK: a large field named 16,000 times in each head", async () => {
    const client = await siege.connect();
    const before = siege.origin.asked.length;
    const answered = await siege.lay(async () => {
      await client.greeted();
      client.send(headers(1, Buffer.concat([get, indexed("x-bomb", "b".repeat(4000))]), both));
      const bomb = Buffer.concat([get, Buffer.alloc(16_000, index(62))]);
      await flood(client, 200, (number) => headers(2 * number + 3, bomb, both));
      await client.until("an end, or answers", () => client.isClosed || client.streams.size > 190, 10_000);
    });
    for (const { id, status, reset } of client.streams.values())
      if (id > 1 && reset === null) expect([0, 400, 431]).toContain(status);
    expect(siege.origin.asked.length - before - answered).toBeLessThan(asksBefore + 2);
  });

  const floods: Readonly<Record<string, (number: number) => Uint8Array>> = {
    "PING (CVE-2019-9512)": () => times(500, () => ping()),
    "SETTINGS (CVE-2019-9515)": () => times(500, () => settings()),
    "SETTINGS with a hundred values": () =>
      times(100, () => settings(...Array.from({ length: 100 }, () => [4, 65_535] as const))),
    "empty DATA (CVE-2019-9518)": () => times(500, () => data(1, "")),
    "DATA of padding alone": () =>
      times(50, () => frame(Type.data, Flag.padded, 1, Buffer.from([255, ...new Uint8Array(255)]))),
    "PRIORITY (CVE-2019-9513)": (number) =>
      times(500, (each) => priority(1001 + 2 * each, 1 + 2 * ((number + each) % 400))),
    "WINDOW_UPDATE by one": () => times(500, () => windowUpdate(1, 1)),
    "frames that nobody knows": () => times(500, () => frame(0x42, 0, 0, Buffer.alloc(20))),
  };
  for (const [name, piece] of Object.entries(floods))
    for (const isDeaf of [false, true])
      test(`a flood of ${name}${isDeaf ? ", by a client that does not read" : ""}`, async () => {
        const client = await siege.connect({ acknowledges: false });
        await client.greeted();
        client.framesKept = 100;
        if (isDeaf) client.transport.pause();
        await siege.lay(async () => {
          client.send(headers(1, block(...asked({ method: "POST", path: "/" }))));
          await flood(client, 400, piece);
          client.transport.resume();
          // Those that are no abuse in themselves may be borne; others may not.
          if (/PRIORITY|WINDOW_UPDATE|nobody knows|padding/.test(name) && !client.isClosed) return;
          await ended(client, "ENHANCE_YOUR_CALM", "without a word");
        });
      });

  test("a flood of malformed heads (CVE-2019-9514, CVE-2019-9516), by a client that does not read", async () => {
    const client = await siege.connect();
    client.framesKept = 100;
    await client.greeted();
    client.transport.pause();
    const empty: Field[] = [["", ""]];
    const malformed = block(...asked({ fields: empty }));
    const before = siege.origin.asked.length;
    const answered = await siege.lay(async () => {
      await flood(client, 500, (number) =>
        times(100, (each) => headers(2 * (100 * number + each) + 1, malformed, both)),
      );
      client.transport.resume();
      await ended(client, "ENHANCE_YOUR_CALM", "without a word");
    });
    expect(siege.origin.asked.length - before).toBe(answered + asksBefore);
  });

  test("data dribble (CVE-2019-9511): a hundred large responses through windows of one byte", async () => {
    const client = await siege.connect({ gives: false, settings: [[Setting.initialWindowSize, 0]] });
    client.framesKept = 100;
    await client.greeted();
    await siege.lay(async () => {
      for (let count = 0; count < 100; count++) client.open({ path: "/large" });
      await flood(client, 200, (number) =>
        Buffer.concat([
          windowUpdate(0, 100),
          ...Array.from({ length: 100 }, (_, each) => windowUpdate(2 * ((number + each) % 100) + 1, 1)),
        ]),
      );
      client.transport.terminate();
    });
  });
});
