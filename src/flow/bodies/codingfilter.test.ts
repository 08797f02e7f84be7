import { expect, test } from "bun:test";
import type { Filter } from "../filter.ts";
import type { Coder, CoderFlow, CoderWork, Port } from "../port.ts";
import { codingFilter } from "./codingfilter.ts";

interface Scene {
  readonly filter: Filter;
  readonly coder: CoderFlow;
  readonly told: string[];
  isTaking: boolean;
}

/** A filter around a coder that notes what it is told. */
function scene(work: Partial<CoderWork> = {}): Scene {
  const told: string[] = [];
  let flow: CoderFlow | null = null;
  const coder: Coder = {
    write: (bytes, start, end) => told.push(`write ${Buffer.from(bytes.slice(start, end))}`) < 3,
    end: () => void told.push("end"),
    pause: () => void told.push("pause"),
    resume: () => void told.push("resume"),
    close: () => void told.push("close"),
  };
  const port = {
    coder: (_: CoderWork, of: CoderFlow) => {
      flow = of;
      return coder;
    },
  } as unknown as Port; // Only coders are asked for.
  const all: CoderWork = { coding: "gzip", isOpening: false, level: 4, ...work };
  const made: { isTaking: boolean } = { isTaking: true };
  const filter = codingFilter(
    port,
    all,
  )({
    passed: (_, start, end) => {
      told.push(`passed ${end - start}`);
      return made.isTaking;
    },
    ended: () => told.push("ended"),
    failed: ({ code, detail }) => told.push(`${code} ${detail}`),
    room: () => told.push("room"),
  });
  return Object.assign(made, { filter, coder: flow!, told });
}

const x = Buffer.from("x");

test("what a body says goes to the coder, and what that says goes on", () => {
  const { filter, coder, told } = scene();
  filter.write(x, 0, 1);
  coder.coded(new Uint8Array(7));
  filter.end();
  coder.ended();
  expect(told).toEqual(["write x", "passed 7", "end", "close", "ended"]);
});

test("who does not take it has the coder wait, and a coder that has enough the body", () => {
  const it = scene();
  it.isTaking = false;
  it.coder.coded(new Uint8Array(1));
  expect(it.filter.write(x, 0, 1)).toBe(false);
  it.coder.room();
  it.filter.resume();
  expect(it.told).toEqual(["passed 1", "pause", "write x", "room", "resume"]);
});

test("after it was stopped, or has failed, nothing goes to the coder", () => {
  for (const end of ["stop", "broken"] as const) {
    const { filter, coder, told } = scene();
    if (end === "stop") filter.stop();
    else coder.broken("odd");
    const before = told.length;
    filter.stop();
    filter.end();
    filter.resume();
    expect([filter.write(x, 0, 1), told.slice(before)]).toEqual([true, []]);
  }
});

test("content that opens to more than it can have held ends the body; what is made is never too much", () => {
  const opening = scene({ isOpening: true });
  const honest = 16 * 1024 * 1024;
  opening.filter.write(x, 0, 1);
  opening.coder.coded(new Uint8Array(honest));
  expect(opening.told.at(-1)).toBe(`passed ${honest}`);
  opening.coder.coded(new Uint8Array(1));
  expect(opening.told.at(-1)).toStartWith("bad_coding the response's content does not open: it opens to far more");
  const making = scene();
  making.coder.coded(new Uint8Array(honest + 1));
  expect(making.told).toEqual([`passed ${honest + 1}`]);
});
