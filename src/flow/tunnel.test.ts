import { expect, test } from "bun:test";
import type { Line } from "./port.ts";
import { Tunnel } from "./tunnel.ts";

/** A line that notes what it is told and takes only so much. */
class Notes implements Line {
  heldBytes = 0;
  isFull = false;
  readonly said: string[] = [];

  get isHolding(): boolean {
    return this.heldBytes > 0;
  }

  send(bytes: Uint8Array, start: number, end: number): boolean {
    this.said.push(Buffer.from(bytes.subarray(start, end)).toString());
    if (this.isFull) this.heldBytes += end - start;
    return !this.isFull;
  }
  offer(): number {
    return 0;
  }
  readonly takesFiles = false;
  offerFile(): number {
    return 0;
  }
  pause(): void {
    this.said.push("pause");
  }
  resume(): void {
    this.said.push("resume");
  }
  end(): void {
    this.said.push("end");
  }
  destroy(): void {
    this.said.push("destroy");
  }
  drop(): void {}
  reset(): void {
    this.said.push("reset");
  }
}

const bytes = new Uint8Array(Buffer.from("abc"));

test("bytes go through and are counted, each way on its own", () => {
  const [client, server] = [new Notes(), new Notes()];
  const tunnel = new Tunnel(client, server);
  tunnel.sendUp(bytes, 0, 2);
  tunnel.sendDown(bytes, 1, 3);
  tunnel.sendDown(bytes, 0, 3);
  expect([client.said, server.said]).toEqual([["bc", "abc"], ["ab"]]);
  expect([tunnel.bytesUp, tunnel.bytesDown]).toEqual([2, 5]);
});

test("a side that is full pauses the other until it has drained", () => {
  const [client, server] = [new Notes(), new Notes()];
  const tunnel = new Tunnel(client, server);
  server.isFull = true;
  tunnel.sendUp(bytes, 0, 3);
  tunnel.drainedUp();
  expect(client.said).toEqual(["pause", "resume"]);
  client.isFull = true;
  tunnel.sendDown(bytes, 0, 3);
  tunnel.drainedDown();
  expect(server.said).toEqual(["abc", "pause", "resume"]);
});

test("a side that has ended is not asked for more", () => {
  const [client, server] = [new Notes(), new Notes()];
  const tunnel = new Tunnel(client, server);
  tunnel.endedUp();
  tunnel.drainedDown();
  expect([client.said, server.said]).toEqual([["end"], []]);
});

test("it is over when both sides have ended and hold nothing", () => {
  const [client, server] = [new Notes(), new Notes()];
  const tunnel = new Tunnel(client, server);
  tunnel.endedDown();
  expect(tunnel.isOver).toBe(false);
  client.isFull = true;
  tunnel.sendDown(bytes, 0, 3);
  tunnel.endedUp();
  expect(tunnel.isOver).toBe(false);
  client.heldBytes = 0;
  expect(tunnel.isOver).toBe(true);
});

test("a side that is gone is said nothing any more, and its end goes on to the other once", () => {
  const [client, server] = [new Notes(), new Notes()];
  const tunnel = new Tunnel(client, server);
  tunnel.endedDown();
  tunnel.goneDown();
  tunnel.endedUp();
  expect([client.said, server.said]).toEqual([[], ["end"]]);
  tunnel.goneUp();
  expect([client.said, server.said]).toEqual([[], ["end"]]);
  expect(tunnel.isOver).toBe(true);
});

test("what a side that is gone had not taken is held no longer", () => {
  const [client, server] = [new Notes(), new Notes()];
  const tunnel = new Tunnel(client, server);
  client.isFull = true;
  tunnel.sendDown(bytes, 0, 3);
  expect(tunnel.heldDown).toBe(3);
  tunnel.goneDown();
  expect(tunnel.heldDown).toBe(0);
});

test("it is the turn of who has bytes to take, or would be read if it said something", () => {
  const [client, server] = [new Notes(), new Notes()];
  const tunnel = new Tunnel(client, server);
  const turns = (): boolean[] => [tunnel.isClientAwaited, tunnel.isServerAwaited];
  expect(turns()).toEqual([true, true]);
  client.isFull = true;
  tunnel.sendDown(bytes, 0, 3);
  expect(turns()).toEqual([true, false]);
  tunnel.endedDown();
  expect(turns()).toEqual([true, false]);
  client.heldBytes = 0;
  expect(turns()).toEqual([false, true]);
  tunnel.endedUp();
  expect(turns()).toEqual([false, false]);
});

test("an end that is told twice goes on once", () => {
  const [client, server] = [new Notes(), new Notes()];
  const tunnel = new Tunnel(client, server);
  tunnel.endedUp();
  tunnel.goneUp();
  expect([client.said, server.said]).toEqual([["end"], []]);
});
