// One suite for all lines: what a flow may rely on, be the connection a plain one or one over TLS. Each implementation runs it
// with meetings of its own.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { descriptorOf } from "../../src/data/backlog.ts";
import { libc } from "../../src/data/libc.ts";
import type { PlainLine } from "../../src/data/plain.ts";
import type { RecordingFlow } from "./flow.ts";
import { MappedFile } from "./mappedfile.ts";
import { connect, Door, type End, settled, tooMuch } from "./pair.ts";

/** Where a flow on our side meets the socket of a peer. */
export interface Meetings extends Disposable {
  /** What the driver was told of. */
  failures: Error[];
  meet(): Promise<[flow: RecordingFlow, peer: End]>;
}

const isEnd = (word: string): boolean => word === "end" || word.startsWith("close");

/** Whether this process may close a connection without a word (TCP_REPAIR asks for CAP_NET_ADMIN). */
async function maySilence(): Promise<boolean> {
  if (process.platform !== "linux") return false;
  using door = new Door();
  const client = await connect(door.port);
  const isAllowed = libc()?.setOption(descriptorOf(client.socket), 6, 19, 1) === 0;
  client.socket.terminate();
  return isAllowed;
}

export function testLines(name: string, open: () => Meetings): void {
  describe(name, () => suite(open));
}

