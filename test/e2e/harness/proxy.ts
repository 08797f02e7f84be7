// A Sluice that is a forward proxy, and curl that goes through it.

import type { ListenerInput } from "../../../src/config/input.ts";
import { AccessLog } from "./accesslog.ts";
import { freePort } from "./port.ts";
import { find, type Ran, ran } from "./program.ts";
import type { Room } from "./room.ts";
import { type Draft, Sluice } from "./sluice.ts";
import { until } from "./wait.ts";

export type ProxyInput = Exclude<NonNullable<ListenerInput["proxy"]>, boolean>;

export class Forward {
  readonly port: number;
  readonly sluice: Sluice;
  readonly log: AccessLog;

  private constructor(port: number, sluice: Sluice, log: AccessLog) {
    this.port = port;
    this.sluice = sluice;
    this.log = log;
  }

  /** Every port may be asked for, and whatever `own` says besides. */
  static async start(
    room: Room,
    own: ProxyInput,
    listener: ListenerInput | object = {},
    more: object = {},
  ): Promise<Forward> {
    const port = freePort();
    const log = new AccessLog(room);
    const draft = Forward.draft(port, log, own, listener, more);
    return new Forward(port, await Sluice.start(room, draft), log);
  }

  static draft(port: number, log: AccessLog, own: ProxyInput, listener: object = {}, more: object = {}): Draft {
    const anyPort = { ports: ["1-65535"], tunnels: { ports: ["1-65535"], ...own.tunnels } };
    return {
      accessLog: log.config,
      listeners: {
        proxy: {
          listen: `127.0.0.1:${port}`,
          proxy: { ...own, ...anyPort, ...(own.ports && { ports: own.ports }) },
          ...listener,
        },
      },
      ...more,
      // Its pools make themselves.
    } as Draft;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** curl's words and the target; what it prints is the body, and the last line the status. */
  async curl(
    ...words: readonly string[]
  ): Promise<Ran & { readonly body: string; readonly status: number; readonly connected: number }> {
    const answer = await ran([
      find("curl")!,
      "-sS",
      "--noproxy",
      "",
      "-m",
      "20",
      "-w",
      "\n%{http_code} %{http_connect}",
      ...words,
    ]);
    const [, body = "", status = "0", connected = "0"] = /^([\s\S]*)\n(\d+) (\d+)$/.exec(answer.out) ?? [];
    return { ...answer, body, status: Number(status), connected: Number(connected) };
  }

  /** Asks until it is that: what is counted a moment later is waited for. */
  async counted(expected: number, line: string): Promise<void> {
    await until(`${line} to be ${expected}`, async () => (await this.metric(line)) === expected);
  }

  async metric(line: string): Promise<number> {
    const text = await (await fetch(`http://${this.sluice.admin}/metrics`)).text();
    const found = text.split("\n").find((each) => each.startsWith(`${line} `));
    if (found === undefined) throw new Error(`there is no ${line} in /metrics`);
    return Number(found.slice(line.length + 1));
  }
}
