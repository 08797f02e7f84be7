import { expect, test } from "bun:test";
import { Place } from "../../test/playbook/place.ts";
import { deny, rule, rules, table, track } from "../../test/playbook/rules.ts";
import { Playbook } from "../../test/playbook.ts";
import { Inquiry } from "./inquiry.ts";

const seen = table("seen", ["gpc0", "conn_cur"]);

test("rules of a site that it does not know are played all the same, and nobody is told", () => {
  const first = new Playbook({ listener: { rules: rules({ connection: [rule(null, { kind: "reject" })] }) } });
  const other = new Playbook({});
  const inquiry = new Inquiry(other.context.site);
  const { connection } = first.context.site.listeners[0]!.rules;
  const downstream = first.connect();
  expect(downstream).toBeDefined();
  const stage = { hit: () => {}, isDry: false } as unknown as Parameters<typeof inquiry.run>[1];
  expect(inquiry.run(connection!, stage)?.kind).toBe("reject");
  expect(inquiry.phases).toEqual([]);
});

test("an entry that a slot holds is told with what the tracking has made of it", () => {
  const place = new Place({
    tables: [seen],
    listener: { rules: rules({ connection: [rule(null, null, { does: [track()] })] }) },
  });
  expect(place.ask({ url: "/" }).entries).toEqual([
    { table: "seen", key: "203.0.113.7", before: null, after: { gpc0: 0, conn_cur: 1 } },
  ]);
});

test("rules behind the one that ends the phase are counted, those of an observing one among those asked", () => {
  const observing = rule(null, deny(), { name: "observes", mode: "observe" });
  const place = new Place({
    listener: { rules: rules({ request: [observing, rule(null, deny(), { name: "denies" }), rule(null, deny())] }) },
  });
  const [phase] = place.ask({ url: "/" }).phases;
  expect([phase!.rules.map(({ name }) => name), phase!.skipped]).toEqual([["observes", "denies"], 1]);
});
