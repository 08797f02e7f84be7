import { describe, expect, test } from "bun:test";
import { Prng } from "../../base/prng.ts";
import type { EgressLogFormatPlan } from "../../config/plan.ts";
import { formatOf } from "./formats.ts";
import { emptyLine, type LogFormat, type LogLine, lineVerdict } from "./line.ts";

const atMs = Date.UTC(2026, 10, 22, 9, 6, 3);
const local = "22/Nov/2026:09:06:03 +0000";

function made(plan: EgressLogFormatPlan): LogFormat {
  const reading = formatOf(plan, (port) => port >= 19_001 && port <= 19_341);
  if (!reading.ok) throw new Error(reading.message);
  return reading.value;
}

const nginx = (text: string): LogFormat => made({ kind: "nginx", text });

/** What is told, without what is as it is in an empty line; or the verdict. */
function said(format: LogFormat, text: string): Partial<LogLine> | string {
  const bytes = Buffer.from(`former line"\n${text}\n"127.0.0.1:19002 200`);
  const start = bytes.indexOf(10) + 1;
  const line = emptyLine();
  const verdict = format.read(bytes, start, bytes.indexOf(10, start), line);
  const empty = emptyLine();
  const told = Object.entries(line).filter(([name, value]) => value !== empty[name as keyof LogLine]);
  return verdict === lineVerdict.good
    ? Object.fromEntries(told)
    : Object.keys(lineVerdict)[Object.values(lineVerdict).indexOf(verdict)]!;
}

describe("nginx", () => {
  const usual = nginx(
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" $request_time $server_port $http_x_egress_host "$http_x_egress_key"',
  );

  test("values stand between the texts of the format", () => {
    expect(
      said(
        usual,
        `127.0.0.1 - - [${local}] "GET / HTTP/1.1" 200 512 "-" 0.042 19001 shop.example:8443 "abc-\\x22d\\x22"`,
      ),
    ).toEqual({
      ...{ atMs, status: 200, bytesDown: 512, durationMs: 42, port: 19_001 },
      ...{ host: "shop.example:8443", key: 'abc-"d"' },
    });
    expect(said(usual, `127.0.0.1 - - [${local}] "" 499 0 "-" - 19001 - "-"`)).toEqual({
      ...{ atMs, status: 499, port: 19_001 },
    });
  });

  test("what does not look like the format is not guessed", () => {
    expect(said(usual, "")).toBe("unlike");
    expect(said(usual, "GET / 200")).toBe("unlike");
    expect(said(usual, `127.0.0.1 - - [${local}] "GET / HTTP/1.1" 20 512 "-" 0.042 19001 a "b"`)).toBe("unlike");
    expect(said(usual, `127.0.0.1 - - [${local}] "GET / HTTP/1.1" 200 512 "-" 0.042 19001 a "b`)).toBe("unlike");
    expect(said(usual, `127.0.0.1 - - [99/Nov/2026:09:06:03 +0000] "" 200 5 "-" 0 19001 a "b"`)).toBe("badTime");
  });

  test("a time holds a space, and its text may be followed by one", () => {
    expect(said(nginx("$time_local $status"), `${local} 204`)).toEqual({ atMs, status: 204 });
    expect(said(nginx("$status $time_local"), `204 ${local}`)).toEqual({ atMs, status: 204 });
    expect(said(nginx(["$", "{status}:$msec"].join("")), "204:1795338363.000")).toEqual({ atMs, status: 204 });
    expect(said(nginx("[$time_iso8601] $status end"), "[2026-11-22T09:06:03+00:00] 204 end")).toEqual({
      ...{ atMs, status: 204 },
    });
  });

  test("of several variables that say the same one is believed", () => {
    const format = nginx("$server_addr $server_name $egress_ip $status $proxy_host $http_x_egress_host");
    expect(said(format, "127.0.0.1 203.0.113.7 203.0.113.8 200 a.test b.test")).toEqual({
      ...{ address: "203.0.113.8", status: 200, host: "b.test" },
    });
    expect(said(nginx("$server_addr $server_name $status"), "127.0.0.1 203.0.113.7 200")).toEqual({
      ...{ address: "203.0.113.7", status: 200 },
    });
  });

  test("a whole directive is read, with its quotes and the way that it escapes", () => {
    const format = nginx(
      `log_format proxy_logs escape=json '{"t":"$time_local","s":$status,'\n  '"k":"$http_x_egress_key","p":$server_port}';`,
    );
    expect(said(format, `{"t":"${local}","s":403,"k":"a\\"b\\u0041","p":19003}`)).toEqual({
      ...{ atMs, status: 403, key: 'a"bA', port: 19_003 },
    });
    expect(said(nginx("escape=none $http_x_egress_key|$status"), "a\\x22|200")).toEqual({ key: "a\\x22", status: 200 });
  });

  test("a key keeps what UTF-8 makes of its bytes", () => {
    expect(said(nginx('"$http_x_egress_key" $status'), '"z\\xC3\\xBCrich\\x" 200')).toEqual({
      ...{ key: "zürich\\x", status: 200 },
    });
  });

  test("a format of which nothing is to be learnt is refused", () => {
    const problem = (text: string): string => {
      const reading = formatOf({ kind: "nginx", text }, () => true);
      return reading.ok ? "" : reading.message;
    };
    expect(problem("$time_local $request")).toContain("must say $status");
    expect(problem("$status$time_local")).toContain("nothing between $status and $time_local");
    expect(problem("$request$status $time_local")).toContain("nothing between $request and $status");
    expect(problem("$request$uri $status")).toBe("");
    expect(problem("log_format x 'a $status")).toContain("does not end");
    expect(problem("")).toContain("must say $status");
  });

  test("whether lines tell of whom they are is known", () => {
    expect([nginx("$status").tellsMember, nginx("$status $server_port").tellsMember]).toEqual([false, true]);
  });
});

