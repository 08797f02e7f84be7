// The examples in a folder of their own, with the certificates that they name: what whoever tries them has made beforehand.
// In the repository there are none, for keys do not belong there.

import { cpSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Authority, type Issued } from "./authority.ts";

export const examplesFolder: string = join(import.meta.dir, "..", "examples");

export function exampleNames(): string[] {
  return readdirSync(examplesFolder).filter(
    (name) => /\.(ts|toml|yaml|json|cfg)$/.test(name) && name !== "tsconfig.json",
  );
}

/** A copy of the examples, and who signed what is in it. */
export class Examples implements Disposable {
  readonly authority: Authority = new Authority();
  readonly shop: Issued;

  /** `folder` is there already. */
  constructor(folder: string) {
    this.shop = this.authority.issue(["DNS:shop.example", "DNS:*.shop.example", "DNS:localhost"], 90);
    cpSync(examplesFolder, folder, { recursive: true, filter: (path) => !path.endsWith("certs") });
    mkdirSync(join(folder, "certs"));
    const own = this.authority.issue(["DNS:office.example"], 90);
    const files: Record<string, string> = {
      "certs/shop.crt": this.shop.cert,
      "certs/shop.key": this.shop.key,
      "own.crt": own.cert,
      "own.key": own.key,
      "ca.pem": this.authority.cert,
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text, { mode: 0o600 });
  }

  [Symbol.dispose](): void {
    this.authority[Symbol.dispose]();
  }
}
