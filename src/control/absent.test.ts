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
  return { ...fresh(address), order: "drain" };
}

function ejected(address: string): ServerRecord {
  const record = { ...fresh(address), ejectionReason: "1 failures in a row" };
  record.ejection!.judge({ consecutiveFailures: 1, requests: 1, failures: 1, durationMs: 0 }, 0);
  return record;
}

test("a drain is kept for a day, and an ejection until it is over", () => {
  const absent = new Absent().after([drained("10.0.0.1:1"), ejected("10.0.0.1:2"), fresh("10.0.0.1:3")], nobody, 0);
  const isDrained = (nowMs: number): boolean => absent.greet(fresh("10.0.0.1:1"), nowMs).order === "drain";
  expect([isDrained(0), isDrained(dayMs - 1), isDrained(dayMs)]).toEqual([true, true, false]);
  const isEjected = (nowMs: number): boolean => absent.greet(fresh("10.0.0.1:2"), nowMs).ejection!.isEjected;
  expect([isEjected(0), isEjected(9_999), isEjected(10_000)]).toEqual([true, true, false]);
  expect(absent.greet(ejected("10.0.0.1:4"), 0).ejectionReason).toBe("1 failures in a row");
  // What is there again, or is over, is forgotten.
  const there = new Set([fresh("10.0.0.1:1").server.id]);
  expect(absent.after([], there, 1).greet(fresh("10.0.0.1:1"), 2).order).toBeNull();
  expect(absent.after([], nobody, 1).greet(fresh("10.0.0.1:1"), 2).order).toBe("drain");
});

test("a name that leads elsewhere when it is back stays drained, and has not been ejected; nor by other thresholds", () => {
  const record: ServerRecord = { ...ejected("app.test:80"), order: "drain" };
  const absent = new Absent().after([record], nobody, 0);
  const outcome = ({ order, ejection }: ServerRecord): boolean[] => [order === "drain", ejection!.isEjected];
  expect(outcome(absent.greet(fresh("app.test:80"), 1))).toEqual([true, true]);
  expect(outcome(absent.greet(fresh("app.test:80", "10.0.0.2"), 1))).toEqual([true, false]);
  expect(outcome(absent.greet(fresh("app.test:80", "10.0.0.1", "20s"), 1))).toEqual([true, false]);
});

test("one that is away is drained as it is: by its name for when it is back, beside an ejection that is not over", () => {
  const [plain, out] = [fresh("10.0.0.1:1"), ejected("10.0.0.1:2")];
  const absent = new Absent()
    .after([plain, out], nobody, 0)
    .withheld("app", plain.server, "drain", 1)
    .withheld("app", out.server, "drain", 1);
  const outcome = ({ order, ejection }: ServerRecord): boolean[] => [order === "drain", ejection!.isEjected];
  expect(outcome(absent.greet(fresh("10.0.0.1:1"), 2))).toEqual([true, false]);
  expect(outcome(absent.greet(fresh("10.0.0.1:2"), 2))).toEqual([true, true]);
  expect(absent.without("app", "10.0.0.1:1")!.greet(fresh("10.0.0.1:1"), 2).order).toBeNull();
});

test("of very many the last ones that left are known", () => {
  const one = drained("10.0.0.1:1");
  const many = Array.from({ length: 5000 }, (_, index) => ({ ...one, server: { ...one.server, id: `app/${index}` } }));
  const absent = new Absent().after(many, nobody, 0);
  const isKnown = (index: number): boolean =>
    absent.greet({ ...one, order: null, server: { ...one.server, id: `app/${index}` } }, 0).order === "drain";
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
  expect(absent.greet(fresh("10.0.0.1:1"), 20).order).toBe("drain");
});

test("an operator takes a drain back while the server is away", () => {
  const absent = new Absent().after([drained("10.0.0.1:1")], nobody, 0);
  expect(absent.without("app", "10.0.0.1:2")).toBeNull();
  expect(absent.without("other", "10.0.0.1:1")).toBeNull();
  const rest = absent.without("app", "10.0.0.1:1");
  expect(rest?.greet(fresh("10.0.0.1:1"), 1).order).toBeNull();
  expect(rest?.without("app", "10.0.0.1:1")).toBeNull();
});

test("maintenance is kept as a drain is; to enable a server was said of its config, and is over with it", () => {
  const former: ServerRecord[] = [
    { ...fresh("10.0.0.1:1"), order: "maintain" },
    { ...fresh("10.0.0.1:2"), order: "enable" },
    { ...ejected("10.0.0.1:3"), order: "enable" },
  ];
  const absent = new Absent().after(former, nobody, 0);
  expect([1, 2, 3].map((port) => absent.greet(fresh(`10.0.0.1:${port}`), 1).order)).toEqual(["maintain", null, null]);
  expect([1, 2, 3].map((port) => absent.orderOf(`app/10.0.0.1:${port}`))).toEqual(["maintain", undefined, null]);
});
