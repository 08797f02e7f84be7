// The statements of a proxy by their first word, as translators ask for them: the last one where one holds, all where they add up.
// Nothing is entered in the ledger here; proxies.ts has done that.

import type { Service, Statement } from "./scene.ts";

export class Settings {
  readonly proxy: Service;
  readonly #byWord = new Map<string, Statement[]>();

  constructor(proxy: Service) {
    this.proxy = proxy;
    for (const statement of proxy.statements) {
      const name = statement.words[0]!.text;
      const known = this.#byWord.get(name);
      if (known === undefined) this.#byWord.set(name, [statement]);
      else known.push(statement);
    }
  }

  all(name: string): readonly Statement[] {
    return this.#byWord.get(name) ?? [];
  }

  last(name: string): Statement | undefined {
    return this.all(name).at(-1);
  }

  /** `option NAME`, unless a later `no option NAME` has taken it back. */
  option(name: string): Statement | undefined {
    const found = this.all("option").findLast(({ words }) => words[1]?.text === name);
    return found?.prefix === null ? found : undefined;
  }

  /** The last of several options that exclude each other. */
  lastOption(names: readonly string[]): Statement | undefined {
    return this.all("option").findLast((statement) => {
      const name = statement.words[1]?.text ?? "";
      return names.includes(name) && this.option(name) === statement;
    });
  }
}