function suite(open: () => Meetings): void {
  let meetings: Meetings;
  beforeEach(() => {
    meetings = open();
  });
  afterEach(() => meetings[Symbol.dispose]());

  const meet = (): Promise<[flow: RecordingFlow, peer: End]> => meetings.meet();

  function send(flow: RecordingFlow, text: string): boolean {
    const bytes = new TextEncoder().encode(text);
    return flow.line.send(bytes, 0, bytes.length);
  }

  /** A line that holds bytes, for the peer does not read. */
  async function meetHolding(): Promise<[flow: RecordingFlow, peer: End]> {
    const [flow, peer] = await meet();
    peer.socket.pause();
    expect(flow.line.send(tooMuch, 0, tooMuch.length)).toBe(false);
    expect(flow.line.heldBytes).toBeGreaterThan(0);
    return [flow, peer];
  }

  test("what the kernel does not take is held, sent in order when it has room, and drained is told once", async () => {
    const [flow, peer] = await meet();
    peer.socket.pause();
    const bytes = new Uint8Array(12_000_000).map((_, index) => index * 7 + (index >> 8));
    expect(flow.line.send(bytes, 0, 10_000_000)).toBe(false);
    const held = flow.line.heldBytes;
    expect(flow.line.send(bytes, 10_000_000, bytes.length)).toBe(false);
    expect(flow.line.heldBytes).toBe(held + 2_000_000);
    peer.socket.resume();
    await flow.heard("drained");
    await peer.heardBytes(bytes.length);
    expect(Bun.hash(Buffer.concat(peer.chunks))).toBe(Bun.hash(bytes));
    expect(flow.line.heldBytes).toBe(0);
    await settled();
    expect(flow.told).toEqual(["connected", "drained"]);
  });

  test("bytes said in send belong to the flow again when the call returns", async () => {
    const [flow, peer] = await meet();
    peer.socket.pause();
    const bytes = new Uint8Array(tooMuch.length).fill(1);
    flow.line.send(bytes, 0, bytes.length);
    bytes.fill(2);
    peer.socket.resume();
    await peer.heardBytes(bytes.length);
    expect(peer.chunks.every((chunk) => chunk.every((byte) => byte === 1))).toBe(true);
  });

  test("of what is offered the line holds nothing: drained is told, and the flow goes on with what was left", async () => {
    const [flow, peer] = await meet();
    peer.socket.pause();
    const bytes = new Uint8Array(12_000_000).map((_, index) => index * 7 + (index >> 8));
    let at = flow.line.offer(bytes, 0, bytes.length);
    expect(at).toBeLessThan(bytes.length);
    expect(flow.line.heldBytes).toBe(0);
    await settled();
    expect(flow.told).toEqual(["connected"]);
    flow.doing = (word) => {
      // What is left, from a place of its own: the line remembers no address.
      if (word === "drained") at += flow.line.offer(bytes.slice(at), 0, bytes.length - at);
    };
    peer.socket.resume();
    await peer.heardBytes(bytes.length);
    expect(at).toBe(bytes.length);
    expect(Bun.hash(Buffer.concat(peer.chunks))).toBe(Bun.hash(bytes));
    await settled();
    const drained = flow.told.length - 1;
    expect(drained).toBeGreaterThan(0);
    flow.line.pause();
    flow.line.resume();
    await settled();
    expect(flow.told.length - 1).toBe(drained);
  });

  test("nothing of an offer is taken while bytes are held, and all of it once the peer is gone", async () => {
    const [flow, peer] = await meetHolding();
    expect(flow.line.offer(tooMuch, 0, 10)).toBe(0);
    peer.socket.terminate();
    await flow.heard("closed by reset");
    expect(flow.line.offer(tooMuch, 0, 10)).toBe(10);
  });

  test("of a file the line holds nothing either: what is left is gone on with from there", async () => {
    const [flow, peer] = await meet();
    peer.socket.pause();
    using file = new MappedFile(12_000_000);
    let at = flow.line.offerFile(file.descriptor, file.bytes, 5000, file.bytes.length);
    expect(at).toBeLessThan(file.bytes.length - 5000);
    expect(flow.line.heldBytes).toBe(0);
    flow.doing = (word) => {
      const { bytes, descriptor } = file;
      if (word === "drained") at += flow.line.offerFile(descriptor, bytes, 5000 + at, bytes.length);
    };
    peer.socket.resume();
    await peer.heardBytes(file.bytes.length - 5000);
    expect(Bun.hash(Buffer.concat(peer.chunks))).toBe(Bun.hash(file.bytes.subarray(5000)));
    await settled();
    expect(flow.line.offerFile(file.descriptor, file.bytes, 0, 10)).toBe(10);
    await peer.heardBytes(file.bytes.length - 4990);
  });

  test("nothing of a file is taken while bytes are held, and all of it once the peer is gone", async () => {
    const [flow, peer] = await meetHolding();
    using file = new MappedFile(100_000);
    expect(flow.line.offerFile(file.descriptor, file.bytes, 0, 100_000)).toBe(0);
    peer.socket.terminate();
    await flow.heard("closed by reset");
    expect(flow.line.offerFile(file.descriptor, file.bytes, 0, 100_000)).toBe(100_000);
  });

  test("destroy with a file half taken is a RST", async () => {
    const [flow, peer] = await meet();
    peer.socket.pause();
    using file = new MappedFile(12_000_000);
    expect(flow.line.offerFile(file.descriptor, file.bytes, 0, file.bytes.length)).toBeLessThan(file.bytes.length);
    flow.line.destroy();
    peer.socket.resume();
    await peer.heard("close ECONNRESET");
    expect(peer.told).not.toContain("end");
  });

  test("destroy with an offer half taken is a RST: the peer must not take a part for the whole", async () => {
    const [flow, peer] = await meet();
    peer.socket.pause();
    expect(flow.line.offer(tooMuch, 0, tooMuch.length)).toBeLessThan(tooMuch.length);
    flow.line.destroy();
    peer.socket.resume();
    await peer.heard("close ECONNRESET");
    expect(peer.told).not.toContain("end");
    expect(flow.told).toEqual(["connected"]);
  });

  test("pausing and resuming a line with nothing held tells no drained", async () => {
    const [flow, peer] = await meet();
    flow.line.pause();
    flow.line.pause();
    peer.socket.write("abc");
    await settled();
    expect(flow.receivedBytes).toBe(0);
    flow.line.resume();
    flow.line.resume();
    await flow.heardBytes(3);
    expect(flow.told).toEqual(["connected"]);
  });

  test("an end that comes in one read with what the flow pauses at is told when the line is resumed, once", async () => {
    const [flow, peer] = await meet();
    flow.doing = (word) => {
      if (word === "received") flow.line.pause();
    };
    peer.socket.write("abc");
    peer.socket.shutdown();
    await flow.heardBytes(3);
    await settled();
    expect(flow.told).toEqual(["connected"]);
    flow.line.resume();
    flow.line.pause();
    await settled();
    expect(flow.told).toEqual(["connected"]);
    flow.line.resume();
    flow.line.resume();
    expect(flow.told).toEqual(["connected"]);
    await flow.heard("ended");
    await settled();
    expect(flow.told).toEqual(["connected", "ended"]);
    expect(meetings.failures).toEqual([]);
  });

  test("a flow that fails at such an end fails as at any other", async () => {
    const [flow, peer] = await meet();
    flow.doing = (word) => {
      if (word === "received") flow.line.pause();
      if (word === "ended") throw new Error("ours");
    };
    peer.socket.write("abc");
    peer.socket.shutdown();
    await flow.heardBytes(3);
    flow.line.resume();
    await flow.heard("closed by reset");
    expect(meetings.failures.map(({ message }) => message)).toEqual(["ours"]);
  });

  test("end sends the FIN behind what is held, once, and receiving goes on", async () => {
    const [flow, peer] = await meetHolding();
    flow.line.end();
    flow.line.end();
    await settled();
    expect(peer.told).not.toContain("end");
    peer.socket.resume();
    await peer.heard("end");
    expect(peer.receivedBytes).toBe(tooMuch.length);
    peer.socket.write("late");
    await flow.heardBytes(4);
    peer.socket.shutdown();
    await flow.heard("closed");
    // TLS tells the peer's end as well, plain sockets do not.
    expect(flow.told.filter((word) => word !== "ended")).toEqual(["connected", "drained", "closed"]);
  });

  test("the peer's FIN is told as ended, and sending goes on until an end of our own closes the connection", async () => {
    const [flow, peer] = await meet();
    peer.socket.shutdown();
    await flow.heard("ended");
    expect(send(flow, "answer")).toBe(true);
    flow.line.end();
    await flow.heard("closed");
    await peer.heard("close");
    expect(peer.receivedBytes).toBe(6);
  });

  test("destroy with nothing held is a FIN, and tells nothing more", async () => {
    const [flow, peer] = await meet();
    send(flow, "whole");
    flow.line.destroy();
    await peer.heard("end");
    peer.socket.terminate();
    await settled();
    expect(peer.receivedBytes).toBe(5);
    expect(flow.told).toEqual(["connected"]);
  });

  test("destroy with bytes held is a RST: the peer must not take a part for the whole", async () => {
    const [flow, peer] = await meetHolding();
    flow.line.destroy();
    expect(flow.line.heldBytes).toBe(0);
    peer.socket.resume();
    await peer.heard("close ECONNRESET");
    expect(peer.told).not.toContain("end");
    expect(flow.told).toEqual(["connected"]);
  });

  test("reset throws away what is held and is a RST", async () => {
    const [flow, peer] = await meetHolding();
    flow.line.reset();
    expect(flow.line.heldBytes).toBe(0);
    peer.socket.resume();
    await peer.heard("close ECONNRESET");
    expect(peer.told).not.toContain("end");
    expect(flow.told).toEqual(["connected"]);
  });

  test("drop tells the peer nothing where the system lets us, and is a RST elsewhere", async () => {
    const isSilent = await maySilence();
    const [flow, peer] = await meet();
    peer.socket.write("request");
    await flow.heardBytes(7);
    flow.line.drop();
    await settled();
    await settled();
    expect(peer.told.filter(isEnd)).toEqual(isSilent ? [] : ["close ECONNRESET"]);
    // The kernel knows nothing any more of the connection that the peer goes on with.
    peer.socket.write("still there?");
    await peer.heard("close ECONNRESET");
    expect(flow.told).toEqual(["connected"]);
  });

  test("drop throws away what is held", async () => {
    const [flow, peer] = await meetHolding();
    flow.line.drop();
    expect(flow.line.heldBytes).toBe(0);
    peer.socket.resume();
    peer.socket.write("still there?");
    // A write that meets the RST first takes it away: then this is told as an end.
    await Promise.race([peer.heard("end"), peer.heard("close"), peer.heard("close ECONNRESET")]);
    expect(peer.receivedBytes).toBeLessThan(tooMuch.length);
    expect(flow.told).toEqual(["connected"]);
  });

  test("a flow may destroy or reset its line from every word that it is told", async () => {
    for (const way of ["destroy", "reset"] as const)
      for (const word of ["received", "ended", "drained"] as const) {
        const [flow, peer] = word === "drained" ? await meetHolding() : await meet();
        flow.doing = (told) => {
          if (told === word) flow.line[way]();
        };
        if (word === "received") peer.socket.write("x");
        else if (word === "ended") peer.socket.shutdown();
        else peer.socket.resume();
        await Promise.race([peer.heard("end"), peer.heard("close"), peer.heard("close ECONNRESET")]);
        peer.socket.terminate();
        await settled();
        expect(flow.told.filter((told) => told.startsWith("closed"))).toEqual([]);
      }
    expect(meetings.failures).toEqual([]);
  });

  test("everything may be said to a line that is gone, and holds nothing", async () => {
    const [flow, peer] = await meetHolding();
    peer.socket.terminate();
    await flow.heard("closed by reset");
    expect(flow.line.heldBytes).toBe(0);
    expect(send(flow, "into the void")).toBe(true);
    expect(flow.line.heldBytes).toBe(0);
    for (const word of ["pause", "resume", "end", "end", "destroy", "reset", "destroy"] as const) flow.line[word]();
    expect(send(flow, "again")).toBe(true);
    await settled();
    expect(flow.told).toEqual(["connected", "closed by reset"]);
  });

  test("the peer's RST is told once, as a reset", async () => {
    const [flow, peer] = await meet();
    peer.socket.terminate();
    await flow.heard("closed by reset");
    await settled();
    expect(flow.told).toEqual(["connected", "closed by reset"]);
  });

  test("a RST that a failed send was first to meet is no FIN: closed by reset, without ended", async () => {
    const [flow, peer] = await meet();
    peer.socket.write("part");
    peer.socket.terminate();
    expect(send(flow, "x")).toBe(true);
    await flow.heard("closed by reset");
    await settled();
    expect(flow.receivedBytes).toBe(4);
    expect(flow.told).toEqual(["connected", "closed by reset"]);
  });

  test("a RST that small bytes in front of a FIN of ours were first to meet is no FIN", async () => {
    const [flow, peer] = await meet();
    peer.socket.write("part");
    peer.socket.terminate();
    expect(send(flow, "x")).toBe(true);
    flow.line.end();
    await flow.heard("closed by reset");
    await settled();
    expect(flow.told).toEqual(["connected", "closed by reset"]);
  });

  test("a RST after the peer's FIN that a failed send was first to meet is told as a reset", async () => {
    const [flow, peer] = await meet();
    peer.socket.shutdown();
    await flow.heard("ended");
    peer.socket.terminate();
    expect(send(flow, "x")).toBe(true);
    await flow.heard("closed by reset");
    expect(flow.told).toEqual(["connected", "ended", "closed by reset"]);
  });

  test("a RST with bytes held is a reset, whichever call meets it first", async () => {
    const [flow, peer] = await meetHolding();
    peer.socket.terminate();
    expect(send(flow, "more")).toBe(false);
    await flow.heard("closed by reset");
    expect(flow.told).toEqual(["connected", "closed by reset"]);
  });

  test("a RST that bytes held in front of a FIN of ours were first to meet is no FIN", async () => {
    const [flow, peer] = await meetHolding();
    flow.line.end();
    peer.socket.terminate();
    // As the kernel would have it done when there is room; the RST is told behind it.
    (flow.line as PlainLine).flush();
    await flow.heard("closed by reset");
    await settled();
    expect(flow.told).toEqual(["connected", "closed by reset"]);
  });

  test("a line without a flow closes at the peer's FIN", async () => {
    const [flow, peer] = await meet();
    (flow.line as PlainLine).flow = null;
    peer.socket.write("unheard");
    peer.socket.shutdown();
    await peer.heard("close");
    expect(flow.told).toEqual(["connected"]);
    expect(flow.receivedBytes).toBe(0);
  });

  test("a flow that throws is told to the driver once, closed by RST, and others go on", async () => {
    const [bystander, other] = await meet();
    for (const word of ["received", "ended", "drained"] as const) {
      const [flow, peer] = word === "drained" ? await meetHolding() : await meet();
      meetings.failures = [];
      flow.doing = (told) => {
        if (told === word || told === "closed") throw new Error(told);
      };
      if (word === "received") peer.socket.write("x");
      else if (word === "ended") peer.socket.shutdown();
      else peer.socket.resume();
      await flow.heard("closed by reset");
      await settled();
      expect(meetings.failures.map(({ message }) => message)).toEqual([word]);
      expect(peer.told.some((told) => told.startsWith("close"))).toBe(true);
    }
    other.socket.write("still here");
    await bystander.heardBytes(10);
  });

  test("a flow that throws from closed is told to the driver", async () => {
    const [flow, peer] = await meet();
    flow.doing = () => {
      throw new Error("in closed");
    };
    peer.socket.terminate();
    await flow.heard("closed by reset");
    await settled();
    expect(meetings.failures.map(({ message }) => message)).toEqual(["in closed"]);
  });
}
