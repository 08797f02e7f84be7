// Runs of Sluice's part that gets certificates, for tests without a network: each has a folder, an authority, what is published and said, and a
// clock that only moves when a test says so. A run can follow another one in its folder, as after a restart. Whoever makes a stage clears its
// folders after each test, and ends it after the last.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { judge } from "../src/config/judge.ts";
import { loadMaterials } from "../src/config/loadmaterials.ts";
import type { Certificate, Challenge, Materials } from "../src/config/materials.ts";
import type { Config } from "../src/config/types.ts";
import { Acme } from "../src/control/acme/acme.ts";
import { Trouble } from "../src/control/acme/trouble.ts";
import { openLog } from "../src/control/log.ts";
import { FakeAuthority } from "./acmeauthority.ts";
import { Authority } from "./authority.ts";

export function configOf(folder: string, names: unknown, more: object = {}): Config {
  const { config, findings } = judge({
    acme: { agreeToTerms: true, directory: "https://authority.test/dir", folder, email: "ops@a.example", ...more },
    listeners: {
      plain: { listen: ":80", redirect: "https" },
      web: { listen: ":443", use: "app", ...(names === null ? {} : { tls: { acme: names } }) },
    },
    pools: { app: { servers: ["127.0.0.1:1"] } },
  });
  if (config === null) throw new Error(JSON.stringify(findings));
  return config;
}

/** A run of Sluice: what is published, what is said, and a clock that only moves when a test says so. */
export class AcmeRun {
  readonly folder: string;
  readonly authority: FakeAuthority;
  readonly acme: Acme;
  readonly log: { readonly level: string; readonly msg: string }[] = [];
  /** Called before a plan is in force. */
  publishing: () => Promise<string | null> = async () => null;
  materials!: Materials;
  shown: readonly Challenge[] = [];
  plans = 0;
  nowMs: number;

  constructor(stage: AcmeStage, former?: AcmeRun) {
    this.folder = former?.folder ?? mkdtempSync(join(tmpdir(), "sluice-acme-"));
    stage.folders.push(this.folder);
    this.nowMs = former?.nowMs ?? Date.now();
    this.authority =
      former?.authority ??
      new FakeAuthority(stage.issuer, (token) => stage.current?.shown.find((each) => each.token === token)?.answer);
    stage.current = this;
    this.acme = new Acme({
      log: openLog({
        level: "info",
        format: "json",
        isColored: false,
        write: (line) => this.log.push(JSON.parse(line)),
      }),
      nowMs: () => this.nowMs,
      chance: () => 0.5,
      wait: async (ms, stop) => {
        if (stop.aborted) throw new Trouble("ours", "it was given up");
        this.nowMs += ms;
      },
      network: () => this.authority.ask,
      publish: async () => {
        const problem = await this.publishing();
        this.plans++;
        if (problem === null) this.shown = this.acme.dress(this.materials).challenges;
        return problem;
      },
    });
  }

  async adopt(config: Config): Promise<void> {
    this.materials = await loadMaterials(config, this.folder, this.nowMs);
    await this.acme.follow(config, this.materials);
  }

  /** Until nobody is due. */
  async settle(turns = 10): Promise<void> {
    for (let turn = 0; turn < turns; turn++) await this.acme.look();
  }

  issued(...names: readonly string[]): readonly Certificate[] {
    return this.acme.dress(this.materials).issued(names);
  }

  get messages(): string[] {
    return this.log.map(({ level, msg }) => `${level} ${msg}`);
  }

  count(question: string): number {
    return this.authority.asked.filter((each) => each === question).length;
  }
}
/** What the runs of one test file have in common. */
export class AcmeStage implements Disposable {
  readonly issuer: Authority = new Authority("Test CA");
  readonly folders: string[] = [];
  /** The run that clients meet: the last one. */
  current: AcmeRun | null = null;

  readonly started = async (names: unknown, more: object = {}, former?: AcmeRun): Promise<AcmeRun> => {
    const run = new AcmeRun(this, former);
    await run.adopt(configOf(run.folder, names, more));
    return run;
  };

  readonly clear = (): void => {
    for (const folder of this.folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  };

  [Symbol.dispose](): void {
    this.clear();
    this.issuer[Symbol.dispose]();
  }
}
