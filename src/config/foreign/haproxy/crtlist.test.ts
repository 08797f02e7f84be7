import { expect, test } from "bun:test";
import { readCrtList } from "./crtlist.ts";
import { translateHaproxy } from "./haproxy.ts";
import { translateRules } from "./rules.ts";

test("each line is a file; comments and empty lines are none", () => {
  const text = "# all of them\n\n/etc/a.pem\r\n  b.pem\t\nc.pem []\n";
  expect(readCrtList(text)).toEqual({ files: ["/etc/a.pem", "b.pem", "c.pem"], refused: null });
});

test.each([
  [
    "a.pem *.a.test !b.a.test",
    'line 1 of it says for which names its certificate is shown, "*.a.test !b.a.test"; here it is shown for the names that stand in it',
  ],
  [
    "a.pem\nb.pem [alpn h2] b.test",
    'line 2 of it has options, "[alpn h2]", which a certificate has not here: those of the bind line hold for all',
  ],
  [
    "a.pem # all",
    'line 1 of it says for which names its certificate is shown, "# all"; here it is shown for the names that stand in it',
  ],
])("%p is refused by its line", (text, refused) => {
  expect(readCrtList(text).refused).toBe(refused);
});

/** What the listener's certificates are, and what is told. */
function certificates(bind: string, files: Readonly<Record<string, string>>): readonly [unknown, readonly string[]] {
  const text = `global\n crt-base /etc/certs\ndefaults\n mode http\n timeout client 1s\n timeout server 1s\n timeout connect 1s\nlisten x\n bind :443 ssl ${bind}\n server a a:1`;
  const textOf = (file: string): string | null => files[file] ?? null;
  const { input, ledger } = translateHaproxy(text, "haproxy.cfg", {}, translateRules, textOf);
  return [
    input.listeners["x"]?.tls?.certificates,
    ledger.findings.map(({ severity, message }) => `${severity} ${message}`),
  ];
}

test("a list and files stand in the order of the line, for the first is shown to who says no name", () => {
  const files = { "/etc/list": "b.pem\n/own/c.pem\n" };
  expect(certificates("crt-list /etc/list", files)).toEqual([["/etc/certs/b.pem", "/own/c.pem"], []]);
  expect(certificates("crt-list /etc/list crt a.pem", files)[0]).toEqual([
    "/etc/certs/b.pem",
    "/own/c.pem",
    "/etc/certs/a.pem",
  ]);
  expect(certificates("crt a.pem crt-list /etc/list", files)[0]).toEqual([
    "/etc/certs/a.pem",
    "/etc/certs/b.pem",
    "/own/c.pem",
  ]);
});

test("one that is missing, empty or more than a list of files is told", () => {
  expect(certificates("crt-list /etc/list", {})[1]).toEqual(["error cannot be read"]);
  expect(certificates("crt-list /etc/list", { "/etc/list": "# none\n" })[1]).toEqual(["error names no certificate"]);
  expect(certificates("crt-list /etc/list", { "/etc/list": "a.pem a.test\n" })[1]).toEqual([
    'error is refused: line 1 of it says for which names its certificate is shown, "a.test"; here it is shown for the names that stand in it',
  ]);
});
