import { expect, test } from "bun:test";
import { HookPlay } from "../../test/playbook/hooks.ts";
import { get } from "../../test/playbook/words.ts";
import { Playbook } from "../../test/playbook.ts";
import type { StickyPlan } from "../config/plan.ts";

const sticky: StickyPlan = {
  cookie: "SID",
  isPrefix: true,
  maxAgeS: null,
  secure: false,
  httpOnly: false,
  sameSite: null,
  path: "/",
};

/** What the server is sent, which one it is, and what the client then gets. */
function passed(cookies: readonly string[], answer: readonly string[]): readonly [string, string, string] {
  const play = new Playbook({ servers: ["one", "two"], balance: { sticky } });
  const client = play.connect();
  client.sends(get("/", ...cookies.map((cookie) => `Cookie: ${cookie}`)));
  const [dialed] = play.take();
  const server = play.accept();
  const [asked] = play.take();
  server.sends(`HTTP/1.1 200 OK\r\nContent-Length: 0\r\n${answer.map((one) => `Set-Cookie: ${one}\r\n`).join("")}\r\n`);
  return [dialed!, asked!, play.take().join("\n")];
}

test("the server's name is put in front of what the application sets, and no cookie of ours is", () => {
  const [dialed, , got] = passed([], ["SID=abc; Path=/", "other=1"]);
  expect(dialed).toBe("dial one:80");
  expect(got).toContain("Set-Cookie: SID=one~abc; Path=/\\r\\nSet-Cookie: other=1\\r\\n");
  expect(passed([], [])[2]).not.toContain("Set-Cookie");
});

test("it leads back to the server, which sees the cookie as it was", () => {
  const [dialed, asked, got] = passed(["a=x~y; SID=two~abc~d; SID2=two~x"], ["SID=e"]);
  expect(dialed).toBe("dial two:80");
  expect(asked).toContain("Cookie: a=x~y; SID=abc~d; SID2=two~x\\r\\n");
  // Also in the answer to who has it already: it may be a new session.
  expect(got).toContain("Set-Cookie: SID=two~e\\r\\n");
});

test("a name that is no server's is taken off too, and a cookie without one stays as it is", () => {
  const [dialed, asked] = passed(["SID=s9~abc"], []);
  expect([dialed, asked.includes("Cookie: SID=abc\\r\\n")]).toEqual(["dial one:80", true]);
  expect(passed(["SID=two"], [])[0]).toBe("dial one:80");
  expect(passed(["b=1", "SID=two~a"], [])[1]).toContain("Cookie: b=1\\r\\nCookie: SID=a\\r\\n");
});

test("a hook that sends a request on between pools with such a cookie has it taken off once", () => {
  const balance = { policy: "roundRobin" as const, key: { kind: "ip" } as const, loadFactor: 1.25, sticky };
  for (const cookie of ["SID", "OTHER"]) {
    const onward = { ...balance, sticky: { ...sticky, cookie } };
    const app = { onRequest: (request: { use(pool: string): void }) => request.use("b") };
    const b = { onRequest: (request: { use(pool: string): void }) => request.use("c") };
    const own = { app: { balance }, c: { balance: onward } };
    const play = new HookPlay({ pools: { app, b } }, { pools: ["b", "c"], own });
    play.connect().sends(get("/", "Cookie: SID=one~abc~d; OTHER=one~x~y"));
    play.expect("dial c:80");
    play.accept();
    const other = cookie === "OTHER" ? "x~y" : "one~x~y";
    expect(play.take().join()).toContain(`Cookie: SID=abc~d; OTHER=${other}\\r\\n`);
  }
});
