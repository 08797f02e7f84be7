import { afterAll, afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AcmeRun, AcmeStage, configOf } from "../../../test/acmerun.ts";
import { momentText } from "../../config/certificatevalidity.ts";

const dayMs = 86_400_000;
// Each certificate is signed by a process of openssl.
setDefaultTimeout(60_000);
const stage = new AcmeStage();
const { started, folders } = stage;
afterEach(stage.clear);
afterAll(() => stage[Symbol.dispose]());

const withOpenssl = test.skipIf(Bun.which("openssl") === null);

describe("a first certificate", () => {
  withOpenssl("is asked for, shown, kept, and there at the next start without an order", async () => {
    const run = await started(["a.example", ["b.example", "www.b.example"]]);
    expect(run.issued("a.example").map(({ source }) => source)).toEqual(["placeholder"]);
    await run.settle();
    expect(run.issued("a.example")).toMatchObject([{ source: "acme", names: ["a.example"] }]);
    expect(run.issued("b.example", "www.b.example")[0]!.names).toEqual(["b.example", "www.b.example"]);
    expect(run.messages).toEqual([
      "info certificate asked for",
      "info certificate obtained",
      "info certificate asked for",
      "info certificate obtained",
    ]);
    expect(run.acme.status()).toMatchObject([{ state: "valid", lastError: null }, { state: "valid" }]);
    expect(run.acme.figures()).toEqual({ issued: 2, renewed: 0, failed: 0, inUse: 2, missing: 0, failing: 0 });
    expect(run.shown).toEqual([]);
    const next = await started(["a.example", ["www.b.example", "b.example"]], {}, run);
    expect(next.issued("www.b.example", "b.example")[0]!.source).toBe("acme");
    await next.settle();
    expect(next.authority.orders).toHaveLength(2);
    expect(next.messages).toEqual([]);
  });

  withOpenssl("lies with its key in files that are the user's alone, and no key is in the log", async () => {
    const run = await started(["a.example"]);
    await run.settle();
    const files = readdirSync(run.folder, { recursive: true, withFileTypes: true });
    for (const file of files) {
      const mode = statSync(join(file.parentPath, file.name)).mode & 0o777;
      expect([file.name, mode]).toEqual([file.name, file.isDirectory() ? 0o700 : 0o600]);
    }
    expect(
      files
        .filter((file) => file.isFile())
        .map(({ name }) => name.replace(/-[0-9a-f]{8}/, ""))
        .sort(),
    ).toEqual([...["a.example.json", "a.example.pem", "account.json"]]);
    expect(JSON.stringify([run.log, run.acme.status()])).not.toMatch(/PRIVATE|MIG|MII/);
  });

  withOpenssl(
    "tokens are in force everywhere before the authority hears of them, and a plan that is refused stops the order",
    async () => {
      const run = await started(["a.example"]);
      run.publishing = async () => "a worker says no";
      await run.settle();
      expect(run.count("POST /challenge/0")).toBe(0);
      expect(run.acme.status()[0]).toMatchObject({
        state: "failing",
        lastError: expect.stringContaining("a worker says no"),
      });
      run.publishing = async () => null;
      run.nowMs += 120_000;
      await run.settle();
      expect(run.authority.orders).toHaveLength(1);
      expect(run.acme.status()[0]!.state).toBe("valid");
    },
  );

  withOpenssl("a nonce that is refused is replaced", async () => {
    const run = await started(["a.example"]);
    run.authority.badNonces = 6;
    await run.settle();
    expect(run.acme.status()[0]!.state).toBe("valid");
  });

  withOpenssl(
    "an account that the authority wants beforehand is shown, or the config is told to have one",
    async () => {
      const run = await started(["a.example"]);
      run.authority.external = { kid: "key" };
      await run.settle();
      expect(run.acme.status()[0]!.lastError).toContain("acme.externalAccount");
      await run.adopt(
        configOf(run.folder, ["a.example"], { externalAccount: { id: "kid", hmacKey: "0123456789abcdef" } }),
      );
      run.nowMs += dayMs;
      await run.settle();
      expect(run.acme.status()[0]!.state).toBe("valid");
    },
  );

  withOpenssl(
    "another address for letters is told, and an account that the authority has lost is made again",
    async () => {
      const run = await started(["a.example"]);
      await run.settle();
      await run.adopt(configOf(run.folder, ["b.example"], { email: "other@a.example" }));
      await run.settle();
      expect([...run.authority.accounts.values()].map(({ contact }) => contact)).toEqual([["mailto:other@a.example"]]);
      run.authority.forgetAccounts();
      await run.adopt(configOf(run.folder, ["c.example"], { email: "other@a.example" }));
      await run.settle();
      // Within the same order.
      expect(run.issued("c.example")[0]!.source).toBe("acme");
      expect(run.authority.accounts.size).toBe(1);
      expect(run.acme.figures()).toMatchObject({ failed: 0, failing: 0 });
      expect(run.messages.filter((message) => !message.startsWith("info"))).toEqual([]);
    },
  );
});