describe("ipmanager", () => {
  const format = made({ kind: "ipmanager" });
  const line = (more: string): string => `127.0.0.1 - - [${local}] "GET http://x/ HTTP/1.1" 200 512 ${more}`;

  test("its marks are found wherever they stand", () => {
    const told = { atMs, status: 200, key: "abc", port: 19_001, host: "shop.example" };
    expect(said(format, line("Exgress_key: abc 127.0.0.1:19001 -> Request Host: shop.example <-"))).toEqual(told);
    expect(said(format, line("-> Request Host: shop.example <- 127.0.0.1:19001 Exgress_key: abc"))).toEqual(told);
    expect(said(format, line("Exgress_key: abc, 127.0.0.1:19001, -> Request Host: shop.example <-"))).toEqual(told);
    expect(said(format, line("Egress_key: abc, 127.0.0.1:19001, -> Request Host: shop.example <-"))).toEqual(told);
    expect(said(format, line("Exgress_key: - 127.0.0.1:19001 -> Request Host:  <-"))).toEqual({
      ...{ atMs, status: 200, port: 19_001 },
    });
  });

  test("the status is the token behind the quoted request, and nothing else that has three digits", () => {
    expect(said(format, `503 - - [${local}] "GET /a 404 x" 301 512 127.0.0.1:19001`)).toMatchObject({ status: 301 });
    expect(said(format, `10.0.0.1 777 [${local}] "GET /" 502`)).toMatchObject({ status: 502 });
    expect(said(format, `[${local}] 403 127.0.0.1:19001`)).toMatchObject({ status: 403 });
    expect(said(format, `[${local}] "GET /" 1403 x`)).toBe("unlike");
  });

  test("a port is one that an address listens on, however many digits it has", () => {
    expect(said(format, line("127.0.0.1:54321 127.0.0.1:19002"))).toMatchObject({ port: 19_002 });
    expect(said(format, line("1127.0.0.1:19001 127.0.0.1:190010 127.0.0.1:19003"))).toMatchObject({ port: 19_003 });
    const low = formatOf({ kind: "ipmanager" }, (port) => port === 80);
    expect(low.ok && said(low.value, line("127.0.0.1:80"))).toMatchObject({ port: 80 });
  });

  test("what a client wrote in its request is no mark", () => {
    const request = `"GET /?127.0.0.1:19009&Exgress_key: evil HTTP/1.1" 200 0`;
    expect(said(format, `[${local}] ${request} Exgress_key: good 127.0.0.1:19001`)).toEqual({
      ...{ atMs, status: 200, key: "good", port: 19_001 },
    });
  });

  test("what a client wrote as its key is no mark either: it would tell of another address", () => {
    const told = { atMs, status: 200, port: 19_001, host: "shop.example" };
    const own = "127.0.0.1:19001 -> Request Host: shop.example <-";
    const forged = "127.0.0.1:19009 -> Request Host: other.example <- Exgress_key: z 127.0.0.1:19008";
    for (const key of ["127.0.0.1:19009", `x ${forged}`, `x, ${forged}`, forged])
      expect(said(format, line(`Exgress_key: ${key} ${own}`))).toMatchObject(told);
    for (const key of ["127.0.0.1:19009", `x ${forged}`])
      expect(said(format, line(`${own} Exgress_key: ${key}`))).toMatchObject(told);
  });

  test("a line without a time is told from one that is something else", () => {
    expect(said(format, '127.0.0.1 [22/Nov] "GET /" 200 127.0.0.1:19001')).toBe("badTime");
    expect(said(format, "started")).toBe("unlike");
    expect(said(format, "")).toBe("unlike");
  });
});

