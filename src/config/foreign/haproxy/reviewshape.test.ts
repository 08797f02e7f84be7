import { describe, expect, test } from "bun:test";
import { partsOf, tried } from "./translated.fixture.ts";

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
    "default-server inter 0",
    "balance random(2,x)",
    "http-check expect status 200-",
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
    "http-request wait-for-body at-least 10 time 1s",
    "capture cookie x len 10 x",
    "capture cookie x len 10k",
    "stats uri /x /y",
    "id 007",
    "id +7",
    "http-request deny if { path_reg (?<n>a)\\\\1 }",
    "http-request deny if { path_reg [\\\\1] }",
    "http-request deny if { path_reg (a)\\\\12 }",
  ])
    test(line, () => expect(faultsOf([line], ["server a 127.0.0.1:1"])).toEqual([]));
  for (const line of [
    "balance uri",
    "balance uri whole len 5 depth 2",
    "balance random",
    "balance random(3)",
    "balance random(+2)",
    "balance uri depth 05",
    "force-persist if",
    "http-check expect status 200 comment ready",
    "http-check expect status 200 on-error x",
    "http-check expect custom",
    "server b 127.0.0.1:2 cookie on-marked-up weight 3",
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

test("a check's lines are read where their option is, which may be in defaults", () => {
  const { told } = tried(
    "defaults\n mode http\n timeout client 1s\n option httpchk GET /h\nlisten x\n bind :1\n http-check expect status 200 comment ready\n server a a:1 check",
  );
  expect(told.filter((each) => each.includes("error"))).toEqual([]);
  expect(told.filter((each) => each.includes("not looked at"))).toEqual([]);
});

test("what is odd and changes nothing is a warning", () => {
  const { told } = partsOf(
    ["stats uri /x /y", "capture cookie x len 10k", "force-persist if"],
    ["server a 127.0.0.1:1"],
  );
  expect(told).toContain("warning stats needs one path; HAProxy takes it all the same");
  expect(told).toContain("warning capture must be capture cookie NAME len N; HAProxy takes it all the same");
});
