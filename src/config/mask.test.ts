import { expect, test } from "bun:test";
import { readDotenv } from "./foreign/gopherproxy/dotenv.ts";
import { masked, maskedSentence, withoutSecrets } from "./mask.ts";
import { Places } from "./place.ts";
import { readToml } from "./toml.ts";
import { readJson, readYaml } from "./yaml.ts";

/** All of it, as its places show it. */
function shown(read: (text: string) => ReturnType<typeof readToml>, text: string): string {
  const document = read(text);
  if (!document.ok) throw new Error(JSON.stringify(document.faults));
  return text
    .split("\n")
    .map((_, index) => document.places.line(index + 1))
    .join("\n");
}

const secret = "hunter2";

test.each([
  ["toml", readToml, `[server.cache]\nredis_pass = "${secret}"\nredis_addr = "127.0.0.1:1"`],
  ["toml", readToml, `[server]\nuser = {agent = "${secret}", other = '${secret}'}\nport = "1"`],
  ["toml", readToml, `[Server.User]\nagent = "${secret}"\n"b c" = "${secret}" # no\n[server.next]\nport = "1"`],
  ["toml", readToml, `[api.basic_auth]\nlogin = "admin"\npassword = """\n${secret}\nx"""`],
  ["toml", readToml, `a = { consul_token = "${secret}", tokens = 5, "X-Vault-Token" = '${secret}' }`],
  ["json", readJson, `{"proxy_port":"9096","token":"${secret}","next":{"a":["http://me:${secret}@h:1/x"]}}`],
  ["json", readJson, `{"server":{"user":{"agent":"${secret}","${"n"}":"${secret}"}}}`],
  ["json", readJson, `{"password":\n  "${secret}"}`],
  ["yaml", readYaml, `auth:\n  users:\n    anna: ${secret}, and more\n    ben: "${secret}"\n  realm: x`],
  ["yaml", readYaml, `acme: { externalAccount: { id: k, hmacKey: ${secret}, more: 1 } }`],
  ["yaml", readYaml, `discover:\n  consul:\n    token: ${secret} # of it\n    url: https://${secret}@consul:8500`],
  ["yaml", readYaml, `auth:\n  users:\n    anna: 'it''s ${secret}'\n    ben: ''\n    carl: 'a'''\n  realm: x`],
  ["yaml", readYaml, `debug:\n  token: a,${secret} b\nnext: { token: "a", more: 1 }`],
  ["yaml", readYaml, `debug:\n  token: a}${secret} b]${secret}\nnext: [{ token: ${secret} }, { port: 1 }]`],
  ["yaml", readYaml, `debug:\n  token: $${secret}\n  port: 1`],
  ["yaml", readYaml, `debug:\n  token: |\n\n    ${secret}\n\n      a ${secret}\n  port: 1\n`],
  ["yaml", readYaml, `debug:\n  token: |2- # of it\n      a\n    ${secret}\nport: 1`],
  ["dotenv", readDotenv, `REDIS_PASSWORD=${secret} x\nPROXY_PASSWORD_2='${secret}'\nREDIS_HOST=${secret}@redis:1`],
] as const)("secrets of %s are stars, and all else stands where it stood", (_, read, text) => {
  const lines = shown(read, text);
  expect(lines).not.toContain(secret);
  expect(lines).toHaveLength(text.length);
  const [left, kept] = [lines.split("\n"), text.split("\n")];
  for (const [index, line] of left.entries()) if (!line.includes("*")) expect(line).toBe(kept[index]!);
});

test.each([
  `userlist u\n user a insecure-password ${secret}\n user b password ${secret} groups g`,
  ` stats auth admin:${secret}`,
  ` stats auth "admin:${secret} x"`,
  ` http-request set-header Authorization "Basic ${secret} ${secret}"`,
  ` http-check send meth GET uri / hdr Authorization Basic\\ ${secret}`,
  ` tcp-check send AUTH\\ ${secret}\\r\\n`,
  ` setenv DB_PASSWORD ${secret}`,
  ` server a socks://u:${secret}@h:1 check`,
  `proxies: [me:${secret}@h:3128, "a:${secret}@[::1]:1"]`,
  `password = "${secret}`,
  `token: >-\r\n  ${secret}\r\n\r\n  ${secret}\r\nport: 1`,
  `- token: |\n    token: ${secret}\n    ${secret}`,
])("what only looks secret is too: %s", (text) => {
  expect(masked(text)).not.toContain(secret);
  expect(masked(text)).toHaveLength(text.length);
});

