import { expect, test } from "bun:test";
import { compile } from "../config/compile.ts";
import { judge } from "../config/judge.ts";
import type { Plan } from "../config/plan.ts";
import { Slots } from "../config/slots.ts";
import { cachesBytes, fixedNeed, limitShortage, MemoryWatch, processesBytes, roomForCaches } from "./memoryneed.ts";

const mib: number = 2 ** 20;

function planOf(cache: unknown, more: object = {}): Plan {
  const listeners = { web: { listen: "127.0.0.1:80", use: "app" } };
  const { config, findings } = judge({ listeners, pools: { app: { servers: ["a:1"], cache } }, ...more });
  expect(findings.filter(({ severity }) => severity === "error")).toEqual([]);
  return compile(config!, new Slots(), () => undefined, 1);
}

const tables = { tables: { seen: { key: "ip", size: "100k", store: ["gpc0"] } } };
const big = { caches: { big: { size: "64MB" } } };

test("a limit leaves for caches what processes, tables and caches of a written size do not take", () => {
  const room = (plan: Plan, limitMib: number): number => roomForCaches(plan, 2, limitMib * mib) / mib;
  const least = Object.values(fixedNeed(planOf(true), 2)).reduce((sum, each) => sum + each, 0) / mib;
  expect(least).toBeLessThan(2);
  expect(processesBytes(2)).toBe(144 * mib);
  expect(room(planOf(true), 400)).toBeCloseTo(400 - 144 - least, 5);
  expect(room(planOf(true, tables), 400)).toBeLessThan(400 - 144 - least - 3);
  expect(room(planOf("big", big), 400)).toBeLessThan(400 - 144 - least - 60);
  expect(room(planOf(true), 100)).toBe(0);
  expect(room(planOf(true), Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
});

test("a cache without a written size fits a limit; one that is written too large is told, and a limit that is too low for all", () => {
  const told: string[] = [];
  const look = (plan: Plan, limitMib: number): string[] => {
    const watch = new MemoryWatch({
      ...{
        workers: 2,
        limitBytes: () => limitMib * mib,
        log: { warn: (...words: unknown[]) => void told.push(String(words[0])) },
      },
    });
    watch.look(plan);
    watch.look(plan);
    return told.splice(0);
  };
  expect(cachesBytes(planOf(true), 80 * mib) / mib).toBeCloseTo(40, 0);
  expect(look(planOf(true), 200)).toEqual([]);
  expect(look(planOf("big", big), 2000)).toEqual([]);
  const [sentence, ...others] = look(planOf("big", big), 150);
  expect(others).toEqual([]);
  expect(sentence).toMatch(
    /^the memory limit of 150\.0 MiB \(of a container, or MemoryMax\) is less than 2\d\d\.\d MiB, which control and 2 workers come to need when all is full: processes 144\.0 MiB, caches 6\d\.\d MiB, tables and the like 1\.\d MiB; caches are kept from growing before that: raise the limit, /,
  );
  expect(look(planOf(true), 128)[0]).toContain("the system may end processes for it");
});

test("one worker is no more than one", () => {
  const need = { workers: 1, caches: 0, fixed: 0 };
  expect(limitShortage(need, 95 * mib)).toContain("control and 1 worker come to need");
  expect(limitShortage(need, 96 * mib)).toBeNull();
});
