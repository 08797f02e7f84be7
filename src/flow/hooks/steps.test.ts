// Hooks in conversations: what they change, what they answer, how long they may take, and what becomes of those that fail.

import { describe, expect, test } from "bun:test";
import { HookPlay, later } from "../../../test/playbook/hooks.ts";
import { rule, rules } from "../../../test/playbook/rules.ts";
import { get, ok, put, reply } from "../../../test/playbook/words.ts";
import type { HookRequest, HookResponse } from "../../config/hooktypes.ts";
import { hookCellOf } from "../hooks.ts";

const failed = reply(500, "Internal Server Error", "a hook of the configuration failed");
const late = reply(504, "Gateway Timeout", "a hook of the configuration did not answer in time").replace(
  "00:00:00",
  "00:00:01",
);

describe("onRequest", () => {
  test("reads a request and changes it", () => {
    const seen: unknown[] = [];
    const play = new HookPlay({
      web: {
        onRequest: (request) => {
          const { method, url, host, path, address, secure, listener, pool, startedAt } = request;
          seen.push(method, url, host, path, address, secure, listener, pool, startedAt, request.cookie("sid"));
          seen.push(request.headers.get("X-One"), request.headers.has("x-none"), request.query.get("a"));
          request.headers.set("X-Two", "2");
          request.headers.delete("x-one");
          seen.push(request.headers.get("x-two"), request.headers.has("x-one"), [...request.headers.keys()]);
          request.path = "/other path";
          request.query.set("b", "c d");
        },
      },
    });
    const client = play.connect();
    client.sends(get("/p?a=1", "X-One: 1", "Cookie: sid=7"));
    play.take();
    const server = play.accept();
    play.expect(server.gets("GET /other%20path?a=1&b=c+d HTTP/1.1\r\nHost: a\r\nCookie: sid=7\r\nX-Two: 2\r\n\r\n"));
    const at = Date.UTC(2026, 0, 1);
    expect(seen.slice(0, 10)).toEqual(["GET", "http://a/p?a=1", "a", "/p", "192.0.2.1", false, "web", "app", at, "7"]);
    expect(seen.slice(10)).toEqual(["1", false, "1", "2", false, ["host", "cookie", "x-two"]]);
  });

  test("answers in place of a server", () => {
    const play = new HookPlay({
      web: {
        onRequest: (request) => {
          if (request.path === "/json") return { status: 201, json: { a: "ü" } };
          return request.path === "/go" ? { status: 302, headers: { Location: "/x" } } : { body: "hä" };
        },
      },
    });
    const client = play.connect();
    client.sends(get("/json"));
    play.expect(
      client.gets(
        'HTTP/1.1 201 Created\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{"a":"Ã¼"}',
      ),
      "report 201",
    );
    client.sends(get("/go"));
    expect(play.take()[0]).toContain("302 Found");
    client.sends(get("/"));
    expect(play.take()[0]).toContain("Content-Length: 3\\r\\n\\r\\nhÃ¤");
    play.expectNothingLeftBut(1);
  });

  test("is asked of the listener, then of the pool, which may come by use", () => {
    const asked: string[] = [];
    const note = (name: string) => (request: HookRequest) => void asked.push(`${name}: ${request.pool}`);
    const play = new HookPlay(
      {
        web: {
          onRequest: (request) => {
            asked.push(`web: ${request.pool}`);
            request.use("blue");
          },
        },
        pools: { app: { onRequest: note("app") }, blue: { onRequest: note("blue") } },
      },
      { pools: ["blue"] },
    );
    play.connect().sends(get("/"));
    play.expectAmong("dial blue:80");
    expect(asked).toEqual(["web: app", "blue: blue"]);
  });

  test("cannot use a pool that there is no way to", () => {
    const play = new HookPlay({ web: { onRequest: (request) => request.use("red") } });
    const client = play.connect();
    client.sends(get("/"));
    play.expect(client.gets(failed), "report 500 hook_failed");
    expect(play.complaints[0]).toContain("no way from listener web to a pool red");
  });

  for (const name of ["content-length", "Transfer-Encoding", "connection", "expect", "x y"]) {
    test(`cannot change the field ${name}`, () => {
      const play = new HookPlay({ web: { onRequest: (request) => request.headers.set(name, "5") } });
      const client = play.connect();
      client.sends(get("/"));
      play.expect(client.gets(failed), "report 500 hook_failed");
      expect(play.complaints[0]).toStartWith("onRequest of listener web failed: TypeError");
    });
  }

  test("cannot put a second line into a value", () => {
    const play = new HookPlay({ web: { onRequest: (request) => request.headers.set("x", "1\r\ny: 2") } });
    const client = play.connect();
    client.sends(get("/"));
    play.expect(client.gets(failed), "report 500 hook_failed");
  });

  test("writes a path beyond ASCII as UTF-8, leaves what was encoded, and a field's characters as bytes", () => {
    const onRequest = (request: HookRequest): void => {
      request.path = `/ü☃/\ud83d${request.path}`;
      request.headers.set("x-user", "Müller");
    };
    const play = new HookPlay({ web: { onRequest } });
    play.connect().sends(get("/%fc%C3%BC"));
    play.take();
    const server = play.accept();
    play.expect(server.gets(get("/%C3%BC%E2%98%83/%EF%BF%BD/%fc%C3%BC", "x-user: M\xfcller")));
  });

  test("changes the method to another, known ones in any case", () => {
    const play = new HookPlay({ web: { onRequest: (request) => void (request.method = "post") } });
    play.connect().sends(get("/"));
    play.take();
    play.expect(play.accept().gets(get("/").replace("GET", "POST")));
  });

  const mistakes: [string, (request: HookRequest) => void, string][] = [
    ["a method of two words", (request) => (request.method = "GET IT"), '"GET IT" is not a method'],
    ["no method", (request) => (request.method = ""), '"" is not a method'],
    ["a method without end", (request) => (request.method = "X".repeat(33)), "is not a method"],
    ["a method without a body", (request) => (request.method = "head"), "a GET cannot become a HEAD"],
    ["a host that is none", ({ headers }) => headers.set("Host", "a/b"), '"a/b" is not a host'],
    ["a value with a control character", ({ headers }) => headers.set("X-A", "\x01"), "without control characters"],
    ["a path that is none", (request) => (request.path = undefined as never), "a path is a text, not undefined"],
    ["a method that is none", (request) => (request.method = 5 as never), "5 is not the name of a method"],
  ];
  for (const [what, onRequest, told] of mistakes)
    test(`cannot give a request ${what}`, () => {
      const play = new HookPlay({ web: { onRequest } });
      const client = play.connect();
      client.sends(get("/"));
      play.expect(client.gets(failed), "report 500 hook_failed");
      expect(play.complaints[0]).toContain(`failed: TypeError: `);
      expect(play.complaints[0]).toContain(told);
      expect(play.tally.cells[play.tally.workerRow() + hookCellOf("onRequest", "threw")]).toBe(1);
    });

  test("that catches its mistake goes on as if there were none", () => {
    const onRequest = (request: HookRequest): void => {
      request.headers.set("x-a", "1");
      expect(() => (request.method = "A B")).toThrow(TypeError);
    };
    const play = new HookPlay({ web: { onRequest } });
    play.connect().sends(get("/"));
    play.take();
    play.expect(play.accept().gets(get("/", "x-a: 1")));
  });

  test("that waits has the client's body wait, and goes on with what was changed", () => {
    const play = new HookPlay({
      web: {
        onRequest: (request) => {
          request.headers.set("x-a", "1");
          return later;
        },
      },
    });
    const client = play.connect();
    client.sends(put("POST", "hello").slice(0, -2));
    play.expect(client.is("paused"));
    play.keep(undefined);
    play.expect("dial one:80");
    const server = play.accept();
    play.expectAmong(server.gets(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nx-a: 1\r\n\r\nhel`));
    client.sends("lo");
    play.take();
    server.sends(ok("x"));
    play.expect(client.gets(ok("x")), "report 200");
  });

  test("that is late is given up, and what it says then is not heard", () => {
    let kept: HookRequest | null = null;
    const play = new HookPlay({
      web: {
        onRequest: (request) => {
          kept = request;
          return later;
        },
      },
    });
    const client = play.connect();
    client.sends(get("/"));
    play.expect();
    play.pass(1100);
    play.expect(client.gets(late), "report 504 hook_timeout");
    play.keep({ status: 200 });
    play.expect();
    expect(() => kept!.headers.set("a", "b")).toThrow("this request is over");
    expect(() => kept!.path).toThrow("this request is over");
    expect(play.complaints).toEqual(["onRequest of listener web did not answer in time: 1000 ms"]);
    expect(play.tally.cells[play.tally.workerRow() + hookCellOf("onRequest", "timeout")]).toBe(1);
  });

  test("whose client leaves is not listened to", () => {
    const play = new HookPlay({ web: { onRequest: () => later } });
    const client = play.connect();
    client.sends(get("/"));
    client.closes();
    play.take();
    play.break(new Error("no matter"));
    play.expect();
    expect(play.complaints).toEqual([]);
    play.expectNothingLeft();
  });

  test("that throws, is rejected or answers nonsense has the client told, and is counted", () => {
    const answers: [unknown, string][] = [
      [5, "nonsense"],
      [{ stauts: 200 }, "nonsense"],
      [{ status: 99 }, "nonsense"],
      [{ headers: { "a b": "c" } }, "nonsense"],
      [{ headers: [["a", "b\nc"]] }, "nonsense"],
      [{ json: () => {} }, "nonsense"],
      [{ body: 5 }, "nonsense"],
      [{}, "nonsense"],
    ];
    for (const [answer, reason] of answers) {
      const play = new HookPlay({ web: { onRequest: () => answer as never } });
      const client = play.connect();
      client.sends(get("/"));
      play.expect(client.gets(failed), "report 500 hook_failed");
      expect(play.tally.cells[play.tally.workerRow() + hookCellOf("onRequest", reason as "nonsense")]).toBe(1);
    }
    const play = new HookPlay({ web: { onRequest: () => later } });
    const client = play.connect();
    client.sends(get("/"));
    play.break(new Error("broken"));
    play.expect(client.gets(failed), "report 500 hook_failed");
    expect(play.complaints[0]).toStartWith("onRequest of listener web failed: Error: broken (at ");
  });

  test("that fails has the answer of the config, or is passed over with what it has changed", () => {
    const onRequest = (request: HookRequest): void => {
      request.headers.set("x-a", "1");
      throw new Error("no");
    };
    const answer = { status: 418, reason: "", fields: [], body: "so", isTemplate: false, retryAfterS: 0 };
    const play = new HookPlay({ web: { onRequest } }, {}, { failure: answer });
    const client = play.connect();
    client.sends(get("/"));
    expect(play.take()[0]).toContain("418 ");
    const other = new HookPlay({ web: { onRequest } }, {}, { failure: "pass" });
    other.connect().sends(get("/"));
    other.take();
    const server = other.accept();
    other.expect(server.gets(get("/")));
  });

  test("ends with the functions that it began with, over a reload", () => {
    const play = new HookPlay({ web: { onRequest: () => later } });
    const client = play.connect();
    client.sends(get("/"));
    play.reload({});
    play.keep({ status: 204 });
    expect(play.take()[0]).toContain("204 ");
    client.sends(get("/"));
    play.expect("dial one:80");
  });
});

describe("onResponse", () => {
  test("changes a response, the pool's first", () => {
    const order: string[] = [];
    const mark = (name: string) => (response: HookResponse, request: HookRequest) => {
      order.push(`${name} ${response.status} ${response.server} ${request.path}`);
      response.headers.append("x-seen", name);
      if (name === "pool") response.status = 203;
    };
    const play = new HookPlay({ web: { onResponse: mark("web") }, pools: { app: { onResponse: mark("pool") } } });
    const client = play.connect();
    client.sends(get("/a"));
    const server = play.accept();
    play.take();
    server.sends(ok("x", "Server: y"));
    play.expect(
      client.gets(
        "HTTP/1.1 203 Non-Authoritative Information\r\nContent-Length: 1\r\nServer: y\r\nx-seen: pool\r\nx-seen: web\r\n\r\nx",
      ),
      "report 203",
    );
    expect(order).toEqual(["pool 200 one:80 /a", "web 203 one:80 /a"]);
  });

  for (const status of [204, 205, 304]) {
    const said = ok("secret", "ETag: 1");
    test(`cannot make a response with a body a ${status}`, () => {
      const play = new HookPlay({ web: { onResponse: (response) => void (response.status = status) } });
      const client = play.connect();
      client.sends(get("/"));
      const server = play.accept();
      play.take();
      server.sends(said);
      play.expectAmong(client.gets(failed), "report 500 hook_failed");
      expect(play.complaints[0]).toContain(
        `TypeError: a response with a body cannot become a ${status}, which has none`,
      );
      expect(play.tally.cells[play.tally.workerRow() + hookCellOf("onResponse", "threw")]).toBe(1);
    });

    test(`may answer ${status} in place of a response with a body, which is not seen`, () => {
      const onResponse = (response: HookResponse): object => ({
        status,
        headers: { etag: response.headers.get("etag") ?? "" },
      });
      const play = new HookPlay({ pools: { app: { onResponse } } });
      const client = play.connect();
      client.sends(get("/"));
      const server = play.accept();
      play.take();
      server.sends(said);
      const lines = play.take().join("");
      expect(lines).toContain(`HTTP/1.1 ${status} `);
      expect(lines).toContain("etag: 1");
      expect(lines).not.toContain("secret");
      client.sends(get("/again"));
      play.expect("dial one:80");
    });
  }

  test("cannot give a response without a body a status of those that have one", () => {
    const play = new HookPlay({ web: { onResponse: (response) => void (response.status = 200) } });
    const client = play.connect();
    client.sends(get("/"));
    const server = play.accept();
    play.take();
    server.sends("HTTP/1.1 204 No Content\r\n\r\n");
    play.expectAmong(client.gets(failed), "report 500 hook_failed");
    expect(play.complaints[0]).toContain("a 204 has no body, which a 200 would have");
  });

  test("answers something else", () => {
    const play = new HookPlay({ web: { onResponse: ({ status }) => (status === 200 ? { status: 410 } : undefined) } });
    const client = play.connect();
    client.sends(get("/"));
    const server = play.accept();
    play.take();
    server.sends(ok("secret"));
    const said = play.take();
    expect(said.some((line) => line.includes("410 Gone"))).toBe(true);
    expect(said.join()).not.toContain("secret");
    play.expectNothingLeftBut(1);
  });

  test("that waits keeps the response, other responses come by meanwhile, and it goes on", () => {
    const play = new HookPlay({
      web: {
        onResponse: (response, { path }) => {
          if (path !== "/slow") return undefined;
          response.headers.set("x-a", "1");
          return later;
        },
      },
    });
    const slow = play.connect();
    slow.sends(get("/slow"));
    const one = play.accept();
    const quick = play.connect();
    quick.sends(get("/quick"));
    const two = play.accept();
    play.take();
    one.sends(ok("first").slice(0, -2));
    two.sends(ok("second"));
    play.expectAmong(quick.gets(ok("second")));
    one.sends("st");
    play.keep(undefined);
    play.expectAmong(slow.gets(ok("first", "x-a: 1")), "report 200");
  });

  test("that waits while the server goes, and is slowed by a rule then, goes on to its end", () => {
    const slow = rule(null, null, { does: [{ kind: "slow", bytesPerSecond: 1000 }] });
    const play = new HookPlay(
      { pools: { app: { onResponse: () => later } } },
      { listener: { rules: rules({ response: [slow] }) } },
    );
    const client = play.connect();
    client.sends(get("/"));
    const server = play.accept();
    play.take();
    const whole = ok("x".repeat(2000), "Connection: close");
    server.sends(whole);
    server.closes(false);
    play.keep(undefined);
    play.pass(3000);
    const said = play.take();
    expect(said.at(-1)).toBe("report 200");
    expect(said.join("").match(/x/g)!.length).toBeGreaterThanOrEqual(2000);
  });

  test("that throws has the client told; the server's answer is not seen", () => {
    const play = new HookPlay({ pools: { app: { onResponse: () => later } } });
    const client = play.connect();
    client.sends(get("/"));
    const server = play.accept();
    play.take();
    server.sends(ok("x"));
    play.break(new Error("no"));
    play.expectAmong(client.gets(failed), "report 500 hook_failed");
  });
});

describe("onError", () => {
  test("answers in place of our own words, the pool's before the listener's", () => {
    const errors: string[] = [];
    const play = new HookPlay({
      web: { onError: (error) => ({ status: 503, body: `sorry: ${error.code}` }) },
      pools: {
        app: { onError: (error) => void errors.push(`${error.code} ${error.side} ${error.status} ${error.server}`) },
      },
    });
    const client = play.connect();
    client.sends(get("/"));
    for (let tries = 0; tries < 3 && play.dialing > 0; tries++) play.refuse();
    const said = play.take();
    expect(said.at(-2)).toContain("sorry: connect_refused");
    expect(said.at(-1)).toBe("report 503 connect_refused");
    expect(errors).toEqual(["connect_refused upstream 502 one:80"]);
  });

  test("that fails, or is late, leaves the usual answer", () => {
    for (const isThrown of [true, false]) {
      const onError = (): Promise<never> => {
        if (isThrown) throw new Error("x");
        return later;
      };
      const play = new HookPlay({ web: { onError } });
      play.setServer(0, false);
      const client = play.connect();
      client.sends(get("/"));
      if (!isThrown) play.pass(1100);
      const said = play.take();
      expect(said[0]).toContain("503 Service Unavailable: no server");
      expect(said[1]).toBe("report 503 no_server");
      play.expectNothingLeftBut(1);
    }
  });

  test("that waits is not disturbed by a server that comes free, nor by a body that goes on", () => {
    const play = new HookPlay({ web: { onError: () => later } }, { server: { connectionsMax: 1 } });
    const first = play.connect();
    first.sends(get("/first"));
    const server = play.accept();
    const second = play.connect();
    second.sends(get("/second"));
    play.take();
    play.pass(10_100);
    server.sends(ok("1"));
    play.expectAmong(first.gets(ok("1")), "report 200");
    play.keep({ status: 503, body: "full" });
    const said = play.take();
    expect(said[0]).toContain("full");
    expect(said[1]).toBe("report 503 queue_timeout");
    play.expectNothingLeftBut(2);
    const gathered = new HookPlay({ web: { onError: () => later, transformRequest: (text) => text } });
    const client = gathered.connect();
    client.sends("POST / HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
    gathered.keep(undefined);
    expect(gathered.take().join()).toContain("report 400 bad_chunk");
    gathered.expectNothingLeftBut(client.flow === null ? 0 : 1);
  });

  test("is asked about a failed hook too, and once only", () => {
    let asked = 0;
    const play = new HookPlay({
      web: {
        onRequest: () => {
          throw new Error("a");
        },
        onError: ({ code }) => {
          asked++;
          throw new Error(code);
        },
      },
    });
    const client = play.connect();
    client.sends(get("/"));
    play.expect(client.gets(failed), "report 500 hook_failed");
    expect(asked).toBe(1);
    expect(play.complaints[1]).toContain("onError of listener web failed: Error: hook_failed");
  });

  test("is not asked about what never became a request", () => {
    const play = new HookPlay({ web: { onError: () => ({ status: 200 }) } });
    play.connect().sends("GET / HTTP/1.1\r\nHost a\r\n\r\n");
    expect(play.take()[0]).toContain("400 Bad Request");
  });
});
