// The commands against an admin interface that is played: what is asked, what is shown, and the exit code.

import { afterEach, expect, test } from "bun:test";
import { endPlayed, played } from "../../test/adminplay.ts";
import type { ConfigAnswer, ReloadAnswer } from "../control/api/shape/config.ts";
import { configDiff, configPatch, configShow, configWrite } from "./config.ts";

afterEach(endPlayed);

const done: ReloadAnswer = {
  ...{ successful: true, generation: 2, problems: [], warnings: [], isDryRun: false, diff: null, confirmBy: null },
};
const config: ConfigAnswer = {
  config: { pools: { app: { servers: ["a:1", "b:2"], retries: 1 } }, lists: { "my list": { texts: [] } } },
  ...{ origin: "/etc/sluice.yaml", generation: 2, unwritten: [], confirmBy: null },
  ...{ rolledBackAt: null, writeProblem: null },
};

const changes = [{ kind: "changed", path: "pools.app.retries", before: 1, after: 2 }] as const;

test("parts of the config are shown by their places", async () => {
  const { options, said, writer } = played({ "GET /config": [[200, config]] });
  expect(await configShow("pools.app.servers[1]", options, writer)).toBe(0);
  expect(await configShow('lists["my list"]', { ...options, json: true }, writer)).toBe(0);
  expect(await configShow("pools.none.servers", options, writer)).toBe(1);
  expect(await configShow("pools.constructor", options, writer)).toBe(1);
  expect(await configShow("", options, writer)).toBe(2);
  expect(await configShow("pools..app", options, writer)).toBe(2);
  expect(said).toEqual([
    "b:2",
    '{\n  "texts": []\n}',
    "! sluice: there is nothing at pools.none.servers in the config",
    "! sluice: there is nothing at pools.constructor in the config",
    '! sluice: "" is no place in a config, such as pools.app or pools.app.servers[1]',
    '! sluice: "pools..app" is no place in a config, such as pools.app or pools.app.servers[1]',
  ]);
});

test("what is not in the file is shown with the way to write it, or why there is none", async () => {
  const unwritten = { ...config, unwritten: changes, writeProblem: "the config is a program" };
  const { options, said, writer } = played({
    "GET /config": [
      [200, unwritten],
      [200, config],
      [200, { ...config, rolledBackAt: "2026-01-02T03:04:05.678Z" }],
    ],
  });
  expect(await configDiff(options, writer)).toBe(0);
  expect(await configDiff(options, writer)).toBe(0);
  expect(await configDiff(options, writer)).toBe(0);
  expect(said).toEqual([
    "~ pools.app.retries  1 -> 2",
    "! not to be written: the config is a program",
    "what is in force is what /etc/sluice.yaml said",
    "rolled back at 2026-01-02T03:04:05.678Z: /etc/sluice.yaml still says otherwise, if nobody has changed it since (sluice reload --dry-run shows it)",
  ]);
});

test("a patch is made of places with values, or of JSON of either kind", async () => {
  const { options, asked, said, writer, vigil } = played({ "PATCH /config": [[200, done]] });
  const patch = (...words: string[]): Promise<number> => configPatch(words, options, writer, vigil);
  const words = ["pools.app.retries=3", "pools.app.servers[1]=b:2^5", 'lists["my list"].texts=["x"]', "tables.a=b=c"];
  expect(await patch(...words)).toBe(0);
  expect(await patch("listeners.web.rules[4].mode=off")).toBe(0);
  expect(await patch('{"drainTimeout":"5s"}')).toBe(0);
  expect(await patch('[{"op":"remove","path":"/lists"}]')).toBe(0);
  const [operations, merge] = ["application/json-patch+json", "application/merge-patch+json"];
  expect(asked.map(({ type, body }) => [type, body])).toEqual([
    [
      operations,
      [
        { op: "add", path: "/pools/app/retries", value: 3 },
        { op: "replace", path: "/pools/app/servers/1", value: "b:2^5" },
        { op: "add", path: "/lists/my list/texts", value: ["x"] },
        { op: "add", path: "/tables/a", value: "b=c" },
      ],
    ],
    [operations, [{ op: "add", path: "/listeners/web/rules/4/mode", value: "off" }]],
    [merge, { drainTimeout: "5s" }],
    [operations, [{ op: "remove", path: "/lists" }]],
  ]);
  expect(said[0]).toBe("changed: plan 2 is in force");
  for (const wrong of [["pools"], ["@/nowhere"], ["7"], ["pools.app.retries=3", "x y=1"]])
    expect(await patch(...wrong)).toBe(2);
});

test("who wrote dots is refused in dots", async () => {
  const error = "operation 1 (add /pools/ap/servers/1): there is nothing at /pools/ap";
  const refused: [number, object] = [400, { error }];
  const { options, said, writer, vigil } = played({ "PATCH /config": [refused, refused] });
  expect(await configPatch(["pools.ap.servers[1]=b:2"], options, writer, vigil)).toBe(2);
  const pointed = '[{"op":"add","path":"/pools/ap/servers/1","value":"b:2"}]';
  expect(await configPatch([pointed], options, writer, vigil)).toBe(2);
  expect(said).toEqual(["! sluice: pools.ap.servers[1]: there is nothing at pools.ap", `! sluice: ${error}`]);
});

test("a patch that asks for what is so has changed nothing", async () => {
  const same = { changes: [], effects: [], restart: [] };
  const { options, said, writer, vigil } = played({
    "PATCH /config": [
      [200, { ...done, diff: same }],
      [200, { ...done, diff: { ...same, changes } }],
    ],
  });
  for (const patch of ["[]", "pools.app.retries=2"]) expect(await configPatch([patch], options, writer, vigil)).toBe(0);
  expect(said).toEqual(["nothing has changed: plan 2 is in force", "changed: plan 2 is in force"]);
});

test("what cannot be written is told as changes to make by hand", async () => {
  const refusal = { error: "the config is a program", byHand: "set pools.app.retries: 2" };
  const written = { file: "/x.yaml", changes: 1, backup: "/x.yaml.bak" };
  const { options, said, writer } = played({
    "POST /config/write": [
      [200, written],
      [422, refusal],
    ],
  });
  expect([await configWrite(options, writer), await configWrite(options, writer)]).toEqual([0, 1]);
  expect(said).toEqual([
    "1 change written to /x.yaml; what was in it is in /x.yaml.bak",
    "! sluice: the config is a program",
    "! to be changed by hand:\nset pools.app.retries: 2",
  ]);
});
