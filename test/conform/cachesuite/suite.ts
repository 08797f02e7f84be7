// The public suite of HTTP cache tests (cache-tests.fyi, http-cache-tests of npm) as something that can be started, played against a
// proxy and judged. Its server stands behind the proxy and answers as each test's config says; its client, in front of it
// (play.mjs), compares. Each test is of a kind: `required` is what a specification demands, `optimal` what a good cache does, `check`
// asks only how a cache behaves. They are counted as the suite's own pages count them: a test whose needs are not met, or whose
// setup does not come about, is not passed.

import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { freePort } from "../../e2e/harness/port.ts";
import { find, ran } from "../../e2e/harness/program.ts";
import type { Room } from "../../e2e/harness/room.ts";
import { until } from "../../e2e/harness/wait.ts";

export type Kind = "required" | "optimal" | "check";

export interface Played {
  readonly id: string;
  readonly kind: Kind;
  readonly group: string;
  /** Ids of tests that must have been passed for this one to mean anything. */
  readonly needs: readonly string[];
  /** Passed, or the kind of failure and a sentence. */
  readonly result: true | readonly [string, string];
}

export interface Judged extends Played {
  readonly isPassed: boolean;
  /** Why not; "" when it is passed. */
  readonly detail: string;
}

const player = join(import.meta.dir, "play.mjs");
const playMaxMs = 400_000;

/** The suite's server, on a port of its own. */
export class Suite {
  readonly address: string;

  private constructor(address: string) {
    this.address = address;
  }

  static async start(room: Room): Promise<Suite> {
    const folder = dirname(createRequire(import.meta.url).resolve("http-cache-tests/package.json"));
    const port = freePort();
    const child = Bun.spawn([find("node")!, "--no-warnings", join("server", "server.mjs")], {
      cwd: folder,
      env: {
        ...process.env,
        npm_config_protocol: "http",
        npm_config_port: String(port),
        npm_config_pidfile: room.path("suite.pid"),
      },
      stdin: "ignore",
      stdout: "ignore",
      stderr: "inherit",
    });
    room.ending(async () => {
      child.kill("SIGTERM");
      await child.exited;
    });
    const suite = new Suite(`127.0.0.1:${port}`);
    await until("the suite's server to answer", () =>
      fetch(`http://${suite.address}/`)
        .then((it) => it.status > 0)
        .catch(() => false),
    );
    return suite;
  }

  /** Against the proxy at a URL; all of it, or the tests with these ids. */
  async play(url: string, ids: readonly string[] = []): Promise<Played[]> {
    const { code, out, err } = await ran([find("node")!, "--no-warnings", player, url, ...ids], {
      timeoutMs: playMaxMs,
    });
    if (code !== 0) throw new Error(`the suite ended with ${code}: ${err}`);
    return JSON.parse(out) as Played[];
  }

  /**
   * All of it, and once more each test that was not passed: hundreds of them at once, with ages counted in seconds, can fail on a
   * machine that has other things to do. `isKnown`: not these, which fail whenever they are played.
   */
  async playTwice(url: string, isKnown: (id: string) => boolean = () => false): Promise<Judged[]> {
    const first = await this.play(url);
    const again = judge(first).filter(({ isPassed, id, kind }) => !isPassed && kind !== "check" && !isKnown(id));
    if (again.length === 0) return judge(first);
    const second = await this.play(
      url,
      again.map(({ id }) => id),
    );
    const results = new Map(second.map(({ id, result }) => [id, result]));
    return judge(first.map((test) => ({ ...test, result: results.get(test.id) ?? test.result })));
  }
}

/** What each test comes to, its needs regarded. */
export function judge(played: readonly Played[]): Judged[] {
  const byId = new Map(played.map((test) => [test.id, test]));
  const whyNot = (test: Played): string => {
    const missing = test.needs.find((id) => {
      const needed = byId.get(id);
      return needed === undefined || whyNot(needed) !== "";
    });
    if (missing !== undefined) return `it needs ${missing}`;
    return test.result === true ? "" : `${test.result[0]}: ${test.result[1]}`;
  };
  return played.map((test) => {
    const detail = whyNot(test);
    return { ...test, isPassed: detail === "", detail };
  });
}

/** How many of a kind are passed, and how many there are. */
export function sum(judged: readonly Judged[], kind: Kind): { readonly passed: number; readonly all: number } {
  const tests = judged.filter((test) => test.kind === kind);
  return { passed: tests.filter(({ isPassed }) => isPassed).length, all: tests.length };
}