test.each([
  'if = \'header("authorization") == "Bearer x"\'',
  "passive = true",
  'password_file = "/run/secret"',
  `token = "\${CONSUL_TOKEN}"`,
  "password: $PW",
  " http-request del-header Authorization",
  " bind 10.0.0.1:80 # a@b",
  " default_backend password-reset",
  "sessionTickets = false",
  "tokens = 5",
  '  "token": true,',
  "a: { token: null }, b: 1",
  "token: |\n",
  'proxy_pass = ["127.0.0.1:9"]',
])("and what is none is shown: %s", (text) => {
  expect(masked(text)).toBe(text);
});

test("pools and tables may have such names", () => {
  for (const text of [
    "pools:\n  users:\n    servers: [a:1]\n  token:\n    servers: [b:1]",
    "pools:\n  password:\n    - a",
  ])
    expect(shown(readYaml, text).replace(/ {4}- \*/, "    - a")).toBe(text);
});

test("a text of very many secrets is masked at once", () => {
  const text = `server:\n  user:\n${Array.from({ length: 20_000 }, (_, index) => `    u${index}: ${secret}`).join("\n")}\n`;
  const places = new Places(text);
  for (let index = 0, at = 17; index < 20_000; index++, at = text.indexOf("\n", at) + 1)
    places.add(["server", "user", `u${index}`], at, text.indexOf(secret, at));
  const startMs = performance.now();
  expect(places.line(20_000)).toMatch(/^ {4}u19997: \*+$/);
  expect(performance.now() - startMs).toBeLessThan(5000);
});

test("a tree of values is shown without what is secret by its name, or as a part of a URL", () => {
  const tree = {
    gobetween: { password: secret, port: 1, "discovery.consul_acl_token": secret, open: true, token: "" },
    pools: { token: { servers: ["a:1"], hosts: [`u:${secret}@h:1`, `http://u:${secret}@h:1/x`, "redis://u:(set)@h"] } },
  };
  expect(withoutSecrets(tree)).toEqual({
    gobetween: { password: "(set)", port: 1, "discovery.consul_acl_token": "(set)", open: true, token: "" },
    pools: { token: { servers: ["a:1"], hosts: ["u:(set)@h:1", "http://u:(set)@h:1/x", "redis://u:(set)@h"] } },
  });
});

test("sentences lose the passwords that they quote, and keep the advice", () => {
  const advice = "must be a whole URL: write http://, then user:password@ where it asks for them";
  expect(maskedSentence(`${advice}, not "http://u:${secret}@h"`)).toBe(`${advice}, not "http://u:*******@h"`);
});

test.each([
  ["a name", "", "a"],
  ["a port", ":1:", "x"],
  ["a variable", "setenv ", "key"],
  ["names of secrets", "", "token="],
  ["names with commas", "", "token=a,"],
  ["names with brackets", "", "token=} "],
  ["names with quotes", "", "token='a''"],
  ["blocks of YAML", "", " token: |\n"],
  ["blocks of YAML of which one says how far in", "", " token: |1\n\n"],
  ["empty lines", "token: |\n", " \n"],
])("a long line costs what its length does, not the square of it: %s", (_, before, piece) => {
  const best = (length: number): number => {
    const text = before + piece.repeat(length / piece.length);
    return Math.min(
      ...Array.from({ length: 15 }, () => {
        const fromMs = performance.now();
        masked(text);
        return performance.now() - fromMs;
      }),
    );
  };
  best(100_000);
  expect(best(200_000)).toBeLessThan(25 * best(20_000) + 5);
});