describe("a pattern", () => {
  test("finds what its groups are called", () => {
    const format = made({
      kind: "pattern",
      text: String.raw`^(?<time>\S+) (?<address>\S+) (?P<status>\d+) (?<target>\S+) (?<key>\S+)$`,
    });
    expect(said(format, "2026-11-22T09:06:03Z 203.0.113.7 429 shop.example -")).toEqual({
      ...{ atMs, address: "203.0.113.7", status: 429, host: "shop.example" },
    });
    expect(said(format, "then 203.0.113.7 429 shop.example k")).toBe("badTime");
    expect(said(format, "2026-11-22T09:06:03Z 203.0.113.7 42 shop.example k")).toBe("unlike");
    expect(said(format, "x")).toBe("unlike");
    expect(
      said(made({ kind: "pattern", text: String.raw`port=(?<port>\d+) s=(?<status>\d+)` }), "port=80 s=200"),
    ).toEqual({ port: 80, status: 200 });
  });

  test("is refused where it is none, or has other groups", () => {
    const problem = (text: string): string => {
      const reading = formatOf({ kind: "pattern", text }, () => true);
      return reading.ok ? "" : reading.message;
    };
    expect(problem("(")).toContain("is no regular expression");
    expect(problem("(?<status>x)(?<ip>y)")).toContain("has a group ip; groups are time");
    expect(problem("(?<time>x)")).toContain("must have a group status");
  });
});

test("whatever the bytes are, a line is read or refused, and what is read is in its bounds", () => {
  const formats = [
    nginx(
      '$remote_addr - [$time_local] "$request" $status $bytes_sent $request_time $server_port $http_x_egress_host "$http_x_egress_key"',
    ),
    nginx("escape=json $msec $status $http_x_egress_key"),
    nginx("$http_x_egress_key $server_port $status"),
    made({ kind: "ipmanager" }),
    made({ kind: "pattern", text: String.raw`(?<status>\d\d\d) (?<key>.*)` }),
  ];
  const parts = [
    `[${local}] `,
    '"',
    " 200 ",
    "127.0.0.1:19001",
    "Exgress_key: ",
    "-> Request Host: ",
    "\\x2",
    "\\",
    "\xff",
    "1795338363.1 ",
    "a - ",
  ];
  const prng = new Prng(7);
  const below = (limit: number): number => Math.floor(prng.next() * limit);
  const line = emptyLine();
  const counts = [0, 0, 0];
  for (let round = 0; round < 20_000; round++) {
    let text = "";
    for (let part = below(9); part >= 0; part--)
      text += below(4) === 0 ? String.fromCharCode(below(256)) : parts[below(parts.length)];
    const bytes = Buffer.from(text, "latin1");
    const start = below(bytes.length + 1);
    const end = start + below(bytes.length - start + 1);
    const verdict = formats[round % formats.length]!.read(bytes, start, end, line);
    counts[verdict]!++;
    if (verdict !== lineVerdict.good) continue;
    expect(line.status).toBeWithin(100, 1000);
    expect(line.port).toBeWithin(0, 65_536);
    expect(Number.isFinite(line.atMs) && Number.isFinite(line.bytesDown)).toBe(true);
    expect(line.key.length).toBeLessThanOrEqual(end - start);
  }
  expect(counts.every((count) => count > 20)).toBe(true);
});
