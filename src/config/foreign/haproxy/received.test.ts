import { expect, test } from "bun:test";
import { partsOf } from "./translated.fixture.ts";

const asked = "http-request set-header X-URI %[capture.req.uri]";

test("the target as it was received is kept where a rule writes another", () => {
  const { listener, told } = partsOf(["http-request set-path /x%[path]", asked]);
  expect(told).toEqual([]);
  expect(listener.rules).toEqual([
    { set: { "vars.received_target": "path + (has(query) ? '?' + query : '')" } },
    { setPath: "/x{path}" },
    { setHeader: { "X-URI": "{vars.received_target}" } },
  ]);
});

test("also where only the backend does", () => {
  const { listener, pool } = partsOf([], ["http-request set-uri /y", asked, "server a a:1"]);
  expect([listener.rules, pool.rules]).toEqual([
    [{ set: { "vars.received_target": "path + (has(query) ? '?' + query : '')" } }],
    [{ setTarget: "/y" }, { setHeader: { "X-URI": "{vars.received_target}" } }],
  ]);
});

test("nothing is kept where nobody writes another, or nobody asks", () => {
  expect(partsOf([asked]).listener.rules).toEqual([
    { setHeader: { "X-URI": "{path + (has(query) ? '?' + query : '')}" } },
  ]);
  expect(partsOf(["http-request set-query a=b"]).listener.rules).toEqual([{ setQuery: "a=b" }]);
});

test("rules see the method as it was received, and the status as rules have set it", () => {
  const methods = partsOf(["http-request set-method POST", "http-request deny if METH_POST"]);
  expect(methods.listener.rules).toEqual([
    { set: { "vars.received_method": "method" } },
    { setMethod: "POST" },
    { if: "vars.received_method == 'POST'", deny: true },
  ]);
  expect(partsOf(["http-request set-method POST if METH_GET"]).listener.rules).toMatchObject([{ setMethod: "POST" }]);
  const statuses = partsOf([
    "http-response set-status 403 if { status 404 }",
    "http-response set-header X-Blocked 1 if { status 403 }",
  ]);
  const status = "(has(vars.given_status) ? vars.given_status : response.status)";
  expect(statuses.listener.rules).toEqual({
    response: [
      { if: `${status} == 404`, set: { "vars.given_status": "403" }, setStatus: 403 },
      { if: `${status} == 403`, setHeader: { "X-Blocked": "1" } },
    ],
  });
});
