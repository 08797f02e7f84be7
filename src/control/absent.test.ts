import { expect, test } from "bun:test";
import { compile } from "../config/compile.ts";
import { configSchema } from "../config/schema.ts";
import { Slots } from "../config/slots.ts";
import { Absent } from "./absent.ts";
import { recordOf, type ServerRecord } from "./serverrecord.ts";

const dayMs = 86_400_000;
const nobody: ReadonlySet<string> = new Set();

/** A record of a server that is new. */
function fresh(address: string, resolved = "10.0.0.1", base = "10s"): ServerRecord {
  const pools = { app: { servers: [address], ejection: { consecutiveFailures: 1, base } } };
  const config = configSchema.parse({ listeners: { web: { listen: ":0", use: "app" } }, pools });
  const [pool] = compile(config, new Slots(), () => resolved).pools;
  return recordOf(pool!, pool!.servers[0]!, undefined, 0);
}

function drained(address: string): ServerRecord {
  return { ...fresh(address), isDrained: true };
}

function ejected(address: string): ServerRecord {
  const record = { ...fresh(address), ejectionReason: "1 failures in a row" };
  record.ejection!.judge({ consecutiveFailures: 1, requests: 1, failures: 1, durationMs: 0 }, 0);
  return record;
}

test("a drain is kept for a day, and an ejection until it is over", () => {
  const absent = new Absent().after([drained("10.0.0.1:1"), ejected("10.0.0.1:2"), fresh("10.0.0.1:3")], nobody, 0);
  const isDrained = (nowMs: number): boolean => absent.greet(fresh("10.0.0.1:1"), nowMs).isDrained;
  expect([isDrained(0), isDrained(dayMs - 1), isDrained(dayMs)]).toEqual([true, true, false]);
  const isEjected = (nowMs: number): boolean => absent.greet(fresh("10.0.0.1:2"), nowMs).ejection!.isEjected;
  expect([isEjected(0), isEjected(9_999), isEjected(10_000)]).toEqual([true, true, false]);
  expect(absent.greet(ejected("10.0.0.1:4"), 0).ejectionReason).toBe("1 failures in a row");
  // What is there again, or is over, is forgotten.
  const there = new Set([fresh("10.0.0.1:1").server.id]);
  expect(absent.after([], there, 1).greet(fresh("10.0.0.1:1"), 2).isDrained).toBeFalse();
  expect(absent.after([], nobody, 1).greet(fresh("10.0.0.1:1"), 2).isDrained).toBeTrue();
});

test("a name that leads elsewhere when it is back stays drained, and has not been ejected; nor by other thresholds", () => {
  const record = { ...ejected("app.test:80"), isDrained: true };
  const absent = new Absent().after([record], nobody, 0);
  const outcome = ({ isDrained, ejection }: ServerRecord): boolean[] => [isDrained, ejection!.isEjected];
  expect(outcome(absent.greet(fresh("app.test:80"), 1))).toEqual([true, true]);
  expect(outcome(absent.greet(fresh("app.test:80", "10.0.0.2"), 1))).toEqual([true, false]);
  expect(outcome(absent.greet(fresh("app.test:80", "10.0.0.1", "20s"), 1))).toEqual([true, false]);
});

test("one that is away is drained as it is: by its name for when it is back, beside an ejection that is not over", () => {
  const [plain, out] = [fresh("10.0.0.1:1"), ejected("10.0.0.1:2")];
  const absent = new Absent()
    .after([plain, out], nobody, 0)
    .drained("app", plain.server, 1)
    .drained("app", out.server, 1);
  const outcome = ({ isDrained, ejection }: ServerRecord): boolean[] => [isDrained, ejection!.isEjected];
  expect(outcome(absent.greet(fresh("10.0.0.1:1"), 2))).toEqual([true, false]);
  expect(outcome(absent.greet(fresh("10.0.0.1:2"), 2))).toEqual([true, true]);
  expect(absent.without("app", "10.0.0.1:1")!.greet(fresh("10.0.0.1:1"), 2).isDrained).toBeFalse();
});

test("of very many the last ones that left are known", () => {
  const one = drained("10.0.0.1:1");
  const many = Array.from({ length: 5000 }, (_, index) => ({ ...one, server: { ...one.server, id: `app/${index}` } }));
  const absent = new Absent().after(many, nobody, 0);
  const isKnown = (index: number): boolean =>
    absent.greet({ ...one, isDrained: false, server: { ...one.server, id: `app/${index}` } }, 0).isDrained;
  expect([903, 904, 4999].map(isKnown)).toEqual([false, true, true]);
});

test("the plan of its time goes", async () => {
  const refs: WeakRef<object>[] = [];
  const leave = (former: Absent, port: number): Absent => {
    const record = drained(`10.0.0.1:${port}`);
    refs.push(new WeakRef(record.pool));
    return former.after([record], nobody, port);
  };
  let absent = new Absent();
  for (let port = 1; port <= 20; port++) absent = leave(absent, port);
  await new Promise((resolve) => setImmediate(resolve));
  Bun.gc(true);
  // What stands on the stack by chance is not collected.
  expect(refs.filter((ref) => ref.deref() !== undefined).length).toBeLessThan(10);
  expect(absent.greet(fresh("10.0.0.1:1"), 20).isDrained).toBeTrue();
});

test("an operator takes a drain back while the server is away", () => {
  const absent = new Absent().after([drained("10.0.0.1:1")], nobody, 0);
  expect(absent.without("app", "10.0.0.1:2")).toBeNull();
  expect(absent.without("other", "10.0.0.1:1")).toBeNull();
  const rest = absent.without("app", "10.0.0.1:1");
  expect(rest?.greet(fresh("10.0.0.1:1"), 1).isDrained).toBeFalse();
  expect(rest?.without("app", "10.0.0.1:1")).toBeNull();
});
