// Requests for other hosts than the connection was made for: 421 where rules go by its name, and else like all others.

import { expect, test } from "bun:test";
import { Caller } from "../../../test/playbook/http2.ts";
import { deny, rule, rules } from "../../../test/playbook/rules.ts";
import { Playbook } from "../../../test/playbook.ts";
import type { RulePlan } from "../../config/plan.ts";

const byName = [rule("tls.sni == 'x'", deny())];
const byPath = [rule("path == '/x'", deny())];

type Phase = "connection" | "request" | "response";

/** What a request for host "a" comes to on a connection for `serverName`. */
function told(serverName: string, phase: Phase, own: readonly RulePlan[], pools: readonly RulePlan[] = []): string {
  const play = new Playbook({
    listener: { rules: rules({ [phase]: own }) },
    pool: { rules: rules({ request: pools }) },
  });
  const caller = new Caller(play, { serverName });
  caller.asks(1);
  return caller.hears().find((line) => /^(?:report|dial)/.test(line)) ?? "";
}

test("a request for another host is told to come by a connection of its own, where some rule asks for the name", () => {
  for (const phase of ["request", "response", "connection"] as const)
    expect(told("b", phase, phase === "connection" ? [rule("tls.sni == 'x'", { kind: "reject" })] : byName)).toBe(
      "report 421 misdirected",
    );
  expect(told("b", "request", byPath, byName)).toBe("report 421 misdirected");
});

test("one for the host itself is served, and so are all where no rule asks, or no name was asked for", () => {
  expect(told("a", "request", byName)).toBe("dial one:80");
  expect(told("b", "request", byPath)).toBe("dial one:80");
  expect(told("", "request", byName)).toBe("dial one:80");
});

test("its content is of no use, and the connection goes on", () => {
  const play = new Playbook({ listener: { rules: rules({ request: byName }) } });
  const caller = new Caller(play, { serverName: "b" });
  caller.asks(1, "/", { method: "POST", isOpen: true });
  const said = caller.hears();
  expect(said.some((line) => line.startsWith("HEADERS 1 421"))).toBe(true);
  expect(said).toContain("RST_STREAM 1 NO_ERROR");
  caller.asks(3);
  expect(caller.hears().some((line) => line.startsWith("HEADERS 3 421"))).toBe(true);
});
