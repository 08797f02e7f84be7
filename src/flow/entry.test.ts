import { expect, test } from "bun:test";
import { makeClient, makeClientTls } from "../../test/playbook/client.ts";
import type { PlanOptions } from "../../test/playbook/plan.ts";
import { answer } from "../../test/playbook/rules.ts";
import { Playbook } from "../../test/playbook.ts";
import { Entry } from "./entry.ts";

const address = "192.0.2.1";

function entryOf(options: PlanOptions, isBanned = false): Entry | null {
  const play = new Playbook(options);
  if (isBanned) play.memory.ban(address);
  const { context } = play;
  const entry = Entry.of(context, context.site.listeners[0]!, () => makeClient(address));
  entry?.judge(context);
  return entry;
}

test("where nothing is to be asked there is no entry", () => {
  expect(entryOf({})).toBeNull();
});

test("a ban refuses whom it answers nothing: in mode tcp all, in mode http whom no trusted proxy has sent", () => {
  const trusted = { forwarding: { trusted: [`${address}/32`] } };
  expect(entryOf({}, true)!.isRefused).toBe(true);
  expect(entryOf(trusted, true)!.isRefused).toBe(false);
  expect(entryOf({ banned: answer(403) }, true)!.isRefused).toBe(false);
  expect(entryOf({ banned: answer(403), listener: { mode: "tcp" }, ...trusted }, true)!.isRefused).toBe(true);
});

test("on its way to a flow it is told what the handshake has shown", () => {
  const play = new Playbook({});
  const listener = play.context.site.listeners[0]!;
  const entry = new Entry(play.context, listener, makeClient(address));
  expect([entry.guest.serverName, entry.guest.ja4]).toEqual(["", ""]);
  const shown = makeClient(address, { tls: makeClientTls({ serverName: "a.test" }), ja4: "t13d" });
  entry.meet(listener, shown);
  expect([entry.guest.serverName, entry.guest.ja4, entry.guest.client]).toEqual(["a.test", "t13d", shown]);
});
