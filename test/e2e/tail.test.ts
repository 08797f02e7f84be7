// `sluice tail` beside a real Sluice: what was, what comes, what a filter leaves of it, and a Sluice that goes away and comes back.

import { expect, setDefaultTimeout, test } from "bun:test";
import type { ExchangeRecord } from "../../src/control/api/shape/exchange.ts";
import { Origin, ok } from "./harness/origin.ts";
import { ran } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { command, Sluice } from "./harness/sluice.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);

function following(
  room: Room,
  admin: string,
  words: readonly string[],
): { readonly out: () => string; readonly err: () => string } {
  const child = Bun.spawn([...command, "tail", "--admin", admin, ...words], { stdout: "pipe", stderr: "pipe" });
  room.ending(async () => {
    child.kill();
    await child.exited;
  });
  const told = { out: "", err: "" };
  const keep = async (name: keyof typeof told, stream: ReadableStream<Uint8Array>): Promise<void> => {
    const decoder = new TextDecoder();
    for await (const piece of stream) told[name] += decoder.decode(piece, { stream: true });
  };
  void keep("out", child.stdout);
  void keep("err", child.stderr);
  return { out: () => told.out, err: () => told.err };
}

test("the last ones are shown, then those that come, until a filter leaves them out", async () => {
  await using room = new Room();
  const origin = new Origin(room, ({ target }) =>
    target === "/bad" ? Buffer.from("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n") : ok("fine"),
  );
  const sluice = await Sluice.start(room, { pools: { app: { servers: [origin.address] } } });
  const fetched = async (path: string): Promise<void> => void (await (await fetch(`${sluice.url}${path}`)).text());
  for (const path of ["/one", "/two", "/bad", "/three"]) await fetched(path);

  const shown = await ran([...command, "tail", "--admin", sluice.admin, "--no-follow", "--last", "2", "--json"]);
  const paths = shown.out
    .trimEnd()
    .split("\n")
    .map((line) => (JSON.parse(line) as ExchangeRecord).path);
  expect([shown.code, paths]).toEqual([0, ["/bad", "/three"]]);
  const refused = await ran([...command, "tail", "--admin", sluice.admin, "--status", "9xx"]);
  expect([refused.code, refused.err]).toEqual([2, expect.stringContaining("status must be")]);

  const all = following(room, sluice.admin, []);
  const failed = following(room, sluice.admin, ["--failed", "--last", "0"]);
  await until("the last ones", () => all.out().includes("/three"));
  // Whether the other listens nobody can see: it does once something is told to it.
  await until("both to be told", async () => {
    await fetched("/bad");
    return failed.out().includes("/bad") && all.out().split("/bad").length > 2;
  });
  await fetched("/four");
  await until("the next", () => all.out().includes("/four"));
  expect(failed.out()).not.toContain("/four");
  expect(
    all
      .out()
      .split("\n")
      .filter((line) => line.includes("/one")),
  ).toHaveLength(1);
  expect(all.out()).toContain(`→ ${origin.address}`);
  expect(all.err() + failed.err()).toBe("");
});

test("while Sluice is away it is waited for", async () => {
  await using room = new Room();
  const origin = new Origin(room, () => ok("fine"));
  const first = await Sluice.start(room, { pools: { app: { servers: [origin.address] } } });
  await (await fetch(`${first.url}/before`)).text();
  const shown = following(room, first.admin, []);
  await until("what was", () => shown.out().includes("/before"));
  first.child.kill("SIGTERM");
  await first.child.exited;
  await until("that it is gone", () => shown.err().includes("waiting for it"));
  const second = await Sluice.again(room, first);
  await until("that it is back", () => shown.err().includes("it is back"));
  await until("what comes", async () => {
    await (await fetch(`${second.url}/after`)).text();
    return shown.out().includes("/after");
  });
});

test("where nobody answers, that is said once, and it ends", async () => {
  const { code, err } = await ran([...command, "tail", "--admin", "unix:/nowhere/sluice.sock"]);
  expect([code, err.trimEnd().split("\n").length]).toEqual([1, 1]);
});
