import { expect, test } from "bun:test";
import { HookPlay } from "../../../test/playbook/hooks.ts";
import { get, ok } from "../../../test/playbook/words.ts";
import type { HookRequest, HookResponse } from "../../config/hooktypes.ts";

test("a request is read and changed over and over, and each look sees all changes", () => {
  const seen: unknown[] = [];
  const play = new HookPlay({
    web: {
      onRequest: (request) => {
        request.method = "POST";
        request.path = "no-slash";
        request.query.append("b", "2");
        seen.push(request.method, request.path, request.url, [...request.query]);
        request.headers.append("x-a", "1");
        request.headers.append("x-a", "2");
        seen.push(request.headers.get("X-A"), [...request.headers].length);
        request.headers.set("host", "other:81");
        seen.push(request.host, request.url);
        seen.push(request.scheme, request.user, request.id, typeof request.startedAt, request.pool);
      },
    },
  });
  play.connect().sends(get("/a?a=1"));
  expect(seen).toEqual([
    "POST",
    "/no-slash",
    "http://a/no-slash?a=1&b=2",
    [
      ["a", "1"],
      ["b", "2"],
    ],
    "1, 2",
    3,
    "other",
    "http://other:81/no-slash?a=1&b=2",
    "http",
    null,
    "",
    "number",
    "app",
  ]);
});

test("a query that is only read goes on byte for byte", () => {
  const play = new HookPlay({ web: { onRequest: ({ query }) => void query.get("a") } });
  play.connect().sends(get("/?a=%7e+%20&&b"));
  play.take();
  play.expect();
  const server = play.accept();
  play.expect(server.gets(get("/?a=%7e+%20&&b")));
});

test("a head is changed only while its hook is asked", () => {
  const told: string[] = [];
  let kept: HookRequest | null = null;
  let response: HookResponse | null = null;
  const attempt = (what: () => void): void => {
    try {
      what();
      told.push("done");
    } catch (error) {
      told.push((error as Error).message);
    }
  };
  const play = new HookPlay({
    web: {
      onRequest: (request) => {
        kept = request;
        attempt(() => request.use("nowhere"));
      },
      onResponse: (given, request) => {
        response = given;
        attempt(() => request.headers.set("x", "y"));
        attempt(() => request.use("app"));
        attempt(() => (given.status = 99));
      },
    },
  });
  const client = play.connect();
  client.sends(get("/a"));
  attempt(() => kept!.headers.set("x", "y"));
  attempt(() => void kept!.path);
  const server = play.accept();
  server.sends(ok(""));
  attempt(() => response!.headers.set("x", "y"));
  attempt(() => void response!.status);
  attempt(() => void kept!.path);
  const gone = "the request has gone on: it can be changed while onRequest is asked";
  const over = "this request is over: what is needed later must be taken from it before";
  expect(told).toEqual([
    "there is no way from listener web to a pool nowhere: name it in hooks.use",
    gone,
    "done",
    gone,
    gone,
    "99 is not a status from 200 to 599",
    over,
    over,
    over,
  ]);
});

test("hooks of one request leave each other notes, and those of the next find none", () => {
  const seen: unknown[] = [];
  const play = new HookPlay({
    web: {
      onRequest: ({ vars }) => {
        seen.push({ ...vars });
        vars["a"] = 1;
      },
      onResponse: (_, { vars }) => void seen.push({ ...vars }),
    },
  });
  const client = play.connect();
  for (let count = 0; count < 2; count++) {
    client.sends(get("/"));
    if (play.dialing > 0) play.accept().sends(ok(""));
  }
  expect(seen).toEqual([{}, { a: 1 }, {}]);
});

test("what was kept of one request is dead while the next one of its connection is asked about", () => {
  const told: string[] = [];
  const attempt = (what: () => unknown): void => {
    try {
      told.push(`done: ${String(what())}`);
    } catch (error) {
      told.push((error as Error).message.slice(0, 20));
    }
  };
  const kept: { request: HookRequest; response: HookResponse; set: (name: string) => void }[] = [];
  const tryAll = (): void => {
    for (const { request, response, set } of kept) {
      attempt(() => request.path);
      attempt(() => request.headers.get("host"));
      attempt(() => (request.method = "PUT"));
      attempt(() => (response.status = 500));
      attempt(() => response.headers.delete("server"));
      attempt(() => set("x-late"));
    }
  };
  let wanted: HookRequest | null = null;
  const play = new HookPlay({
    web: {
      onRequest: (request) => {
        tryAll();
        wanted = request;
      },
      onResponse: (response, request) => {
        tryAll();
        const { headers } = request;
        void response.headers.get("server");
        kept.push({ request, response, set: (name) => headers.set(name, "1") });
      },
    },
  });
  const client = play.connect();
  client.sends(get("/one"));
  const server = play.accept();
  server.sends(ok("1"));
  expect(told).toEqual([]);
  expect(kept[0]!.request).toBe(wanted!);
  play.take();
  client.sends(get("/two"));
  play.expect(server.gets(get("/two")));
  server.sends(ok("2"));
  play.expect(client.gets(ok("2")), "report 200");
  expect(told).toEqual(Array(12).fill("this request is over"));
  expect(kept[1]!.request).not.toBe(kept[0]!.request);
});
