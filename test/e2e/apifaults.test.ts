// What the admin API answers to requests that are wrong, by one rule for all operations: 400 where the request is not understood (a parameter
// that there is not, a body that is no JSON object), 422 where it is understood and its body is not valid.

import { expect, setDefaultTimeout } from "bun:test";
import { apiCalls } from "./harness/apicalls.ts";
import { Redis } from "./harness/redis.ts";
import { withRedis } from "./harness/rediscache.ts";
import { Room } from "./harness/room.ts";
import { Showcase } from "./harness/showcase.ts";

setDefaultTimeout(90_000);

const token = "correct-horse-battery";
const merging = "application/merge-patch+json";

interface Document {
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { readonly operationId: string; readonly requestBody?: object }>>>
  >;
}

withRedis("one kind of fault has one status, whichever the operation", async () => {
  await using room = new Room();
  const { sluice } = await Showcase.start(room, await Redis.start(room), token);
  const base = `http://${sluice.admin}`;
  const shown = { authorization: `Bearer ${token}` };
  const ask = async (method: string, path: string, body?: string): Promise<string> => {
    const type = path.startsWith("/api/v1/config") ? merging : "application/json";
    const headers = { ...shown, ...(body === undefined ? {} : { "content-type": type }) };
    const content = body === undefined ? {} : { body };
    const response = await fetch(`${base}${path}`, { method, headers, ...content });
    // What answers well may never end.
    if (response.ok) {
      await response.body?.cancel();
      return String(response.status);
    }
    const { error, problems } = (await response.json()) as { readonly error?: unknown; readonly problems?: unknown };
    // A config with errors has them as problems.
    return `${response.status} ${typeof error === "string" || Array.isArray(problems) ? "told" : "not told"}`;
  };
  const { paths } = (await (await fetch(`${base}/api/v1/openapi.json`, { headers: shown })).json()) as Document;
  const known = new Map(
    Object.values(paths).flatMap((path) =>
      Object.entries(path).map(([method, { operationId, requestBody }]) => [
        operationId,
        { method: method.toUpperCase(), hasBody: requestBody !== undefined },
      ]),
    ),
  );
  const former = Object.fromEntries(
    await Promise.all(
      [
        ["listPoolServers", "pools/raw/servers"],
        ["listRequests", "requests"],
      ].map(async ([id, path]) => [id!, await (await fetch(`${base}/api/v1/${path}`, { headers: shown })).json()]),
    ),
  ) as Readonly<Record<string, unknown>>;
  const wrong: string[] = [];
  const tried = new Set<string>();
  let bodies = 0;
  for (const { id, path, status = 200 } of apiCalls) {
    // The path of what ends in success is good.
    if (status > 201 || tried.has(id)) continue;
    const at = typeof path === "string" ? path : path(former);
    if (!at.startsWith("/api/v1/")) continue;
    tried.add(id);
    const { method, hasBody } = known.get(id)!;
    const bare = at.split("?")[0]!;
    const expected: [what: string, answer: string, wanted: string][] = [
      ["an unknown parameter", await ask(method, `${bare}?never=heard`, hasBody ? "{}" : undefined), "400 told"],
    ];
    if (hasBody) {
      bodies++;
      expected.push(
        ["no JSON", await ask(method, bare, '{"'), "400 told"],
        ["an unknown key", await ask(method, bare, '{"never heard":1}'), "422 told"],
      );
    }
    for (const [what, answer, wanted] of expected)
      if (answer !== wanted) wrong.push(`${id}: ${what} is answered ${answer}, not ${wanted}`);
  }
  expect(wrong).toEqual([]);
  expect([bodies > 10, tried.size > 40]).toEqual([true, true]);
});
