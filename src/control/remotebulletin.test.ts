import { expect, test } from "bun:test";
import { makePlan } from "../../test/playbook/plan.ts";
import type { RemoteNews } from "../config/message.ts";
import { openLog } from "./log.ts";
import { RemoteBulletin } from "./remotebulletin.ts";

function stage(): { bulletin: RemoteBulletin; lines: string[] } {
  const lines: string[] = [];
  const write = (line: string): void => void lines.push(line.trim().replace(/^\S+ /, ""));
  return { bulletin: new RemoteBulletin(openLog({ level: "info", format: "text", isColored: false, write })), lines };
}

const said = (news: RemoteNews["news"], detail = ""): RemoteNews => ({ address: "r:1", news, detail });
const away = "warn  Redis r:1 is away: caches go on without it (no answer)";
const back = "info  Redis r:1 is back: caches ask it again";

test("a Redis that all find away is told of once, and once when it is back", () => {
  const { bulletin, lines } = stage();
  for (const who of [2, "control", 0, 1, 3] as const) bulletin.hear(who, said("away", "no answer"));
  bulletin.hear(1, said("back"));
  expect(lines).toEqual([away]);
  bulletin.hear("control", said("back"));
  for (const who of [0, 2, 3]) bulletin.hear(who, said("back"));
  expect(lines).toEqual([away, back]);
  bulletin.hear(0, said("away", "no answer"));
  expect(lines).toEqual([away, back, away]);
});

test("where it is away for another reason by now that is told, each reason once", () => {
  const { bulletin, lines } = stage();
  for (const reason of ["no answer", "no password", "no answer", "no password"])
    bulletin.hear("control", said("away", reason));
  bulletin.hear(0, said("away", "something else"));
  expect(lines).toEqual([away, "warn  Redis r:1 is still away: no password"]);
});

test("what only workers find away is back when the last of them says so, or has died", () => {
  const { bulletin, lines } = stage();
  for (const who of [0, 1, 2]) bulletin.hear(who, said("away", "no answer"));
  bulletin.hear(0, said("back"));
  bulletin.gone(2);
  expect(lines).toEqual([away]);
  bulletin.hear(1, said("back"));
  expect(lines).toEqual([away, back]);
  bulletin.gone(1);
  expect(lines).toHaveLength(2);
});

test("one that takes nothing is told of once for all, until all are rid of it", () => {
  const { bulletin, lines } = stage();
  for (const who of [0, 1]) bulletin.hear(who, said("refusing", "OOM"));
  bulletin.hear(0, said("taking"));
  bulletin.hear(0, said("refusing", "OOM"));
  expect(lines).toEqual(["warn  Redis r:1 does not take what caches store (OOM)"]);
  bulletin.gone(1);
  bulletin.hear(0, said("taking"));
  bulletin.hear(0, said("refusing", "OOM"));
  expect(lines).toHaveLength(2);
});

test("with another plan it is found out anew", () => {
  const { bulletin, lines } = stage();
  const redis = { url: "redis://r:1", prefix: "", connectionsMax: 1, timeoutMs: 1 };
  const plans = makePlan({}).caches;
  bulletin.adopt(plans);
  bulletin.hear(0, said("away", "no answer"));
  bulletin.adopt(plans);
  bulletin.hear(1, said("away", "no answer"));
  expect(lines).toEqual([away]);
  bulletin.adopt([{ redis } as (typeof plans)[number]]);
  bulletin.hear(0, said("away", "no answer"));
  expect(lines).toEqual([away, away]);
});
