import { describe, expect, test } from "bun:test";
import { type Fault, fault } from "../base/fault.ts";
import { Body } from "../wire/http1/body.ts";
import { bodyKind } from "../wire/http1/head.ts";
import { Output } from "../wire/http1/writer.ts";
import type { Filter, FilterSink } from "./filter.ts";
import { insideBytesMax, Sieve, type SieveOutlet } from "./sieve.ts";

const bytesOf = (text: string): Uint8Array => Buffer.from(text, "latin1");

/** What comes out, told as text; `sent` has an item for each write. */
class Scene implements SieveOutlet {
  readonly output = new Output(16);
  readonly sent: string[] = [];
  seen = "";
  ended = false;
  fault: Fault | null = null;
  rooms = 0;
  isTaking = true;

  flush(): boolean {
    this.sent.push(Buffer.from(this.output.bytes.subarray(0, this.output.length)).toString("latin1"));
    return this.isTaking;
  }

  look(bytes: Uint8Array, start: number, end: number): void {
    this.seen += Buffer.from(bytes.subarray(start, end)).toString("latin1");
  }

  sieved(): void {
    this.ended = true;
  }

  broken(what: Fault): void {
    this.fault = what;
  }

  hasRoom(): void {
    this.rooms++;
  }
}

/** Says what it is given in capitals, at once or when it is told to. */
class Shouting implements Filter {
  isRoomy = true;
  resumes = 0;
  readonly sink: FilterSink;
  readonly #isLate: boolean;
  #held = "";
  isStopped = false;

  constructor(sink: FilterSink, isLate: boolean) {
    this.sink = sink;
    this.#isLate = isLate;
  }

