import { expect, test } from "bun:test";
import { auditOperations } from "./audit.ts";
import { routesOfOperations } from "./router.ts";
import type { AuditAnswer, AuditRecord } from "./shape/audit.ts";

const record = (id: string) => ({ operation: id }) as AuditRecord;
const all = ["c", "b", "a"].map(record);
const routes = routesOfOperations(auditOperations({ last: (limit) => all.slice(0, limit) }));

async function ask(query: string): Promise<[number, Partial<AuditAnswer> & { error?: string }]> {
  const response = (await routes(new Request(`http://a/api/v1/audit${query}`), "/api/v1/audit"))!;
  return [response.status, (await response.json()) as AuditAnswer];
}

test("as many are told as are asked for", async () => {
  expect(await ask("")).toEqual([200, { entries: all }]);
  expect(await ask("?limit=2")).toEqual([200, { entries: all.slice(0, 2) }]);
});

test("more than are kept, or none, cannot be asked for", async () => {
  for (const limit of ["0", "1001", "many"])
    expect(await ask(`?limit=${limit}`)).toEqual([400, { error: "limit must be a whole number from 1 to 1000" }]);
});
