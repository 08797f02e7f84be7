import { expect, test } from "bun:test";
import { levels, misplaced } from "./level.ts";
import { jsonSchema } from "./schema.ts";
import { isSection, sectionOf } from "./section.ts";

const schema = jsonSchema();

/** The keys of a section of the schema, by its name there; of the whole without one. */
function keysOf(name?: string): string[] {
  const section = name === undefined ? schema : sectionOf(sectionOf(schema["$defs"])[name]);
  expect(isSection(section["properties"])).toBe(true);
  return Object.keys(sectionOf(section["properties"]));
}

test("the keys of each level are those of the schema", () => {
  const [top, listener, pool, server, limits] = Object.values(levels);
  expect([top, listener, pool, limits]).toEqual([keysOf(), keysOf("Listener"), keysOf("Pool"), keysOf("Limits")]);
  expect(keysOf("Server")).toEqual(expect.arrayContaining([...server!]));
});

test("a key at the wrong level is told where it belongs", () => {
  const [top, listener, pool] = Object.values(levels);
  expect(misplaced("listen", top!)).toBe("is not a known key here, but one of a listener (listeners.NAME)");
  expect(misplaced("limits", listener!)).toBe("is not a known key here, but one of the top of the config");
  expect(misplaced("maxConnections", pool!)).toBe(
    "is not a known key here, but one of a listener (listeners.NAME) and of a server (pools.NAME.servers)",
  );
  expect(misplaced("lisetn", top!)).toBeNull();
  expect(misplaced("listen", ["rate", "burst"])).toBeNull();
});
