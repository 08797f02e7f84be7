import { expect, test } from "bun:test";
import { openLog, silentLog } from "./log.ts";
import { Names } from "./names.ts";

function stage(timeoutMs?: number) {
  const lines: string[] = [];
  const log = openLog({
    level: "info",
    format: "json",
    isColored: false,
    write: (line) => lines.push((JSON.parse(line) as { msg: string }).msg),
  });
  const answers = new Map<string, readonly string[] | Error | Promise<readonly string[]>>();
  const names = new Names(
    log,
    async (host) => {
      const answer = answers.get(host) ?? Object.assign(new Error("no"), { code: "ENOTFOUND" });
      if (answer instanceof Error) throw answer;
      return answer;
    },
    timeoutMs,
  );
  return { names, answers, said: () => lines.splice(0) };
}

test("the address in use is kept while it is among the answers, in whatever order they come", async () => {
  const { names, answers } = stage();
  answers.set("app", ["10.0.0.1", "10.0.0.2"]);
  expect(await names.refresh(["app"])).toBe(true);
  answers.set("app", ["10.0.0.2", "10.0.0.1"]);
  expect(await names.refresh(["app"])).toBe(false);
  expect(names.addressOf("app")).toBe("10.0.0.1");
  answers.set("app", ["10.0.0.2"]);
  expect(await names.refresh(["app"])).toBe(true);
  expect(names.addressOf("app")).toBe("10.0.0.2");
});

test("IPv4 goes first", async () => {
  const { names, answers } = stage();
  answers.set("app", ["::1", "127.0.0.1"]);
  await names.refresh(["app"]);
  expect(names.addressOf("app")).toBe("127.0.0.1");
});

test("the last answer is kept when a question fails, and each change of mind is said once", async () => {
  const { names, answers, said } = stage();
  answers.set("app", ["10.0.0.1"]);
  await names.refresh(["app"]);
  answers.set("app", Object.assign(new Error("no"), { code: "EAI_AGAIN" }));
  for (let n = 0; n < 3; n++) expect(await names.refresh(["app"])).toBe(false);
  expect(names.addressOf("app")).toBe("10.0.0.1");
  expect(names.problemOf("app")).toBe("the name server does not answer");
  answers.set("app", ["10.0.0.1"]);
  await names.refresh(["app"]);
  expect(said()).toEqual([
    "the name app does not resolve: the name server does not answer; 10.0.0.1 is kept",
    "the name app resolves again",
  ]);
});

test("a name that never resolved has no address and a reason", async () => {
  const { names, said } = stage();
  await names.refresh(["app"]);
  expect(names.addressOf("app")).toBeUndefined();
  expect(names.problemOf("app")).toBe("there is no such name");
  expect(said()).toEqual(["the name app does not resolve: there is no such name; it has no address yet"]);
});

test("a name server that never answers holds up nothing beyond its time", async () => {
  const { names, answers } = stage(1);
  answers.set("app", new Promise<never>(() => {}));
  answers.set("other", ["10.0.0.9"]);
  await names.refresh(["app", "other"]);
  expect(names.problemOf("app")).toBe("the name server does not answer");
  expect(names.addressOf("other")).toBe("10.0.0.9");
});

test("an answer that is late counts all the same, and an address that is kept meanwhile is no news to tell", async () => {
  const { names, answers, said } = stage(1);
  const late = Promise.withResolvers<readonly string[]>();
  answers.set("app", late.promise);
  expect(await names.refresh(["app"])).toBe(false);
  late.resolve(["10.0.0.1"]);
  await late.promise;
  answers.set("app", ["10.0.0.1"]);
  expect(await names.refresh(["app"])).toBe(true);
  expect(await names.refresh(["app"])).toBe(false);
  expect([names.addressOf("app"), names.problemOf("app")]).toEqual(["10.0.0.1", null]);
  expect(said()).toEqual([
    "the name app does not resolve: the name server does not answer; it has no address yet",
    "the name app resolves again",
  ]);
  const later = Promise.withResolvers<readonly string[]>();
  answers.set("app", later.promise);
  await names.refresh(["app"]);
  expect([names.problemOf("app"), said()]).toEqual(["the name server does not answer", []]);
  await names.refresh(["app"]);
  expect(said()).toEqual(["the name app does not resolve: the name server does not answer; 10.0.0.1 is kept"]);
  later.resolve(["10.0.0.1"]);
  await later.promise;
  answers.set("app", ["10.0.0.1"]);
  await names.refresh(["app"]);
  expect(said()).toEqual(["the name app resolves again"]);
});

test("a name whose question is under way is not asked for once more, and is waited for briefly from then on", async () => {
  const asked: string[] = [];
  const silent = new Promise<never>(() => {});
  const lookup = (host: string): Promise<never> => {
    asked.push(host);
    return silent;
  };
  const names = new Names(silentLog(), lookup, 1_000);
  const first = performance.now();
  await names.refresh(["dead"]);
  const second = performance.now();
  expect(second - first).toBeGreaterThan(900);
  await names.refresh(["dead"]);
  expect(performance.now() - second).toBeLessThan(900);
  expect(asked).toEqual(["dead"]);
});

test("names that nobody answers for leave places for others, however many they are", async () => {
  let asking = 0;
  let most = 0;
  const silent = new Promise<never>(() => {});
  const answered = new Set<string>();
  const names = new Names(
    silentLog(),
    async (host) => {
      most = Math.max(most, ++asking);
      if (host.startsWith("dead")) {
        if (answered.has(host)) await silent;
        answered.add(host);
        asking--;
        throw new Error("no");
      }
      await Promise.resolve();
      asking--;
      return ["10.0.0.1"];
    },
    20,
  );
  const dead = Array.from({ length: 100 }, (_, index) => `dead${index}`);
  await names.refresh(dead);
  await names.refresh(dead);
  expect(asking).toBe(12);
  const good = Array.from({ length: 100 }, (_, index) => `good${index}`);
  expect(await names.refresh(good)).toBe(true);
  expect(good.filter((host) => names.addressOf(host) === undefined)).toEqual([]);
  expect(most).toBeLessThanOrEqual(16);
});
