import { afterEach, beforeEach, expect, test } from "bun:test";
import type { Socket, TCPSocketListener } from "bun";
import { RecordingFlow } from "../../../test/runtime/flow.ts";
import { type Meetings, testLines } from "../../../test/runtime/lines.ts";
import { type End, settled } from "../../../test/runtime/pair.ts";
import { Cable, materials, nativeContext, secureConnect, type TlsTerms } from "../../../test/runtime/secure.ts";
import { Driver } from "../driver.ts";
import { PlainLine, plainHandlers } from "../plain.ts";
import { SecureLine, secureHandlers, upgrade } from "./line.ts";
import { Records } from "./records.ts";

class SecureMeetings implements Meetings {
  failures: Error[] = [];
  /** Codes of connections that broke. */
  readonly broken: string[] = [];
  readonly #listener: TCPSocketListener<PlainLine>;
  readonly #accepted: RecordingFlow[] = [];

  constructor(isWatched: boolean, terms: TlsTerms = {}) {
    const driver = new Driver((error) => this.failures.push(error));
    const secureContext = nativeContext({ ...materials().server, ...terms });
    const options = { secureContext, isServer: true, rejectUnauthorized: false };
    const inner = secureHandlers(
      driver,
      {
        opened: (socket) => {
          const line = new SecureLine(
            socket,
            driver,
            (socket.data as unknown as { records: Records | null }).records,
            null,
          );
          socket.data = line;
        },
        shaken: (line) => {
          const flow = new RecordingFlow();
          line.flow = flow;
          this.#accepted.push(flow);
          flow.connected(line);
        },
        broken: (_, code) => this.broken.push(code),
      },
      isWatched,
    );
    const handlers = plainHandlers(driver, (socket: Socket<PlainLine>) => {
      const line = new PlainLine(socket, driver);
      socket.data = line;
      const records = isWatched ? new Records(driver) : null;
      line.flow = records;
      upgrade(socket, options, inner, { records });
    });
    this.#listener = Bun.listen<PlainLine>({ hostname: "127.0.0.1", port: 0, allowHalfOpen: true, socket: handlers });
  }

  get port(): number {
    return this.#listener.port;
  }

  async meet(port = this.port): Promise<[flow: RecordingFlow, peer: End]> {
    const peer = await secureConnect(port);
    await settled();
    return [this.#accepted.at(-1)!, peer];
  }

  [Symbol.dispose](): void {
    this.#listener.stop(true);
  }
}

testLines("a line over TLS", () => new SecureMeetings(true));
testLines("a line over TLS that nobody watches", () => new SecureMeetings(false));

let meetings: SecureMeetings;
let cable: Cable;
beforeEach(async () => {
  meetings = new SecureMeetings(true);
  cable = await Cable.to(meetings.port);
});
afterEach(() => {
  cable[Symbol.dispose]();
  meetings[Symbol.dispose]();
});

test("an end that the peer has said is told as ended, with TLS 1.3 and with TLS 1.2", async () => {
  for (const maxVersion of ["TLSv1.3", "TLSv1.2"] as const) {
    using versioned = new SecureMeetings(true, { maxVersion });
    const [flow, peer] = await versioned.meet();
    peer.socket.write("ab");
    peer.socket.shutdown();
    await flow.heard("ended");
    expect(flow.receivedBytes).toBe(2);
    flow.line.end();
    await flow.heard("closed");
  }
});

// A bare FIN is what anybody on the path can send, to cut what is said short.
test("a FIN without the peer's word for it is told as a reset, whatever came before it", async () => {
  for (const maxVersion of ["TLSv1.3", "TLSv1.2"] as const) {
    using versioned = new SecureMeetings(true, { maxVersion });
    // Two bytes make a record of the size of an alert.
    for (const said of ["", "ab", "a longer word"]) {
      using cut = await Cable.to(versioned.port);
      const [flow, peer] = await versioned.meet(cut.port);
      if (said !== "") {
        peer.socket.write(said);
        await flow.heardBytes(said.length);
      }
      cut.server.end();
      await flow.heard("closed by reset");
      expect(flow.told).toEqual(["connected", "closed by reset"]);
    }
  }
});

test("a FIN inside a record is told as a reset, of a record that was content and of one that was the end", async () => {
  for (const isEnd of [false, true]) {
    using cut = await Cable.to(meetings.port);
    const [flow, peer] = await meetings.meet(cut.port);
    cut.edit = (bytes) => bytes.subarray(0, bytes.length - 3);
    if (isEnd) peer.socket.shutdown();
    else peer.socket.write("content");
    await settled();
    cut.server.end();
    await flow.heard("closed by reset");
    expect(flow.told).toEqual(["connected", "closed by reset"]);
  }
});

test("content and a bare FIN that come in one read are told in their order", async () => {
  const [flow, peer] = await meetings.meet(cable.port);
  flow.line.pause();
  peer.socket.write("ab");
  await settled();
  cable.server.end();
  await settled();
  flow.line.resume();
  await flow.heard("closed by reset");
  expect(flow.receivedBytes).toBe(2);
});

test("a peer that closes after our end without a word of its own has reset the connection", async () => {
  const [flow] = await meetings.meet(cable.port);
  flow.line.end();
  cable.server.end();
  await flow.heard("closed by reset");
});

test("bytes that were changed on the way break the connection: a reset, and no failure of ours", async () => {
  const [flow, peer] = await meetings.meet(cable.port);
  cable.edit = (bytes) => bytes.map((value, index) => (index === bytes.length - 1 ? value ^ 1 : value)) as Buffer;
  peer.socket.write("content");
  await flow.heard("closed by reset");
  expect(flow.told).toEqual(["connected", "closed by reset"]);
  expect(meetings.broken).toEqual(["DECRYPTION_FAILED_OR_BAD_RECORD_MAC"]);
  expect(meetings.failures).toEqual([]);
});

test("destroy closes at once, though the peer keeps its side open", async () => {
  const [flow, peer] = await meetings.meet();
  flow.line.destroy();
  await peer.heard("end");
  // The first is answered by a RST, for nobody is there any more, which the second meets.
  expect(peer.socket.write("x")).toBe(1);
  await settled();
  peer.socket.write("x");
  await peer.heard("close EPIPE");
});
