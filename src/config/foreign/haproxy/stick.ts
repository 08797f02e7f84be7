// Stickiness by a table: `stick on`, or `stick match` with or without `stick store-request`. One key for a pool: the first line that has
// one. A condition becomes a part of the key, which is absent where it does not hold, and what has no key does not stick.

import { quote } from "../../../base/reading.ts";
import { absent, type Code, choose } from "./code.ts";
import { readSample } from "./fetch.ts";
import { tableNamed } from "./fetchtable.ts";
import { fault, refuse } from "./objection.ts";
import { keyOf } from "./rulecount.ts";
import type { RuleLine } from "./ruleline.ts";
import type { ProxyRules } from "./scene.ts";
import type { StickTable } from "./sticktable.ts";

export class Sticking {
  #chosen: { readonly table: StickTable; readonly by: Code } | null = null;
  readonly #matched: string[] = [];
  /** By one key, whatever the lines say, so that one that stores in the table is enough: else nobody would stick. */
  readonly #stored = new Set<StickTable>();

  read(line: RuleLine): void {
    const kind = line.next("on, match or store-request");
    if (kind.text === "store-response")
      refuse(kind, "what a server answers does not say where its client goes: stick on what clients send");
    if (!["on", "match", "store-request"].includes(kind.text))
      fault(kind, `must be on, match, store-request or store-response, not ${quote(kind.text)}`);
    const keyWord = line.next("a key, such as src");
    const sample = readSample(line.site, keyWord);
    if (sample.missing !== null) fault(keyWord, `cannot be a key here: ${sample.missing}`);
    const named = line.take("table") === null ? undefined : line.next("the name of a table").text;
    const table = tableNamed(line.site, line.last, named);
    const condition = line.condition();
    const key = keyOf(table, sample, keyWord);
    const by = condition === null ? key : choose(condition, key, absent);
    const written = `${table.proxy.name} ${by.text}`;
    if (kind.text !== "match") this.#stored.add(table);
    if (kind.text === "match") this.#matched.push(written);
    if (kind.text === "store-request") {
      if (!this.#matched.includes(written))
        line.differs("what is stored is looked for too: there is no storing for others only");
    }
    if (this.#chosen === null) this.#chosen = { table, by };
    else if (`${this.#chosen.table.proxy.name} ${this.#chosen.by.text}` !== written)
      line.differs("a pool has one key to stick by, the first that is written");
  }

  /** The table stores which server it was, as HAProxy's does of itself. It may stand further down, and not be in the draft yet. */
  stick(nameOf: (name: string) => string): ProxyRules["stick"] {
    if (this.#chosen === null) return null;
    const { table, by } = this.#chosen;
    const store = table.draft["store"];
    if (Array.isArray(store) && !store.includes("server_id")) table.draft["store"] = ["server_id", ...store];
    return { table: nameOf(table.proxy.name), by: by.text, ...(this.#stored.has(table) ? {} : { store: false }) };
  }
}
