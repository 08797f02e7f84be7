// Frames of several connections in one output: none leaves by another's line, and what is thrown away is one's own.

import { expect, test } from "bun:test";
import { makePlan } from "../../../test/playbook/plan.ts";
import { type FrameOwner, Http2Kit } from "./kit.ts";

const { limits } = makePlan();

/** Sends what stands there as its own. */
class Owner implements FrameOwner {
  readonly sent: string[] = [];
  readonly #kit: Http2Kit;

  constructor(kit: Http2Kit) {
    this.#kit = kit;
  }

  write(text: string): void {
    this.#kit.framesOf(this).latin1(text);
  }

  flush(): void {
    const frames = this.#kit.framesFor(this);
    if (frames === null) return;
    this.sent.push(Buffer.from(frames.bytes.subarray(0, frames.length)).toString());
    this.#kit.clear();
  }
}

test("what one has written leaves when another begins to, and nothing of it goes by the other", () => {
  const kit = new Http2Kit(limits);
  const [one, other] = [new Owner(kit), new Owner(kit)];
  one.write("a");
  one.write("b");
  other.write("c");
  expect(one.sent).toEqual(["ab"]);
  expect(other.sent).toEqual([]);
  other.flush();
  one.flush();
  expect(one.sent).toEqual(["ab"]);
  expect(other.sent).toEqual(["c"]);
});

test("who wrote nothing has nothing to send", () => {
  const kit = new Http2Kit(limits);
  const [one, other] = [new Owner(kit), new Owner(kit)];
  expect(kit.framesFor(one)).toBeNull();
  one.write("");
  expect(kit.framesFor(one)).toBeNull();
  one.write("a");
  expect(kit.framesFor(other)).toBeNull();
});

test("only its own frames are thrown away by who is gone", () => {
  const kit = new Http2Kit(limits);
  const [one, other] = [new Owner(kit), new Owner(kit)];
  one.write("a");
  kit.discard(other);
  one.flush();
  one.write("b");
  kit.discard(one);
  one.flush();
  expect(one.sent).toEqual(["a"]);
});

test("a last frame is nobody's any more once it has left", () => {
  const kit = new Http2Kit(limits);
  const one = new Owner(kit);
  one.write("a");
  kit.lastStream = 5;
  one.flush();
  expect(kit.lastStream).toBe(0);
});
