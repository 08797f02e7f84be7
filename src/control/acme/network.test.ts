import { afterAll, beforeAll, expect, test } from "bun:test";
import { Authority } from "../../../test/authority.ts";
import { askOver } from "./network.ts";

const never = new AbortController().signal;

let authority: Authority;
let server: ReturnType<typeof Bun.serve>;

beforeAll(() => {
  authority = new Authority();
  const tls = authority.issue(["DNS:localhost", "IP:127.0.0.1"]);
  server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    tls,
    fetch: async (request) => {
      const { pathname } = new URL(request.url);
      if (pathname === "/moved") return Response.redirect("/dir");
      if (pathname === "/large") return new Response(new Uint8Array(2 << 20));
      if (pathname === "/slow") return new Promise<Response>(() => {});
      const headers = { "replay-nonce": "n1" };
      return Response.json({ agent: request.headers.get("user-agent"), said: await request.text() }, { headers });
    },
  });
});
afterAll(async () => {
  await server.stop(true);
  authority[Symbol.dispose]();
});

const urlOf = (path: string): string => `https://127.0.0.1:${server.port}${path}`;

test("who is signed by the file's authorities is asked, and says who asks", async () => {
  const ask = askOver({ ca: authority.cert, version: "1.2.3" });
  const question = { method: "POST", url: urlOf("/dir"), headers: {}, body: "hello" } as const;
  const { status, header, text } = await ask(question, never);
  expect([status, header("replay-nonce"), JSON.parse(text)]).toEqual([
    200,
    "n1",
    { agent: "sluice/1.2.3", said: "hello" },
  ]);
  expect((await ask({ method: "HEAD", url: urlOf("/dir"), headers: {} }, never)).text).toBe("");
});

test("who is signed by nobody that is known is not", async () => {
  const ask = askOver({ ca: null, version: "1" });
  expect(ask({ method: "GET", url: urlOf("/dir"), headers: {} }, never)).rejects.toThrow(/certificate/i);
});

test("no redirect is followed, and neither time nor size is without an end", async () => {
  const ask = askOver({ ca: authority.cert, version: "1", timeoutMs: 200 });
  expect((await ask({ method: "GET", url: urlOf("/moved"), headers: {} }, never)).status).toBe(302);
  expect(ask({ method: "GET", url: urlOf("/large"), headers: {} }, never)).rejects.toThrow("more than");
  expect(ask({ method: "GET", url: urlOf("/slow"), headers: {} }, never)).rejects.toThrow(/timed out/i);
  expect(ask({ method: "GET", url: urlOf("/slow"), headers: {} }, AbortSignal.abort())).rejects.toThrow();
});