describe("a renewal", () => {
  withOpenssl("comes when a third of the life is left, and what is in use stays so until then", async () => {
    const run = await started(["a.example"]);
    await run.settle();
    const [first] = run.issued("a.example");
    run.nowMs += 57 * dayMs;
    await run.settle();
    expect(run.issued("a.example")).toEqual([first!]);
    run.nowMs += 4 * dayMs;
    await run.settle(1);
    const [second] = run.issued("a.example");
    expect(second!.chain.id).not.toBe(first!.chain.id);
    expect(second!.key.id).not.toBe(first!.key.id);
    expect(run.messages.slice(2)).toEqual(["info certificate is being renewed", "info certificate renewed"]);
    expect(run.acme.figures()).toMatchObject({ issued: 1, renewed: 1 });
  });

  withOpenssl(
    "when the authority is away, the old one goes on, and the log says so once and again as its end nears",
    async () => {
      const run = await started(["a.example"]);
      await run.settle();
      const [first] = run.issued("a.example");
      run.log.length = 0;
      run.authority.isAway = true;
      for (let hour = 61 * 24; hour < 93 * 24; hour += 6) {
        run.nowMs = first!.notBeforeMs + hour * 3_600_000;
        await run.settle(1);
      }
      expect(run.issued("a.example")).toEqual([first!]);
      const told = run.log.filter(({ level }) => level !== "info").map(({ level, msg }) => `${level} ${msg}`);
      expect(told).toEqual(
        [
          expect.stringMatching(/^warn .* has 2\d days left: authority.test cannot be asked: connection refused$/),
          expect.stringMatching(/^warn .* has 13 days left/),
          expect.stringMatching(/^error .* has 6 days left/),
          expect.stringMatching(/^error .* has 2 days left/),
          expect.stringMatching(/^error .* has 0 days left/),
          expect.stringMatching(/^error .* has expired/),
        ].filter((_, index) => index < told.length),
      );
      expect(told.length).toBeGreaterThanOrEqual(5);
      run.authority.isAway = false;
      run.nowMs += 2 * 3_600_000;
      run.authority.days = 400;
      await run.settle();
      expect(run.acme.status()[0]).toMatchObject({ state: "valid", lastError: null });
    },
  );

  withOpenssl("is not asked for by a clock that stands before the certificate", async () => {
    const run = await started(["a.example"]);
    await run.settle();
    run.nowMs = 0;
    await run.settle();
    expect(run.authority.orders).toHaveLength(1);
  });

  withOpenssl("comes at once when somebody wants it, or wants another kind of key", async () => {
    const run = await started(["a.example"]);
    await run.settle();
    expect(run.acme.renew("nobody.example")).toMatchObject({ ok: false, why: "missing" });
    expect(run.acme.renew("A.example")).toMatchObject({ ok: true });
    await run.settle();
    expect(run.authority.orders).toHaveLength(2);
    await run.adopt(configOf(run.folder, ["a.example"], { key: "rsa-2048" }));
    expect(run.issued("a.example")[0]!.source).toBe("acme");
    await run.settle();
    expect(run.authority.orders).toHaveLength(3);
    expect(run.acme.status()[0]!.state).toBe("valid");
  });

  withOpenssl("that somebody wants and that fails is due by itself when the log says, as the status does", async () => {
    const run = await started(["a.example"]);
    await run.settle();
    const { nextAt } = run.acme.status()[0]!;
    run.authority.strangers.add("a.example");
    expect(run.acme.renew("a.example")).toMatchObject({ ok: true });
    await run.settle();
    expect(run.acme.status()[0]).toMatchObject({ state: "failing", nextAt });
    const told = run.log.at(-1) as { level: string; next?: string };
    expect([told.level, told.next]).toEqual(["warn", momentText(Date.parse(run.acme.status()[0]!.nextAt))]);
  });
});

