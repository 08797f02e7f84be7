import { expect, test } from "bun:test";
import type { PlanOptions } from "../../test/playbook/plan.ts";
import { get } from "../../test/playbook/words.ts";
import { Playbook } from "../../test/playbook.ts";
import { requestIdOf } from "./requestid.ts";

function idOf(options: PlanOptions, text: string): { id: string; sent: string } {
  let id = "";
  const play = new Playbook(options, (exchange) => {
    id = requestIdOf(exchange);
  });
  const client = play.connect();
  client.sends(text);
  play.take();
  play.accept();
  const sent = /X-Request-Id: (.*?)\\r/i.exec(play.take()[0]!)?.[1] ?? "";
  client.closes();
  return { id, sent };
}

const trusted = { trusted: ["192.0.2.1/32"] };

test("it is what servers are sent: the proxy's where that is kept, else ours", () => {
  for (const [keep, isKept] of [
    [true, true],
    [false, false],
  ] as const) {
    const options = { requestId: { header: "x-request-id", keep }, forwarding: trusted };
    const { id, sent } = idOf(options, get("/", "X-Request-Id: given"));
    expect([sent, id === "given"]).toEqual([id, isKept]);
  }
  const stranger = idOf({ requestId: { header: "x-request-id", keep: true } }, get("/", "X-Request-Id: given"));
  expect(stranger.id).toBe(stranger.sent);
  expect(stranger.id).toMatch(/^[0-9a-f]{20}$/);
});

test("a listener that gives none has none", () => {
  expect(idOf({}, get("/")).id).toBe("");
});
