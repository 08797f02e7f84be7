import { expect, test } from "bun:test";
import { judge } from "../../judge.ts";
import { scene } from "./translated.fixture.ts";

const server = (protocol: string, access: string): string =>
  `[servers.web]\nbind = ":3000"\nprotocol = "${protocol}"\nclient_idle_timeout = "5s"\n[servers.web.discovery]\nkind = "static"\nstatic_list = ["127.0.0.1:80"]\n[servers.web.access]\n${access}`;

function rulesOf(access: string, protocol = "tcp"): { rules: unknown; lists: unknown; told: readonly string[] } {
  const { input, told } = scene(server(protocol, access));
  expect(judge(input).findings.filter(({ severity }) => severity === "error")).toEqual([]);
  return { rules: input.listeners["web"]?.rules, lists: input.lists, told };
}

const translations: readonly (readonly [string, string, unknown])[] = [
  ["nothing that keeps anybody out", 'default = "allow"\nrules = ["allow 10.0.0.0/8"]', undefined],
  ["nothing said", "", undefined],
  ["nobody at all", 'default = "deny"', [{ reject: true }]],
  [
    "all but some",
    'rules = ["deny 192.0.2.1", "deny 198.51.100.0/24"]',
    [{ if: "src in cidr('192.0.2.1', '198.51.100.0/24')", reject: true }],
  ],
  [
    "only some",
    'default = "deny"\nrules = ["allow 10.0.0.0/8", "allow 2001:db8::/32"]',
    [{ if: "!(src in cidr('10.0.0.0/8', '2001:db8::/32'))", reject: true }],
  ],
  [
    "exceptions of exceptions: the first rule that fits holds",
    'default = "deny"\nrules = ["deny 10.0.0.1", "allow 10.0.0.0/8", "deny 10.0.0.0/7"]',
    [
      { if: "src in cidr('10.0.0.1')", reject: true },
      { if: "!(src in cidr('10.0.0.0/8'))", reject: true },
    ],
  ],
  [
    "some let in before others are kept out",
    'rules = ["allow 10.0.0.1", "deny 10.0.0.0/8", "allow 10.0.0.2"]',
    [
      { if: "src in cidr('10.0.0.1')", accept: true },
      { if: "src in cidr('10.0.0.0/8')", reject: true },
    ],
  ],
];

for (const [title, access, expected] of translations)
  test(title, () => {
    const { rules, told } = rulesOf(access);
    expect([rules, told]).toEqual([expected, []]);
  });

test("many addresses are a list of their own", () => {
  const all = Array.from({ length: 20 }, (_, index) => `10.0.${index}.0/24`);
  const { rules, lists } = rulesOf(`rules = [${all.map((block) => `"deny ${block}"`).join(", ")}]`);
  expect(rules).toEqual([{ if: "src in lists['web-access']", reject: true }]);
  expect(lists).toEqual({ "web-access": { addresses: all } });
});

test("what gobetween would not read is told at its place", () => {
  expect(scene(server("tcp", 'rules = ["permit 10.0.0.1", "deny", "deny 10.0.0.0/33"]')).told).toEqual([
    'error servers.web.access.rules[0] must be "allow" or "deny" and an address or block, not "permit 10.0.0.1"',
    'error servers.web.access.rules[1] must be "allow" or "deny" and an address or block, not "deny"',
    'error servers.web.access.rules[2] must be an IP address or a block such as "10.0.0.0/8" or "fd00::/8", not "10.0.0.0/33"',
  ]);
});

test("sessions of datagrams have the same rules as connections", () => {
  expect(rulesOf('default = "allow"\nrules = ["allow 10.0.0.1"]', "udp")).toMatchObject({ told: [] });
  const { rules, told } = rulesOf('default = "deny"\nrules = ["allow 10.0.0.1"]', "udp");
  expect([rules, told]).toEqual([[{ if: "!(src in cidr('10.0.0.1'))", reject: true }], []]);
});
