import { expect, test } from "bun:test";
import { readOptions, usage } from "./options.ts";

test("help is said, and names each option", () => {
  for (const help of ["--help", "-h"]) expect(readOptions([help])).toEqual({ said: usage, code: 0 });
  for (const option of ["only", "rounds", "seconds", "json", "profile", "sluice", "think", "help"])
    expect(usage).toContain(`--${option} `);
});

test("an option that there is not is told in a sentence, with those that there are", () => {
  expect(readOptions(["--round", "3"])).toEqual({ said: `Unknown option '--round'\n\n${usage}`, code: 2 });
  expect(readOptions(["a"])).toMatchObject({ code: 2 });
});

test("what is asked for is read, and the rest is as it is said", () => {
  const usual = { only: null, rounds: 5, seconds: 4, json: null, profile: false, sluice: null, thinkMs: undefined };
  expect(readOptions([])).toEqual(usual);
  expect(readOptions(["--only", "a,b", "--rounds", "3", "--think", "0", "--profile"])).toEqual({
    ...usual,
    ...{ only: "a,b", rounds: 3, thinkMs: 0, profile: true },
  });
});
