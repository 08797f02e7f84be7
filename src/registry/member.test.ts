import { expect, test } from "bun:test";
import { isSame, memberOf, readMember, shownMember, toldOf } from "./member.ts";

const good: readonly (readonly [string, object])[] = [
  ["http://10.0.0.1:80", { address: "10.0.0.1:80" }],
  ["http://10.0.0.1:80/", { address: "10.0.0.1:80" }],
  ["HTTP://App.Local:8080", { address: "app.local:8080" }],
  ["http://app", { address: "app:80" }],
  ["https://app", { address: "app:443", tls: true }],
  ["https://[::1]", { address: "[::1]:443", tls: true }],
  ["10.0.0.1:80", { address: "10.0.0.1:80" }],
  ["[2001:db8::1]:80^5", { address: "[2001:db8::1]:80", weight: 5 }],
  ["http://10.0.0.1:80^3", { address: "10.0.0.1:80", weight: 3 }],
  ["http://10.0.0.1:80?weight=65535", { address: "10.0.0.1:80", weight: 65_535 }],
  ["http://10.0.0.1:80/#weight=2", { address: "10.0.0.1:80", weight: 2 }],
  ["host.docker.internal:8081", { address: "host.docker.internal:8081" }],
];

const bad: readonly (readonly [string, string])[] = [
  ["", "must"],
  ["10.0.0.1", "must have a port"],
  ["http://10.0.0.1:80/app", "has a path"],
  ["http://me:word@10.0.0.1:80", "names a user"],
  ["ftp://10.0.0.1:80", 'has the unknown scheme "ftp"'],
  ["unix:/run/docker.sock", "is a socket of one machine"],
  ["http://unix:/run/docker.sock", "has a path"],
  ["10.0.0.1:80^0", "must have a weight from 1 to 65535"],
  ["10.0.0.1:80?weight=99999", "must have a weight from 1 to 65535"],
  ["10.0.0.1:80?other=1", "must be an address such as"],
  ["http://10.0.0.1:80?x=/y", "has a query"],
  ["http://10.0.0.1:80/?other=1", "has a query"],
  ["http://10.0.0.1:80/app?weight=1", "has a path"],
  ["10.0.0.1:0", "must have a port from 1"],
  ["10.0.0.1:80\n10.0.0.2:80", "must"],
  [`http://${"x".repeat(600)}:80`, "is longer than 512 characters"],
];

test("a member is an URL or host:port, with or without a weight", () => {
  for (const [text, value] of good) expect([text, readMember(text)]).toEqual([text, { ok: true, value }] as never);
});

test("what is no server is said to be none, and why", () => {
  for (const [text, message] of bad) {
    const reading = readMember(text);
    expect([text, reading.ok ? "" : reading.message]).toEqual([text, expect.stringContaining(message)]);
  }
});

test("a password that somebody has put into a member is not shown, and what is a server is shown as it is", () => {
  for (const [text] of good) expect(shownMember(text)).toBe(text);
  const secrets = ["http://u:s3cret@10.0.0.9:1", "u:s3cret@10.0.0.9:1", "http://u:s3/c@ret@h:1", "h:1?password=s3cret"];
  expect(secrets.map(shownMember)).toEqual([
    "http://***@10.0.0.9:1",
    "***@10.0.0.9:1",
    "http://***@h:1",
    "h:1?password=******",
  ]);
  const { remarks } = toldOf([...secrets, `${secrets[0]}${"x".repeat(500)}`], [], 5);
  expect(remarks).toHaveLength(5);
  const began = performance.now();
  for (const letter of ["x", "@", ":", "/", "="]) shownMember(letter.repeat(1_000_000));
  expect(shownMember("x".repeat(1_000_000)).length).toBeLessThan(600);
  expect(performance.now() - began).toBeLessThan(5000);
  expect(remarks.join()).not.toContain("s3");
});

test("what is quoted of a member is what stands in it", () => {
  const quoted = [
    "http://10.0.0.1:24181 ",
    "http://app:",
    "http://app:x",
    "https://my app",
    "http://fe80::a",
    "http://a:99999",
  ];
  expect(
    quoted.map((text) => {
      const reading = readMember(text);
      return reading.ok ? "" : reading.message;
    }),
  ).toEqual([
    'must have a port from 1 to 65535, not "24181 "',
    'must have a port from 1 to 65535, not ""',
    'must have a port from 1 to 65535, not "x"',
    expect.stringMatching(/^must be an address such as .*, not "my app"$/),
    'must have its IPv6 address in brackets and a port, as in "[fe80::a]:80"',
    'must have a port from 1 to 65535, not "99999"',
  ]);
});

test("two members are the same server in whatever words", () => {
  expect(isSame("http://10.0.0.1:80", "10.0.0.1:80^3")).toBeTrue();
  expect(isSame("http://app", "APP:80")).toBeTrue();
  expect(isSame("10.0.0.1:80", "10.0.0.1:81")).toBeFalse();
  expect(isSame("nonsense", "nonsense")).toBeTrue();
  expect(isSame("nonsense", "other")).toBeFalse();
  expect([memberOf("http", "a:1"), memberOf("", "a:1")]).toEqual(["http://a:1", "a:1"]);
});

test("what is told is sorted by address, each server once, drained ones marked", () => {
  const told = toldOf(["http://10.0.0.2:80", "10.0.0.10:80", "10.0.0.2:80^2"], ["10.0.0.10:80", "else"], 3);
  expect(told).toEqual({
    ok: true,
    servers: [
      { address: "10.0.0.10:80", drain: true },
      { address: "10.0.0.2:80", weight: 2 },
    ],
    remarks: ['member "http://10.0.0.2:80" is there in other words already'],
  });
});

test("many servers are a thousand, and many remarks are ten and a count", () => {
  const members = Array.from({ length: 1500 }, (_, index) => `10.0.${index >> 8}.${index & 255}:80`);
  const many = toldOf(members, [], 90_000);
  expect([many.servers.length, many.remarks]).toEqual([1000, ["of 90000 members 1000 are taken"]]);
  const nonsense = toldOf(
    members.map((member) => `!${member}`),
    [],
    1500,
  );
  expect([nonsense.servers, nonsense.remarks.length]).toEqual([[], 11]);
  expect(nonsense.remarks.at(-1)).toBe("1490 more members are passed over");
});
