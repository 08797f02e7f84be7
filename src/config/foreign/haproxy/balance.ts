// `balance` and `hash-type` as a policy. Hashes bring a client to the same server each time, but not to the one that HAProxy's hash
// chose. What hashes a value that no policy of ours can hash becomes a table that remembers the server of each value.

import { didYouMean } from "../../../base/nearest.ts";
import type { PoolInput } from "../../input.ts";
import type { Ledger } from "../ledger.ts";
import { pathOf, type Statement, type Word } from "./scene.ts";
import type { Settings } from "./settings.ts";
import { readCount, warn } from "./tell.ts";

type BalanceInput = NonNullable<PoolInput["balance"]>;

export interface Balancing {
  readonly balance: BalanceInput;
  /** Instead of a hash: an expression whose values each keep their server. */
  readonly stickBy: string | null;
}

const names = [
  "roundrobin",
  "static-rr",
  "leastconn",
  "first",
  "source",
  "uri",
  "url_param",
  "hdr",
  "random",
  "rdp-cookie",
  "hash",
];
const plain: Readonly<Record<string, BalanceInput>> = {
  roundrobin: "weightedRoundRobin",
  "static-rr": "weightedRoundRobin",
  leastconn: "leastConnections",
  first: "first",
};
const turns: Balancing = { balance: "weightedRoundRobin", stickBy: null };

export function balanceOf(ledger: Ledger, settings: Settings): Balancing {
  const statement = settings.last("balance");
  const word = statement?.words[1];
  if (statement === undefined) return turns;
  if (word === undefined) {
    ledger.fault(pathOf(statement.words[0]!), "needs the name of an algorithm, such as roundrobin");
    return turns;
  }
  const [, name = "", inside] = /^([^(]*)(?:\((.*)\))?$/.exec(word.text) ?? [];
  const policy = Object.hasOwn(plain, name) && inside === undefined ? plain[name] : undefined;
  if (policy !== undefined) return { balance: policy, stickBy: null };
  if (!names.includes(name)) {
    ledger.fault(pathOf(word), `is no algorithm of HAProxy's${didYouMean(name, names)}`);
    return turns;
  }
  if (settings.proxy.mode === "tcp" && ["uri", "url_param", "hdr"].includes(name)) {
    warn(ledger, word, "is for mode http; connections take turns, as in HAProxy");
    return turns;
  }
  const hash = new Hash(ledger, settings);
  return hash.of(name, inside ?? "", word, statement);
}

class Hash {
  readonly #ledger: Ledger;
  readonly #settings: Settings;

  constructor(ledger: Ledger, settings: Settings) {
    this.#ledger = ledger;
    this.#settings = settings;
  }

  of(name: string, inside: string, word: Word, { words }: Statement): Balancing {
    const rest = words.slice(2);
    switch (name) {
      case "source":
        return this.#source(word);
      case "random":
        return { balance: inside === "1" ? "random" : "p2c", stickBy: null };
      case "uri":
        if (!rest.some(({ text }) => text === "whole") || rest.length > 1)
          this.#differs(word, "the whole address is hashed, with its query");
        return this.#keyed("uri", word);
      case "hdr":
        if (inside === "") this.#ledger.fault(pathOf(word), "needs the name of a field, as in hdr(host)");
        for (const each of rest) this.#differs(each, "the whole value is hashed");
        if (inside === "") return turns;
        // No request of today is without that one.
        if (inside.toLowerCase() !== "host")
          this.#differs(word, "a request without the field goes by its client's address; in HAProxy it takes its turn");
        return this.#keyed(`header:${inside}`, word);
      case "url_param":
        if (rest[0] === undefined) this.#ledger.fault(pathOf(word), "needs the name of a parameter");
        else
          this.#differs(
            word,
            "each value keeps the server that it was first given, in a table, instead of a hash choosing it",
          );
        if (rest[1]?.text === "check_post")
          this.#differs(rest[1], "a parameter in the body of a POST is not looked at: such a request takes its turn");
        return { ...turns, stickBy: rest[0] === undefined ? null : `params[${JSON.stringify(rest[0].text)}]` };
      default:
        this.#ledger.refuse(pathOf(word), `${name} is not looked at; source, uri, hdr(NAME) and url_param are`);
        return turns;
    }
  }

  #source(word: Word): Balancing {
    const type = this.#settings.last("hash-type")?.words[1];
    this.#moves(word);
    const bound = this.#bound();
    if (bound !== null) return { balance: { policy: "boundedHash", key: "ip", loadFactor: bound }, stickBy: null };
    return { balance: type?.text === "consistent" ? "consistentHash" : "ipHash", stickBy: null };
  }

  #keyed(key: string, word: Word): Balancing {
    this.#moves(word);
    const bound = this.#bound();
    return {
      balance: bound === null ? { policy: "consistentHash", key } : { policy: "boundedHash", key, loadFactor: bound },
      stickBy: null,
    };
  }

  #moves(word: Word): void {
    this.#ledger.note(
      pathOf(word),
      "clients move to another server once, on the day of the change, for the hash is another",
    );
  }

  #differs(word: Word, message: string): void {
    this.#ledger.approximate(pathOf(word), message);
  }

  /** hash-balance-factor, in per cent; 0 is none. */
  #bound(): number | null {
    const factor = readCount(this.#ledger, this.#settings.last("hash-balance-factor")?.words[1], 0, 65_535);
    return factor === null || factor === 0 ? null : Math.min(Math.max(factor / 100, 1.01), 10);
  }
}