  write(bytes: Uint8Array, start: number, end: number): boolean {
    this.#held += Buffer.from(bytes.subarray(start, end)).toString("latin1").toUpperCase();
    if (!this.#isLate) this.say();
    return this.isRoomy;
  }

  say(): boolean {
    const bytes = bytesOf(this.#held);
    this.#held = "";
    return this.sink.passed(bytes, 0, bytes.length);
  }

  end(): void {
    if (!this.#isLate) this.sink.ended();
  }

  resume(): void {
    this.resumes++;
    if (this.#held !== "") this.say();
    if (this.isRoomy) this.sink.room();
  }

  stop(): void {
    this.isStopped = true;
  }
}

function sifting(isChunked: boolean, isLate: boolean): { scene: Scene; sieve: Sieve; filter: Shouting } {
  const scene = new Scene();
  let filter: Shouting | null = null;
  const sieve = new Sieve(scene, isChunked, (sink) => {
    filter = new Shouting(sink, isLate);
    return filter;
  });
  return { scene, sieve, filter: filter! };
}

function bodyOf(kind: number, length = 0): Body {
  const body = new Body();
  body.begin(kind as typeof bodyKind.length, length);
  return body;
}

test("what a filter says at once stands behind the head, in chunks of its own", () => {
  const { scene, sieve } = sifting(true, false);
  const body = bodyOf(bodyKind.chunked);
  scene.output.latin1("HEAD ");
  const bytes = bytesOf("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  expect(sieve.advance(body, bytes, 0, bytes.length)).toBe(bytes.length);
  sieve.end();
  expect([scene.sent, scene.ended]).toEqual([[], false]);
  scene.flush();
  sieve.settle(true);
  expect(scene.sent).toEqual(["HEAD 3\r\nABC\r\n2\r\nDE\r\n0\r\n\r\n"]);
  expect([scene.seen, scene.ended]).toEqual(["ABCDE", true]);
});

test("a client without chunks gets content alone", () => {
  const { scene, sieve } = sifting(false, false);
  const bytes = bytesOf("hello, and more");
  expect(sieve.advance(bodyOf(bodyKind.length, 5), bytes, 0, bytes.length)).toBe(5);
  sieve.end();
  scene.flush();
  sieve.settle(true);
  expect([scene.sent, scene.ended]).toEqual([["HELLO"], true]);
});

test("trailers go on at the end of what the filter says, if all of them have come", () => {
  for (const [isTrailed, isWhole, expected] of [
    [true, true, "0\r\nX-A: 1\r\n\r\n"],
    [true, false, "0\r\n\r\n"],
    [false, true, "0\r\n\r\n"],
  ] as const) {
    const scene = new Scene();
    let filter: Shouting | null = null;
    const sieve = new Sieve(
      scene,
      true,
      (sink) => {
        filter = new Shouting(sink, true);
        return filter;
      },
      isTrailed,
    );
    const bytes = bytesOf("1\r\na\r\n0\r\nX-A: 1\r\n\r\n").subarray(0, isWhole ? undefined : -2);
    sieve.advance(bodyOf(bodyKind.chunked), bytes, 0, bytes.length);
    if (isWhole) sieve.end();
    filter!.say();
    filter!.sink.ended();
    expect(scene.sent).toEqual(["1\r\nA\r\n", expected]);
  }
});

test("what is said later is sent by itself, and so is the end", () => {
  const { scene, sieve, filter } = sifting(true, true);
  const bytes = bytesOf("hello");
  sieve.advance(bodyOf(bodyKind.length, 5), bytes, 0, 5);
  sieve.end();
  sieve.settle(true);
  expect([scene.sent, scene.ended]).toEqual([[], false]);
  scene.isTaking = false;
  expect(filter.say()).toBe(false);
  filter.sink.ended();
  expect(scene.sent).toEqual(["5\r\nHELLO\r\n", "0\r\n\r\n"]);
  expect(scene.ended).toBe(true);
});

describe("a filter", () => {
  test("that has enough is told by whether it is roomy, and tells when it is again", () => {
    const { scene, sieve, filter } = sifting(true, true);
    filter.isRoomy = false;
    sieve.advance(bodyOf(bodyKind.length, 9), bytesOf("some"), 0, 4);
    expect(sieve.isRoomy).toBe(false);
    filter.sink.room();
    expect([sieve.isRoomy, scene.rooms]).toEqual([true, 1]);
  });

  test("that says more at once than the output is to hold is told to wait until that is sent", () => {
    for (const isTaken of [true, false]) {
      const { scene, sieve, filter } = sifting(false, true);
      const half = bytesOf("x".repeat(insideBytesMax / 2));
      const answers: boolean[] = [];
      filter.write = () => {
        answers.push(filter.sink.passed(half, 0, half.length - 1));
        answers.push(filter.sink.passed(half, 0, 1));
        answers.push(filter.sink.passed(half, 0, half.length));
        return false;
      };
      sieve.advance(bodyOf(bodyKind.length, 9), bytesOf("some"), 0, 4);
      expect([answers, scene.output.length, sieve.isRoomy]).toEqual([[true, true, false], insideBytesMax, false]);
      scene.flush();
      sieve.settle(isTaken);
      // A client that does not take it says so itself, later.
      expect([filter.resumes, sieve.isRoomy, scene.rooms]).toEqual([isTaken ? 1 : 0, isTaken, 0]);
      sieve.settle(true);
      expect(filter.resumes).toBe(isTaken ? 1 : 0);
      sieve.resume();
      expect([filter.resumes, scene.rooms]).toEqual([isTaken ? 2 : 1, 1]);
    }
  });

  test("that fails breaks the body off, at once or when what stands before it is sent", () => {
    const late = sifting(true, true);
    late.filter.sink.failed(fault("bad_response"));
    expect(late.scene.fault?.code).toBe("bad_response");
    const { scene, sieve, filter } = sifting(true, false);
    filter.write = () => {
      filter.sink.failed(fault("bad_response"));
      return true;
    };
    sieve.advance(bodyOf(bodyKind.length, 9), bytesOf("some"), 0, 4);
    expect(scene.fault).toBeNull();
    sieve.settle(true);
    expect(scene.fault?.code).toBe("bad_response");
  });

  test("is told to stop when nobody wants it any more", () => {
    const { sieve, filter } = sifting(true, true);
    sieve.stop();
    expect(filter.isStopped).toBe(true);
  });
});
