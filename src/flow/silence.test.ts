import { expect, test } from "bun:test";
import type { Line } from "./port.ts";
import { Silence, type SilenceLimits } from "./silence.ts";
import { Tunnel } from "./tunnel.ts";

// The judgement by itself; test/playbook/streamsilence.test.ts has the conversations.

class Side implements Line {
  heldBytes = 0;

  get isHolding(): boolean {
    return this.heldBytes > 0;
  }
  send(): boolean {
    return true;
  }
  offer(): number {
    return 0;
  }
  readonly takesFiles = false;
  offerFile(): number {
    return 0;
  }
  pause(): void {}
  resume(): void {}
  end(): void {}
  destroy(): void {}
  reset(): void {}
  drop(): void {}
}

function made(limits: Partial<SilenceLimits>) {
  const [client, server] = [new Side(), new Side()];
  const tunnel = new Tunnel(client, server);
  const silence = new Silence(tunnel, { clientIdleMs: 0, serverIdleMs: 0, tunnelMs: 0, ...limits }, 1_000);
  const verdict = (nowMs: number): string => silence.judge(nowMs)?.code ?? "none";
  return { client, server, tunnel, silence, verdict };
}

test("without a limit there is nothing to look at", () => {
  const { silence, verdict } = made({});
  expect(verdict(1e9)).toBe("none");
  expect(silence.deadlineMs(1e9)).toBe(0);
});

test("the deadline is the first of all that may pass", () => {
  const { silence } = made({ clientIdleMs: 500, serverIdleMs: 300, tunnelMs: 400 });
  expect(silence.deadlineMs(1_000)).toBe(1_300);
  silence.serverMs = 2_000;
  expect(silence.deadlineMs(2_000)).toBe(1_500);
  silence.clientMs = 2_200;
  expect(silence.deadlineMs(2_200)).toBe(2_300);
});

test("a limit has passed when its whole time has, not before", () => {
  const { verdict } = made({ clientIdleMs: 500 });
  expect([verdict(1_499), verdict(1_500)]).toEqual(["none", "client_idle"]);
});

test("a side whose turn it is not is looked at again after a whole time", () => {
  const { tunnel, silence, verdict } = made({ clientIdleMs: 500 });
  tunnel.endedDown();
  expect(verdict(5_000)).toBe("none");
  expect(silence.deadlineMs(5_000)).toBe(5_500);
});

test("bytes held that have become fewer were taken; as many as before were not", () => {
  const { client, verdict } = made({ clientIdleMs: 500 });
  client.heldBytes = 100;
  expect(verdict(1_600)).toBe("none");
  client.heldBytes = 90;
  expect(verdict(2_200)).toBe("none");
  expect(verdict(2_300)).toBe("none");
  expect(verdict(2_700)).toBe("client_idle");
});

test("as many bytes held as long ago are others, when all was taken in between", () => {
  const { client, silence, verdict } = made({ clientIdleMs: 500 });
  client.heldBytes = 100;
  verdict(1_400);
  client.heldBytes = 0;
  silence.drained(1_450);
  client.heldBytes = 100;
  expect(verdict(2_000)).toBe("none");
});
