import { expect, test } from "bun:test";
import { openLog } from "./log.ts";
import { Names } from "./names.ts";

function stage(timeoutMs?: number) {
  const lines: string[] = [];
  const log = openLog({
    level: "info",
    format: "json",
    isColored: false,
    write: (line) => lines.push((JSON.parse(line) as { msg: string }).msg),
  });
  const answers = new Map<string, readonly string[] | Error | Promise<never>>();
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
  expect(names.problemOf("app")).toBe("no answer in 0.001 s");
  expect(names.addressOf("other")).toBe("10.0.0.9");
});
