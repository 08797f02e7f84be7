// What `sluice convert` prints of a haproxy.cfg is a config of our own that means the same: in each skin it loads again, and makes the very
// plan that the haproxy.cfg makes when it is run as it is. Over all fixtures, and all of the corpus that is taken.

import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { convert } from "../../src/cli/convert.ts";
import { compile } from "../../src/config/compile.ts";
import { type Loaded, loadConfig } from "../../src/config/load.ts";
import type { Skin } from "../../src/config/print.ts";
import { Slots } from "../../src/config/slots.ts";
import { readCorpus } from "./harness/corpus.ts";
import { environment, fixtures, furnished } from "./harness/haproxyroom.ts";
import type { Room } from "./harness/room.ts";

setDefaultTimeout(60_000);
const corpus = readCorpus().filter(({ marks }) => ![...marks.values()].some((mark) => mark !== "taken"));
const texts: readonly Skin[] = ["yaml", "toml", "json"];
process.env["CORPUS_SERVER"] = environment["CORPUS_SERVER"];

function planOf(loaded: Loaded): unknown {
  if (!loaded.ok) throw new Error(loaded.problems.map(({ key, message }) => `${key} ${message}`).join("\n"));
  return compile(loaded.config, new Slots(), () => "127.0.0.1", 1, loaded.materials);
}

/** The plan that comes of it in each of these skins is its own. */
async function isSame(room: Room, title: string, text: string, skins: readonly Skin[]): Promise<void> {
  const path = room.write("haproxy.cfg", text);
  const plan = planOf(await loadConfig(path, environment));
  for (const skin of skins) {
    const out = room.path(`converted${count++}.${skin}`);
    const lines: string[] = [];
    const write = (line: string): void => void lines.push(line);
    const code = await convert(path, { to: skin, out }, { out: write, err: write, note: write });
    expect([title, skin, code, lines.join("\n")]).toEqual([title, skin, 0, lines.join("\n")]);
    const again = await loadConfig(out, environment)
      .then(planOf)
      .catch((error: Error) => error.message);
    expect([title, skin, readFileSync(out, "utf8"), again]).toEqual([title, skin, readFileSync(out, "utf8"), plan]);
  }
}
/** A program is read once by its path, and so each has a path of its own. */
let count = 0;

describe("what is printed means the same", () => {
  for (const name of readdirSync(fixtures).filter((each) => each.endsWith(".cfg") && each !== "wrong.cfg"))
    test(name, async () => {
      await using room = furnished();
      await isSame(room, name, readFileSync(join(fixtures, name), "utf8"), [...texts, "ts"]);
    });

  for (const file of new Set(corpus.map(({ place }) => place.file)))
    test(file, async () => {
      await using room = furnished();
      // Programs take a process each.
      for (const [index, { title, text, place }] of corpus.entries())
        if (place.file === file) await isSame(room, title, text, index % 20 === 0 ? [...texts, "ts"] : texts);
    });
});
