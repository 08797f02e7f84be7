import { afterEach, expect, test } from "bun:test";
import { endPlayed, played } from "../../test/adminplay.ts";
import type { AuditRecord } from "../control/api/shape/audit.ts";
import type { ChangeRecord } from "../control/api/shape/change.ts";
import { audit, changes } from "./audit.ts";

afterEach(endPlayed);

const drained: AuditRecord = {
  ...{ number: 1, at: "2026-01-01T08:00:00.123Z", actor: "anna", peer: "127.0.0.1", operation: "drainServer" },
  ...{ method: "POST", path: "/api/v1/pools/app/servers/a:1/drain", body: "", status: 200, problem: null },
};
const refused: AuditRecord = {
  ...{ ...drained, actor: "127.0.0.1", operation: "addBan", path: "/api/v1/bans", body: '{"address":"x\\u001b"}' },
  ...{ status: 422, problem: "x\x1b[2J is no address" },
};

test("the audit log is shown with what became of each, and nothing in it gives a terminal orders", async () => {
  const { options, said, writer } = played({ "GET /audit?limit=20": [[200, { entries: [drained, refused] }]] });
  expect(await audit({ ...options, limit: 20 }, writer)).toBe(0);
  expect(said[0]!.split("\n")).toEqual([
    "  AT                    WHO                CAME OF IT  WHAT",
    "  2026-01-01T08:00:00Z  anna at 127.0.0.1  done        POST /api/v1/pools/app/servers/a:1/drain",
    '  2026-01-01T08:00:00Z  127.0.0.1          422         POST /api/v1/bans {"address":"x\\u001b"} => x\\u001b[2J is no address',
  ]);
});

test("changes are shown as the log says them; what there is none of is said, and JSON is as it came", async () => {
  const change: ChangeRecord = { at: "2026-01-01T08:00:00.123Z", level: "warn", text: "server app/a:1 is down" };
  const { options, said, writer } = played({
    "GET /changes?limit=5": [
      [200, { changes: [change] }],
      [200, { changes: [] }],
      [200, { changes: [] }],
      [422, { error: "limit must be smaller" }],
    ],
  });
  expect(await changes({ ...options, limit: 5 }, writer)).toBe(0);
  expect(await changes({ ...options, limit: 5 }, writer)).toBe(0);
  expect(await changes({ ...options, limit: 5, json: true }, writer)).toBe(0);
  expect(await changes({ ...options, limit: 5 }, writer)).toBe(2);
  expect(said).toEqual([
    "  AT                    LEVEL  WHAT\n  2026-01-01T08:00:00Z  warn   server app/a:1 is down",
    "! nothing yet",
    '{\n  "changes": []\n}',
    "! sluice: limit must be smaller",
  ]);
});
