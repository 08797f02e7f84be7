// The admin API of a running Sluice with something of everything: its OpenAPI document is a good one, every operation in it is called, and
// every answer is as the document says.

import { expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { Validator } from "@seriousme/openapi-schema-validator";
import type { AuditAnswer } from "../../src/control/api/shape/audit.ts";
import { stateFolderOf } from "../../src/control/state.ts";
import { type ApiCall, apiCalls, type Former } from "./harness/apicalls.ts";
import { ApiDocument } from "./harness/apidocument.ts";
import { Origin, ok } from "./harness/origin.ts";
import { freePort } from "./harness/port.ts";
import { ran } from "./harness/program.ts";
import { Redis } from "./harness/redis.ts";
import { withRedis } from "./harness/rediscache.ts";
import { Room } from "./harness/room.ts";
import { Showcase } from "./harness/showcase.ts";
import { Sluice } from "./harness/sluice.ts";
import { walked } from "./harness/walk.ts";

setDefaultTimeout(90_000);

const token = "correct-horse-battery";

withRedis("every operation of the OpenAPI document is called, and every answer is as it says", async () => {
  await using room = new Room();
  const redis = await Redis.start(room);
  const { sluice } = await Showcase.start(room, redis, token);
  const base = `http://${sluice.admin}`;
  const headers = { authorization: `Bearer ${token}` };
  const served = (await (await fetch(`${base}/api/v1/openapi.json`, { headers })).json()) as object;
  const judged = await new Validator().validate(structuredClone(served) as Record<string, unknown>);
  expect([judged.valid, judged.errors]).toEqual([true, undefined]);

  const document = new ApiDocument(served as never);
  const former: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const call of apiCalls) {
    const response = await made(call, document, base, former);
    if (response.status === 200 && response.headers.get("content-type") === "application/json")
      former[call.id] = await response.clone().json();
    if (response.status !== (call.status ?? 200))
      problems.push(
        `${call.id} answers ${response.status}, not ${call.status ?? 200}: ${await response.clone().text()}`,
      );
    problems.push(...(await document.problemsOf(call.id, response)));
  }
  expect(problems).toEqual([]);

  const called = new Set(apiCalls.map(({ id }) => id));
  const missing = [...document.operations.keys()].filter((id) => !called.has(id));
  expect([missing, [...called].filter((id) => !document.operations.has(id))]).toEqual([[], []]);
});

function made(
  { id, path, body, type, headers }: ApiCall,
  document: ApiDocument,
  base: string,
  former: Former,
): Promise<Response> {
  const operation = document.operations.get(id);
  if (operation === undefined) throw new Error(`there is no operation ${id}`);
  const url = `${base}${typeof path === "string" ? path : path(former)}`;
  return fetch(url, {
    method: operation.method,
    headers: {
      ...{ authorization: `Bearer ${token}`, "sluice-actor": "the test" },
      ...(body === undefined ? {} : { "content-type": type ?? "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

test("who changed what is in the audit log, over a restart, and in a file that nobody else may read", async () => {
  await using room = new Room();
  const origin = new Origin(room, () => ok("here"));
  const sluice = await Sluice.start(room, { pools: { app: { servers: [origin.address] } } });
  const ask = (path: string, init: RequestInit = {}) => fetch(`http://${sluice.admin}/api/v1/${path}`, init);
  await ask("explain", { method: "POST", body: JSON.stringify({ url: "/" }) });
  await ask("bans", { method: "POST", body: JSON.stringify({ address: "192.0.2.1", by: "ann" }) });
  await ask("bans/192.0.2.1", { method: "DELETE", headers: { "sluice-actor": "bob" } });
  await ask("reload", { method: "POST", headers: { origin: "http://evil.example" } });
  const entriesOf = async (of: Sluice): Promise<unknown> => {
    const { entries } = (await (await fetch(`http://${of.admin}/api/v1/audit`)).json()) as AuditAnswer;
    return entries.map(({ operation, actor, status, body }) => [operation, actor, status, body]);
  };
  const expected = [
    ["reload", "127.0.0.1", 403, ""],
    ["removeBan", "bob", 200, ""],
    ["addBan", "ann", 201, '{"address":"192.0.2.1","by":"ann"}'],
  ];
  expect(await entriesOf(sluice)).toEqual(expected);
  const path = join(stateFolderOf(sluice.configPath), "audit.log");
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readFileSync(path, "utf8").trimEnd().split("\n").length).toBe(3);
  sluice.child.kill("SIGTERM");
  await sluice.exited();
  expect(await entriesOf(await Sluice.again(room, sluice))).toEqual(expected);
});

walked("docs/ADMINAPI.md", [], async (walk) => {
  await using room = new Room();
  const [{ text: config }, { text: script }] = [walk.next("yaml"), walk.next("sh")];
  const [port, adminPort] = [freePort(), freePort()];
  const here = (part: string): string =>
    part.replaceAll("127.0.0.1:2112", `127.0.0.1:${adminPort}`).replaceAll("127.0.0.1:8080", `127.0.0.1:${port}`);
  await Sluice.of(room, room.write("sluice.yaml", here(config)), port, adminPort);
  // Each must be answered with success: curl says so by how it ends.
  const strict = here(script).replace("curl -sS", "curl -sS --fail-with-body");
  const { code, out, err } = await ran(["bash", "-e", "-c", strict]);
  expect([code, err]).toEqual([0, ""]);
  const { entries } = JSON.parse(out.slice(out.indexOf('{\n  "entries"'), out.indexOf('{"openapi"'))) as AuditAnswer;
  const asked = (path: string): Promise<Response> =>
    fetch(`http://127.0.0.1:${adminPort}${path}`, {
      headers: { authorization: "Bearer correct-horse-battery-staple" },
    });
  expect(await (await asked("/api/v1/audit?limit=0")).json()).toEqual(JSON.parse(walk.next("json").text));
  const { entries: all } = (await (await asked("/api/v1/audit")).json()) as AuditAnswer;
  const shown = JSON.parse(walk.next("json").text) as AuditAnswer["entries"][number];
  expect(all.find(({ operation }) => operation === shown.operation)).toEqual({ ...shown, at: expect.any(String) });
  expect(entries.map(({ operation, actor }) => [operation, actor])).toEqual([
    ["removeBan", "127.0.0.1"],
    ["addBan", "ann"],
    ["removeTableEntry", "127.0.0.1"],
    ["setTableEntry", "127.0.0.1"],
    ["enableServer", "ann"],
  ]);
});
