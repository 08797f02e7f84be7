import { expect, test } from "bun:test";
import { clfLine, httpLine } from "../../logformat.ts";
import { tried } from "./translated.fixture.ts";

const times = " timeout connect 5s\n timeout client 5s\n timeout server 5s\n";

interface Tried {
  readonly format: string | undefined;
  readonly told: readonly string[];
}

function format(own: string, mode = "http"): Tried {
  const config = `global\n log /dev/log local0\nlisten x\n mode ${mode}\n${times} bind :1\n log global\n ${own}\n server a a:1\n`;
  const { input, told } = tried(config);
  return { format: input.accessLog?.format, told };
}

test("options say the format, as they do in HAProxy", () => {
  expect(format("option httplog").format).toBe("httplog");
  expect(format("option httpslog").format).toBe("httpslog");
  expect(format("option tcplog").format).toBe("tcplog");
  expect(format("option tcplog", "tcp").format).toBe("tcplog");
  // Of HTTP alone in mode tcp, and clf.
  expect(format("option httplog", "tcp").format).toBe("tcplog");
  expect(format("option httplog clf").format).toBe(clfLine.replace("%hrl %hsl", " "));
  expect(format("maxconn 5", "tcp").format).toBe("Connect from %ci:%cp to %fi:%fp (%f/TCP)");
});

test("captures stand in the line, those of the request by themselves, of the response as what a rule has set", () => {
  const { format: found, told } = format(
    "option httplog\n capture request header Host len 20\n capture request header X-A len 5\n capture response header Server len 9",
  );
  expect(found).toBe(
    httpLine.replace("%hr", "{%[header?:Host:20]|%[header?:X-A:5]}").replace("%hs", "{%[var?:capture_res_0:9]}"),
  );
  expect(told).toEqual([]);
});

test("log-format has HAProxy's aliases, and samples that are there at the end", () => {
  expect(
    format(
      'capture request header Host len 20\n log-format "%ci %ST %{+Q}r %[capture.req.hdr(0)] %[ssl_fc_sni] %[var(txn.a)] %{+Q}[unique-id]"',
    ).format,
  ).toBe("%ci %ST %{+Q}r %[header:Host:20] %[server_name] %[var:txn.a] %{+Q}ID");
});

test("what cannot be had is told, and the usual line is written", () => {
  const { format: found, told } = format('log-format "%ci %[be_conn_free]"');
  expect(found).toBe("httplog");
  expect(told).toEqual([
    "10:13 warning %ci %[be_conn_free] is approximated: it asks for %[be_conn_free], which is not there when a line is written; lines are those of option httplog",
  ]);
  expect(format('log-format "%zz"').format).toBe("httplog");
});
