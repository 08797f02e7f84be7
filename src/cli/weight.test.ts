import { afterEach, expect, test } from "bun:test";
import { endPlayed, played } from "../../test/adminplay.ts";
import { weigh } from "./weight.ts";

afterEach(endPlayed);

test("a weight is asked for with the reason, and it is said how long it lasts", async () => {
  const done = { pool: "my app", server: "10.0.0.1:80", weight: 5 };
  const { options, asked, said, writer } = played({
    "PATCH /pools/my%20app/servers/10.0.0.1%3A80": [
      [200, done],
      [200, done],
      [409, { error: "its source says its weight" }],
    ],
  });
  const name = { pool: "my app", server: "10.0.0.1:80" };
  expect(await weigh(name, 5, { ...options, reason: "it is slow" }, writer)).toBe(0);
  expect(await weigh(name, 5, { ...options, json: true }, writer)).toBe(0);
  expect(await weigh(name, 5, options, writer)).toBe(1);
  expect(asked.map(({ body }) => body)).toEqual([{ weight: 5, reason: "it is slow" }, { weight: 5 }, { weight: 5 }]);
  expect(said).toEqual([
    "my app/10.0.0.1:80 has weight 5 until the next reload, unless `sluice config write` puts it into the file",
    JSON.stringify(done, null, 2),
    "! sluice: its source says its weight",
  ]);
});
