import { expect, test } from "bun:test";
import { makeClient } from "../../test/playbook/client.ts";
import { octetsOf } from "../../test/playbook/memory.ts";
import type { PlanOptions } from "../../test/playbook/plan.ts";
import { deny, rule, rules } from "../../test/playbook/rules.ts";
import { get } from "../../test/playbook/words.ts";
import { Playbook } from "../../test/playbook.ts";
import { field } from "../rules/fields.ts";
import type { Value } from "../rules/scene.ts";

/** What a visit answers while its exchange is reported. */
function seen(
  text: string,
  ask: (of: (number: number, name?: string) => Value) => Value[],
  options: PlanOptions = {},
  isHttp2 = false,
): Value[] {
  let values: Value[] = [];
  const request = [rule(null, deny())];
  const play = new Playbook(
    { ...options, listener: { rules: rules({ request }), ...options.listener } },
    (exchange) => {
      if (isHttp2) Object.defineProperty(exchange.downstream, "isHttp2", { value: true });
      values = ask((number, name = "") => exchange.visit!.field(number, name));
    },
  );
  play.connect(makeClient("192.0.2.1")).sends(text);
  return values;
}

test("a request is asked for what it says, and for what it does not", () => {
  const text =
    "POST /a%20b?q=%41&r HTTP/1.1\r\nHost: Shop.test:81\r\nX-A: 1, 2\r\nx-a: 3\r\nCookie: c=d\r\nContent-Length: 0\r\n\r\n";
  const fields = [
    field.method,
    field.host,
    field.port,
    field.path,
    field.query,
    field.target,
    field.version,
    field.contentLength,
  ];
  expect(seen(text, (of) => fields.map((one) => of(one)))).toEqual([
    "POST",
    "shop.test",
    81,
    "/a%20b",
    "q=%41&r",
    "/a%20b?q=%41&r",
    "1.1",
    0,
  ]);
  expect(
    seen(text, (of) => [
      of(field.header, "x-a"),
      of(field.headerList, "x-a"),
      of(field.headerLines, "x-a"),
      of(field.headerCount, "x-a"),
      of(field.cookie, "c"),
      of(field.cookieList, "c"),
      of(field.param, "q"),
      of(field.param, "r"),
      of(field.paramList, "q"),
    ]),
  ).toEqual(["1, 2, 3", ["1", "2", "3"], ["1, 2", "3"], 2, "d", ["d"], "A", "", ["A"]]);
  expect(
    seen("GET / HTTP/1.0\r\n\r\n", (of) => [
      of(field.host),
      of(field.port),
      of(field.query),
      of(field.version),
      of(field.header, "x"),
      of(field.headerList, "x"),
      of(field.headerLines, "x"),
      of(field.headerCount, "x"),
      of(field.cookie, "c"),
      of(field.cookieList, "c"),
      of(field.param, "q"),
      of(field.paramList, "q"),
      of(field.contentLength),
      of(field.requestId),
      of(field.responseStatus),
    ]),
  ).toEqual([null, null, null, "1.0", null, null, null, 0, null, null, null, null, null, null, null]);
});

test("the version is 2.0 where the client speaks HTTP/2, whatever the head says that was written for it", () => {
  const version = (isHttp2: boolean): Value[] => seen(get("/"), (of) => [of(field.version)], {}, isHttp2);
  expect([version(false), version(true)]).toEqual([["1.1"], ["2.0"]]);
});

test("the address is that of the client, whose port nobody knows behind a proxy", () => {
  const ask = (of: (number: number) => Value): Value[] => [
    of(field.src),
    of(field.srcPort),
    of(field.peer),
    of(field.listener),
  ];
  const text = get("/", "X-Forwarded-For: 203.0.113.9");
  expect(seen(text, ask)).toEqual([octetsOf("192.0.2.1"), 40_000, octetsOf("192.0.2.1"), "web"]);
  expect(seen(text, ask, { forwarding: { trusted: ["192.0.2.1/32"] } })).toEqual([
    octetsOf("203.0.113.9"),
    null,
    octetsOf("192.0.2.1"),
    "web",
  ]);
});

test("the id is the one that logs and servers see", () => {
  const options: PlanOptions = {
    requestId: { header: "x-request-id", keep: true },
    forwarding: { trusted: ["192.0.2.1/32"] },
  };
  const ask = (of: (number: number) => Value): Value[] => [of(field.requestId)];
  expect(seen(get("/", "X-Request-Id: given"), ask, options)).toEqual(["given"]);
  expect(seen(get("/"), ask, options)[0]).toMatch(/^[0-9a-f]{12}00000001$/);
  expect(seen(get("/"), ask)).toEqual([null]);
});

test("variables of the request are its own; those of the connection stay", () => {
  const play = new Playbook({
    listener: {
      rules: rules({
        connection: [rule(null, null, { does: [{ kind: "variable", name: "who", value: "'one'" }] })],
        request: [
          rule("path == '/set'", null, { does: [{ kind: "variable", name: "who", value: "'two'" }] }),
          rule("vars.who == 'two'", deny(402)),
          rule("vars.who == 'one'", deny(401)),
        ],
      }),
    },
  });
  const client = play.connect();
  const statuses = ["/", "/set", "/"].map((path) => {
    client.sends(get(path));
    return play.take().at(-1);
  });
  expect(statuses).toEqual(["report 401 denied", "report 402 denied", "report 401 denied"]);
});
