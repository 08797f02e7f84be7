import { expect, test } from "bun:test";
import { makeClient, makeClientTls } from "../../test/playbook/client.ts";
import { octetsOf } from "../../test/playbook/memory.ts";
import type { PlanOptions } from "../../test/playbook/plan.ts";
import { answer, rule, rules, table, track } from "../../test/playbook/rules.ts";
import { Playbook } from "../../test/playbook.ts";
import type { RulePlan } from "../config/plan.ts";
import { Entry, isAskedEarly } from "./entry.ts";
import type { ListenerSite } from "./site.ts";

const address = "192.0.2.1";

function entryOf(options: PlanOptions, isBanned = false): Entry {
  const { context, memory } = new Playbook(options);
  if (isBanned) memory.ban(address);
  const entry = new Entry(context, context.site.listeners[0]!, makeClient(address));
  entry.judge(context);
  return entry;
}

const connection = (...played: RulePlan[]): PlanOptions => ({ listener: { rules: rules({ connection: played }) } });

test("something is asked while somebody is banned, and where the first rule does not ask for TLS", () => {
  const isAsked = (options: PlanOptions, isBanned = false): boolean => {
    const { context, memory } = new Playbook(options);
    if (isBanned) memory.ban("192.0.2.9");
    return isAskedEarly(context, context.site.listeners[0]!);
  };
  const tracking = (key: string): PlanOptions => ({
    ...connection(rule(null, null, { does: [track(0, 0, key)] })),
    tables: [table("seen", ["conn_cur"], { kind: "string", bytesMax: 64 })],
  });
  expect([isAsked({}), isAsked({}, true)]).toEqual([false, true]);
  expect(isAsked(connection(rule("src == ip('192.0.2.1') && secure", { kind: "reject" })))).toBe(true);
  for (const asked of ["tls.sni == 'a'", "tls.ja4 == 'a'", "tls.hello", "tls.subject == 'a'", "tls.resumed"])
    for (const isFirst of [true, false]) {
      const [one, other] = [rule(asked, { kind: "reject" }), rule(null, { kind: "reject" })];
      expect(isAsked(connection(...(isFirst ? [one, other] : [other, one])))).toBe(!isFirst);
    }
  expect(isAsked(tracking("listener"))).toBe(true);
  expect(isAsked(tracking("tls.sni"))).toBe(false);
  const inside = rule(null, null, { rules: [rule("tls.alpn == 'h2'", { kind: "reject" })] });
  expect(isAsked(connection(inside))).toBe(false);
  expect(isAsked(connection(rule(null, null, { does: [{ kind: "log", text: "{tls.version}" }] })))).toBe(false);
});

test("rules refuse by all that closes, and know that the connection is to be one of TLS", () => {
  for (const kind of ["reject", "reset", "drop"] as const) {
    expect(entryOf(connection(rule("secure", { kind }))).outcome!.kind).toBe(kind);
    expect(entryOf(connection(rule("secure", { kind }))).isRefused).toBe(true);
    expect(entryOf(connection(rule("!secure", { kind }))).isRefused).toBe(false);
  }
  const accepted = entryOf(connection(rule(null, { kind: "accept" }), rule(null, { kind: "reject" })));
  expect([accepted.isRefused, accepted.isPlayed, accepted.outcome!.kind]).toEqual([false, true, "accept"]);
  const late = entryOf(connection(rule("tls.sni == 'a'", { kind: "accept" }), rule(null, { kind: "reject" })), true);
  expect([late.isBanned, late.isPlayed]).toEqual([true, false]);
});

test("rules up to the first that asks for TLS are played before the handshake, and the others once behind it", () => {
  const logs = (condition: string | null, text: string): RulePlan =>
    rule(condition, null, { does: [{ kind: "log", text }] });
  const counting = table("seen", ["conn_cnt", "gpc0"]);
  const played = (...behind: RulePlan[]): PlanOptions => ({
    ...connection(
      rule(null, null, { does: [track()] }),
      logs(null, "one"),
      logs("tls.sni == 'a.test'", "two"),
      ...behind,
    ),
    tables: [counting],
  });
  const shown = (serverName: string) => makeClient(address, { tls: makeClientTls({ serverName }) });
  const { context, memory } = new Playbook(
    played(logs("tracked[0].conn_cnt == 1", "three"), rule(null, { kind: "reset" })),
  );
  const listener = context.site.listeners[0]!;
  const entry = new Entry(context, listener, makeClient(address));
  entry.judge(context);
  expect([entry.isPlayed, entry.isRefused, entry.guest.notes]).toEqual([true, false, "one"]);
  // A plan that comes meanwhile has other rules: those of the former one are played to their end.
  const other = new Playbook(connection(logs(null, "other"))).context.site.listeners[0]!;
  entry.meet(other, shown("a.test"));
  expect([entry.guest.notes, entry.outcome?.kind, entry.guest.listener]).toEqual(["one; two; three", "reset", other]);
  const seen = memory.tableOf(counting);
  seen.key.setAddress(octetsOf(address), 0);
  expect(seen.read(0, 0, context.port.sharedMs)).toBe(1);
  entry.release();
  // Who is refused before is asked nothing more.
  const refused = entryOf(connection(rule(null, { kind: "reject" }), logs("tls.sni == 'a.test'", "two")));
  refused.meet(other, shown("a.test"));
  expect([refused.outcome?.kind, refused.guest.notes]).toEqual(["reject", ""]);
});

test("a pool that a rule has chosen is found by its name in a plan that came meanwhile", () => {
  const using = (pools: readonly string[], pool: number): Playbook =>
    new Playbook({
      pools,
      listener: { mode: "tcp", rules: rules({ connection: [rule(null, { kind: "use", pool })] }) },
    });
  const { context } = using(["one", "two"], 2);
  const entry = new Entry(context, context.site.listeners[0]!, makeClient(address));
  entry.judge(context);
  expect([entry.isRefused, entry.outcome!.kind]).toEqual([false, "use"]);
  const nameOn = (site: ListenerSite): string | undefined => entry.routeOn(site, 2)?.pool?.plan.name;
  expect(nameOn(context.site.listeners[0]!)).toBe("two");
  expect(nameOn(using(["two", "one"], 1).context.site.listeners[0]!)).toBe("two");
  expect(nameOn(using(["one"], 1).context.site.listeners[0]!)).toBeUndefined();
});

test("a ban refuses whom it answers nothing: in mode tcp all, in mode http whom no trusted proxy has sent", () => {
  const trusted = { forwarding: { trusted: [`${address}/32`] } };
  expect(entryOf({}, true).isRefused).toBe(true);
  expect(entryOf(trusted, true).isRefused).toBe(false);
  expect(entryOf({ banned: answer(403) }, true).isRefused).toBe(false);
  expect(entryOf({ banned: answer(403), listener: { mode: "tcp" }, ...trusted }, true).isRefused).toBe(true);
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
