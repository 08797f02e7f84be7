import { expect, test } from "bun:test";
import { apart, reverse, scene } from "./translated.fixture.ts";

const authOf = (lines: string): unknown => reverse(lines).input.listeners["proxy"]?.auth;

test("users get in by their names as written, inline and as a section", () => {
  expect(authOf('auth = true\nuser = { agent = "proxy" }')).toEqual({
    users: { agent: "proxy" },
    proxyAuthorization: true,
  });
  const mixed = reverse('auth = true\n[server.user]\nAgent = "a:b"\nnumber = 12\n');
  expect(mixed.input.listeners["proxy"]?.auth).toMatchObject({ users: { Agent: "a:b", number: "12" } });
  expect(apart(mixed)).toEqual([
    'warning server.user is approximated: user "Agent" is known by this name, in this case; goproxy knows it as "agent" only',
  ]);
});

test("users do nothing while nobody has to say who he is", () => {
  expect(authOf('user = { agent = "proxy" }')).toBeUndefined();
  expect(apart(reverse('auth = false\nuser = { agent = "proxy" }'))).toEqual([
    "note server.user does nothing while auth is false, as in goproxy",
  ]);
  // Our own judgement says that it lets nobody in.
  expect(authOf("auth = true")).toMatchObject({ users: {} });
});

test("a password stays here, and so answers may be kept for all who know one", () => {
  const { input } = reverse('auth = true\nuser = { agent = "proxy" }');
  expect(input.listeners["proxy"]?.rules).toEqual([
    { if: "!has(headers['proxy-authorization'])", removeHeader: "authorization" },
  ]);
  expect(reverse("auth = false").input.listeners["proxy"]?.rules).toBeUndefined();
});

test("a password is never shown, whatever is wrong with its user", () => {
  const found = reverse('auth = true\nuser = { "a:b" = "secret", "" = "secret", c = ["secret"], d = "" }');
  expect(found.input.listeners["proxy"]?.auth).toMatchObject({ users: {} });
  expect(apart(found)).toHaveLength(4);
  for (const line of apart(found)) expect(line).toMatch(/^(error|warning) server\.user (?!.*secret)/);
});

test("a hash is one, and a password that begins like our mark for passwords stays as it is", () => {
  const hash = "$2y$10$abcdefghijklmnopqrstuv";
  const found = reverse(`auth = true\nuser = { a = '${hash}', b = "{PLAIN}x" }`);
  expect(found.input.listeners["proxy"]?.auth).toMatchObject({ users: { a: hash, b: "{PLAIN}{PLAIN}x" } });
  expect(apart(found)).toEqual(['warning server.user is approximated: the password of user "a" is taken for a hash']);
});

test("a forward proxy has the usual bounds, which are told", () => {
  const found = scene('[server]\nport = ":1"\nreverse = false\n');
  expect(found.input.listeners).toEqual({ proxy: { listen: ":1", abortOnClose: true, proxy: true } });
  expect(found.told).toEqual([
    expect.stringMatching(/^warning server\.reverse is approximated: clients may ask for public addresses only/),
  ]);
});

test("a forward proxy goes by the proxy of the environment, open as it is; a reverse proxy does not", () => {
  const environment = { HTTP_PROXY: "proxy:3128" };
  const lines = 'port = ":1"\nreverse = false\ncache = true\n';
  const proxy = { egress: { http: "httpProxy" }, direct: expect.any(Array), cache: expect.anything() };
  const { input } = scene(`[server]\n${lines}`, environment);
  expect(input.listeners["proxy"]?.proxy).toEqual({ ...proxy, open: true });
  const known = scene(`[server]\n${lines}auth = true\nuser = { a = "b" }\n`, environment);
  expect(known.input.listeners["proxy"]?.proxy).toEqual(proxy);
  const other = scene('[server]\nport = ":1"\nreverse = true\nproxy_pass = ["a:1"]\n', environment);
  expect(other.input.egress).toBeUndefined();
});

test("through a reverse proxy tunnels lead to its servers and nowhere else", () => {
  const { input, told } = reverse("", '["127.0.0.1:6000", "[::1]:6001", "app:6000"]');
  expect(input.listeners["proxy"]).toEqual({
    listen: ":8080",
    abortOnClose: true,
    use: "servers",
    proxy: {
      http: false,
      connect: true,
      allow: ["127.0.0.1", "::1", "app"],
      private: true,
      tunnels: { ports: [6000, 6001] },
    },
  });
  expect(told).toEqual([expect.stringMatching(/^warning server\.reverse is approximated: CONNECT makes tunnels/)]);
});
