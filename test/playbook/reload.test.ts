import { expect, test } from "bun:test";
import { poolCell } from "../../src/memory/tally.ts";
import { Playbook } from "../playbook.ts";
import type { PlanOptions } from "./plan.ts";
import { get, ok } from "./words.ts";

const twentyFields = Array.from({ length: 20 }, (_, index) => `x${index}: 1`);

/** A client and a server whose connections have carried one exchange under a plan, and then obey the next. */
function reloaded(before: PlanOptions, after: PlanOptions) {
  const play = new Playbook(before);
  const client = play.connect();
  client.sends(get("/1"));
  const server = play.accept();
  server.sends(ok("1"));
  play.reload(after);
  play.take();
  return { play, client, server };
}

test("more fields are taken from clients once a plan says so", () => {
  const { play, client, server } = reloaded({ limits: { fieldsMax: 10 } }, { limits: { fieldsMax: 30 } });
  client.sends(get("/2", ...twentyFields));
  play.expect(server.gets(get("/2", ...twentyFields)));
});

test("more fields are taken from servers once a plan says so", () => {
  const { play, client, server } = reloaded({ limits: { fieldsMax: 10 } }, { limits: { fieldsMax: 30 } });
  client.sends(get("/2"));
  play.take();
  server.sends(ok("2", ...twentyFields));
  play.expect(client.gets(ok("2", ...twentyFields)), "report 200");
});

test("an exchange that was under way when the limit of fields changed is not used again with the old one", () => {
  const play = new Playbook({ limits: { fieldsMax: 10 } });
  const client = play.connect();
  client.sends(get("/1"));
  const server = play.accept();
  play.reload({ limits: { fieldsMax: 30 } });
  server.sends(ok("1"));
  play.take();
  client.sends(get("/2", ...twentyFields));
  play.expect(server.gets(get("/2", ...twentyFields)));
});

test("a larger limit of heads holds for the connections to servers that were kept", () => {
  const { play, client, server } = reloaded({ limits: { headBytesMax: 100 } }, { limits: { headBytesMax: 1_000 } });
  client.sends(get("/2"));
  play.take();
  const long = ok("2", `x: ${"y".repeat(200)}`);
  server.sends(long);
  play.expect(client.gets(long), "report 200");
});

test("those who wait under the former plan and under the new one are counted together", () => {
  const one: PlanOptions = { server: { connectionsMax: 1 } };
  const play = new Playbook(one);
  play.connect().sends(get("/1"));
  play.accept();
  const former = [play.connect(), play.connect()];
  for (const client of former) client.sends(get("/former"));
  play.reload(one);
  play.connect().sends(get("/new"));
  expect(play.totals.pool(0, poolCell.queued)).toBe(3);
  for (const client of former) client.closes();
  expect(play.totals.pool(0, poolCell.queued)).toBe(1);
});
