import { expect, test } from "bun:test";
import { partsOf } from "./trial.ts";

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
