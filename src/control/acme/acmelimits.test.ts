import { afterAll, afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { AcmeStage, configOf } from "../../../test/acmerun.ts";

const dayMs = 86_400_000;
// Each certificate is signed by a process of openssl.
setDefaultTimeout(60_000);
const stage = new AcmeStage();
const { started } = stage;
afterEach(stage.clear);
afterAll(() => stage[Symbol.dispose]());

const withOpenssl = test.skipIf(Bun.which("openssl") === null);

withOpenssl("the wish to be left alone holds for orders by hand, too, and over restarts", async () => {
  let run = await started(["a.example"]);
  await run.settle();
  const refusal = { status: 429, type: "rateLimited", detail: "too many", retryAfter: "7200" };
  run.authority.refusals.set("/new-order", refusal);
  expect(run.acme.renew("a.example")).toMatchObject({ ok: true });
  await run.settle();
  const asked = run.authority.asked.length;
  for (const isAfresh of [false, true]) {
    if (isAfresh) run = await started(["a.example"], {}, run);
    expect(run.acme.renew("a.example")).toMatchObject({
      why: "busy",
      message: expect.stringContaining("Retry-After"),
    });
    await run.settle();
    expect(run.authority.asked).toHaveLength(asked);
  }
  run.nowMs += 7_300_000;
  expect(run.acme.renew("a.example")).toMatchObject({ ok: true });
});

withOpenssl("what has expired already never replaces what is good, and is not asked for each second", async () => {
  const run = await started(["a.example"]);
  run.authority.days = 400;
  await run.settle();
  const [first] = run.issued("a.example");
  run.authority.days = 90;
  run.nowMs += 380 * dayMs;
  for (let second = 0; second < 60; second++) {
    await run.settle(1);
    run.nowMs += 1000;
  }
  expect(run.authority.orders).toHaveLength(2);
  expect(run.issued("a.example")).toEqual([first!]);
  expect(run.acme.status()[0]!.lastError).toContain("has expired: is the clock");
});

withOpenssl("a good certificate is had four times a week at most, also by hand and over restarts", async () => {
  let run = await started(["a.example"]);
  for (let turn = 0; turn < 10; turn++) {
    await run.settle();
    run.acme.renew("a.example");
    if (turn % 3 === 1) run = await started(["a.example"], {}, run);
  }
  expect(run.authority.orders).toHaveLength(4);
  expect(run.acme.renew("a.example")).toMatchObject({
    ...{ ok: false, why: "busy" },
    message: expect.stringMatching(/4 times within a week, .*; not before /),
  });
  run.nowMs += 7 * dayMs;
  expect(run.acme.renew("a.example")).toMatchObject({ ok: true });
});

withOpenssl("an authority that gives what is due already is not asked each second", async () => {
  const run = await started(["a.example"]);
  // The clock here is ahead: 10 of 90 days are left.
  run.nowMs += 80 * dayMs;
  for (let second = 0; second < 60; second++) {
    await run.settle(1);
    run.nowMs += 1000;
  }
  expect(run.authority.orders).toHaveLength(1);
  expect(run.issued("a.example")[0]!.source).toBe("acme");
  run.nowMs += 5 * dayMs;
  await run.settle();
  expect(run.authority.orders).toHaveLength(2);
});

withOpenssl("looks in vain count over reloads of other sets of names", async () => {
  let run = await started([["a.example", "x0.example"]]);
  run.authority.strangers.add("a.example");
  for (let turn = 0; turn < 10; turn++) {
    await run.settle();
    const names = [["a.example", `x${turn}.example`]];
    if (turn % 3 === 1) run = await started(names, {}, run);
    else await run.adopt(configOf(run.folder, names));
  }
  expect(run.authority.looks.get("a.example")).toBe(4);
});

withOpenssl("a look in vain of a run that was killed counts", async () => {
  let run = await started(["a.example"]);
  const { authority } = run;
  authority.strangers.add("a.example");
  for (let turn = 0; turn < 10; turn++) {
    const ask = authority.ask;
    let isKilled = false;
    (authority as { ask: typeof ask }).ask = async (question, stop) => {
      const answer = await ask(question, stop);
      if (!question.url.includes("/challenge/") || isKilled) return answer;
      isKilled = true;
      return new Promise<never>(() => {});
    };
    let isOver = false;
    run.acme.renew("a.example");
    void run.acme.look().finally(() => {
      isOver = true;
    });
    while (!isKilled && !isOver) await new Promise((resume) => setImmediate(resume));
    (authority as { ask: typeof ask }).ask = ask;
    run = await started(["a.example"], {}, run);
    await run.settle();
    run.nowMs += 60_000;
  }
  expect(authority.looks.get("a.example")).toBe(4);
  expect(run.acme.status()[0]!.lastError).not.toBeNull();
});
