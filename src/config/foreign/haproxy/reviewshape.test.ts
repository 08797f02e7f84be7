import { describe, expect, test } from "bun:test";
import { partsOf } from "./trial.ts";

function faultsOf(front: readonly string[], back: readonly string[]): readonly string[] {
  return partsOf(front, back).told.filter((each) => each.startsWith("error"));
}

describe("a line of a shape that HAProxy would not take is not taken", () => {
  for (const line of [
    "monitor-uri",
    "monitor-uri /x /y",
    "capture cookie x",
    "capture request header x",
    "compression algo foo",
    "id x",
    "stats refresh x",
    "http-request wait-for-body",
    "http-request deny if { path_reg (a)\\1 }",
    "http-request deny if { req.hdr_val(x) 5:3 }",
    'http-request deny if { path "" }',
  ])
    test(line, () => expect(faultsOf([line], ["server a 127.0.0.1:1"]).length).toBe(1));
  for (const line of [
    "balance uri len",
    "balance uri len 5 depth",
    "balance random(0)",
    "retry-on none 503",
    "ignore-persist",
    "option mysql-check foo",
    "http-check send hdr Host",
    "http-check send foo",
    "http-check expect status 2xx",
    "http-check expect string",
    "http-check expect header name x",
    "tcp-check expect foo x",
    "tcp-check expect binary zz",
    "tcp-check send-binary 0x",
    "server b 127.0.0.1:2 check inter 0",
    "server b 127.0.0.1:2 on-marked-down foo",
  ])
    test(line, () => expect(faultsOf([], ["server a 127.0.0.1:1", line]).length).toBe(1));
});

describe("one that it takes is taken", () => {
  for (const line of [
    "monitor-uri /health",
    "capture cookie x len 10",
    "capture response header x len 10",
    "compression algo gzip deflate",
    "id 7",
    "stats refresh 10s",
    "http-request wait-for-body time 1s at-least 10",
  ])
    test(line, () => expect(faultsOf([line], ["server a 127.0.0.1:1"])).toEqual([]));
  for (const line of [
    "balance uri",
    "balance uri whole len 5 depth 2",
    "balance random",
    "balance random(3)",
    "retry-on none",
    "ignore-persist if TRUE",
    "http-check send meth GET uri /x hdr Host www.test body 'a b'",
    "http-check expect ! status 200,300-399",
    "http-check expect comment 'all well' rstring '^a b'",
    "tcp-check expect string 'a b'",
    "tcp-check expect binary 00ff",
    "tcp-check send-binary 00ff",
    "server b 127.0.0.1:2 check inter 10s fastinter 500ms",
    "server b 127.0.0.1:2 on-marked-down shutdown-sessions",
  ])
    test(line, () => expect(faultsOf([], ["server a 127.0.0.1:1", line])).toEqual([]));
});
