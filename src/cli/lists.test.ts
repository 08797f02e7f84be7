import { expect, test } from "bun:test";
import type { ListSummary } from "../control/api/lists.ts";
import { lists, listsText } from "./lists.ts";

const office: ListSummary = {
  name: "office",
  kind: "address",
  entries: 12,
  file: "/etc/sluice/office.txt",
  loaded: "2026-01-01T08:00:00.123Z",
  problem: null,
};

test("what is not in force as its file has it is in capitals, and the reason stands below", () => {
  const problem = { since: "2026-01-02T08:00:00Z", lines: ["paths.txt has a bad line:", "paths.txt:7: no"] };
  const paths: ListSummary = { ...office, name: "paths", kind: "text", entries: 7, file: null, problem };
  expect(listsText({ lists: [office, paths] })).toMatchInlineSnapshot(`
    "  LIST    KIND     ENTRIES  LOADED                STATE     FILE
      office  address       12  2026-01-01T08:00:00Z  ok        /etc/sluice/office.txt
      paths   text           7  2026-01-01T08:00:00Z  OUTDATED  (in the config)

    not as they should be:
      list paths:
        paths.txt has a bad line:
        paths.txt:7: no"
  `);
});

test("without lists there is nothing to show", () => {
  expect(listsText({ lists: [] })).toBe("the config has no lists");
});

test("what the admin interface answers is shown, or printed as it is; nobody there is a failure", async () => {
  const answer = { lists: [office] };
  const admin = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: (request) =>
      new URL(request.url).pathname === "/api/v1/lists" ? Response.json(answer) : new Response("", { status: 404 }),
  });
  const said: string[] = [];
  const writer = {
    out: (text: string) => said.push(text),
    err: (text: string) => said.push(text),
    note: (text: string) => said.push(text),
  };
  const remote = { admin: `127.0.0.1:${admin.port}` };
  expect(await lists({ ...remote, json: true }, writer)).toBe(0);
  expect(JSON.parse(said.pop()!)).toEqual(answer);
  expect(await lists(remote, writer)).toBe(0);
  expect(said.pop()).toContain("/etc/sluice/office.txt");
  await admin.stop(true);
  expect(await lists(remote, writer)).toBe(1);
  expect(said.pop()).toStartWith("sluice: ");
});