describe("what goes wrong", () => {
  withOpenssl(
    "a name that does not lead here is looked at four times in an hour at most, also over restarts, with growing pauses",
    async () => {
      let run = await started(["a.example"]);
      run.authority.strangers.add("a.example");
      const beginMs = run.nowMs;
      let refused = 0;
      for (let turn = 1; run.nowMs < beginMs + 3_590_000; turn++) {
        await run.settle(2);
        if (!run.acme.renew("a.example").ok) refused++;
        run.nowMs += 10_000;
        if (turn % 20 === 0) run = await started(["a.example"], {}, run);
      }
      expect(refused).toBeGreaterThan(100);
      expect(run.authority.looks.get("a.example")).toBe(4);
      const { lastError } = run.acme.status()[0]!;
      expect(lastError).toBe("a.example could not be verified: 404 from a.example (unauthorized)");
      run.authority.strangers.clear();
      run.nowMs += dayMs;
      await run.settle();
      expect(run.acme.status()[0]).toMatchObject({ state: "valid", lastError: null });
    },
  );

  withOpenssl("one that fails does not hold up the others", async () => {
    const run = await started(["bad.example", "good.example"]);
    run.authority.strangers.add("bad.example");
    await run.settle();
    expect(run.acme.status().map(({ state }) => state)).toEqual(["failing", "valid"]);
    expect(run.acme.figures()).toMatchObject({ inUse: 1, missing: 1, failing: 1 });
  });

  withOpenssl(
    "several certificates ask an authority that is away a few times, and each is there soon after it is back",
    async () => {
      const run = await started(Array.from({ length: 6 }, (_, index) => `a${index}.example`));
      run.authority.isAway = true;
      for (let second = 0; second < 60; second++) {
        await run.settle(1);
        run.nowMs += 1000;
      }
      expect(run.authority.asked.length).toBeLessThan(6);
      run.authority.isAway = false;
      for (let minute = 0; minute < 10; minute++) {
        run.nowMs += 60_000;
        await run.settle(20);
      }
      expect(run.acme.figures()).toMatchObject({ inUse: 6, missing: 0 });
    },
  );

  withOpenssl("an authority that wants to be left alone is, for as long as it says", async () => {
    const run = await started(["a.example"]);
    run.authority.refusals.set("/new-order", {
      status: 429,
      type: "rateLimited",
      detail: "too many",
      retryAfter: "7200",
    });
    await run.settle();
    const asked = run.authority.asked.length;
    run.nowMs += 7_100_000;
    await run.settle();
    expect(run.authority.asked).toHaveLength(asked);
    run.nowMs += 200_000;
    await run.settle();
    expect(run.acme.status()[0]!.state).toBe("valid");
  });

  withOpenssl("a pause that comes of a clock that was wrong is none", async () => {
    const run = await started(["a.example"]);
    run.nowMs += 3650 * dayMs;
    run.authority.isAway = true;
    await run.settle();
    run.authority.isAway = false;
    run.nowMs -= 3650 * dayMs;
    await run.settle();
    expect(run.acme.status()[0]!.state).toBe("valid");
  });

  withOpenssl("a run that is killed leaves an order that the next one finishes with the same key", async () => {
    for (const where of ["POST /challenge/0", "POST /finalize/0", "POST /certificate/0"]) {
      const run = await started(["a.example"]);
      const { authority } = run;
      const ask = authority.ask;
      const hanging = new Promise<never>(() => {});
      let isKilled = false;
      (authority as { ask: typeof ask }).ask = async (question, stop) => {
        if (`${question.method} ${new URL(question.url).pathname}` !== where || isKilled) return ask(question, stop);
        isKilled = true;
        // It did what it was asked for; who asked never hears of it.
        await ask(question, stop);
        return hanging;
      };
      void run.acme.look();
      while (!isKilled) await new Promise((resume) => setImmediate(resume));
      await new Promise((resume) => setImmediate(resume));
      const next = await started(["a.example"], {}, run);
      await next.settle();
      expect([where, next.acme.status()[0]!.state, authority.orders.length]).toEqual([where, "valid", 1]);
    }
  });

  withOpenssl("files that are damaged are told and made anew, never taken for good", async () => {
    const run = await started(["a.example"]);
    await run.settle();
    const files = readdirSync(run.folder, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
    for (const file of files) {
      const path = join(file.parentPath, file.name);
      writeFileSync(path, readFileSync(path, "utf8").slice(0, 40));
    }
    const next = await started(["a.example"], {}, run);
    expect(next.issued("a.example")[0]!.source).toBe("placeholder");
    await next.settle();
    expect(next.acme.status()[0]!.state).toBe("valid");
    expect(next.messages.filter((message) => message.startsWith("warn"))).toHaveLength(2);
  });

  test("a folder that cannot be used keeps nothing from starting, and no order is made", async () => {
    const file = join(mkdtempSync(join(tmpdir(), "sluice-acme-")), "file");
    folders.push(join(file, ".."));
    writeFileSync(file, "");
    const run = new AcmeRun(stage);
    await run.adopt(configOf(join(file, "acme"), ["a.example"]));
    await run.settle();
    expect(run.acme.problems).toEqual([expect.stringContaining("acme.folder: ")]);
    expect(run.acme.figures()).toMatchObject({ missing: 1 });
    expect(run.issued("a.example")[0]!.source).toBe("placeholder");
    expect(run.authority.asked).toEqual([]);
    rmSync(file);
    run.nowMs += 120_000;
    run.authority.isAway = true;
    await run.settle();
    expect(run.acme.problems).toEqual([]);
  });
});

describe("a reload", () => {
  withOpenssl("that adds a name to a certificate shows the old one until the new one is there", async () => {
    const run = await started(["a.example"]);
    await run.settle();
    const [first] = run.issued("a.example");
    await run.adopt(configOf(run.folder, [["a.example", "b.example"]]));
    expect(run.issued("a.example", "b.example").map(({ source }) => source)).toEqual(["acme", "placeholder"]);
    expect(run.issued("a.example", "b.example")[0]).toEqual(first!);
    await run.settle();
    expect(run.issued("a.example", "b.example").map(({ names }) => names)).toEqual([["a.example", "b.example"]]);
  });

  withOpenssl("that removes a name in the middle of its order ends that, and nobody has failed", async () => {
    const run = await started(["a.example"]);
    let isShown = false;
    run.publishing = async () => {
      if (!isShown) {
        isShown = true;
        await run.adopt(configOf(run.folder, ["b.example"]));
      }
      return null;
    };
    await run.settle();
    expect(run.acme.status()).toMatchObject([{ names: ["b.example"], state: "valid" }]);
    expect(run.acme.figures()).toMatchObject({ failed: 0 });
    expect(run.shown).toEqual([]);
  });

  withOpenssl("to another authority shows the former one's until the new one has given its own", async () => {
    const run = await started(["a.example"]);
    await run.settle();
    const [first] = run.issued("a.example");
    await run.adopt(configOf(run.folder, ["a.example"], { directory: "https://authority.test/dir?other" }));
    expect(run.issued("a.example")[0]).toEqual(first!);
    expect(run.acme.status()[0]).toMatchObject({ state: "waiting", file: null });
  });

  withOpenssl("without names ends it all", async () => {
    const run = await started(["a.example"]);
    await run.adopt(configOf(run.folder, null));
    await run.settle();
    expect([run.acme.status(), run.authority.asked]).toEqual([[], []]);
  });
});
