import { expect, test } from "bun:test";
import { freeName } from "./server.ts";
import { scene } from "./translated.fixture.ts";

const web = (more: string, list = '["a:80", "b:80"]', protocol = "tcp"): string =>
  `[servers.web]\nbind = ":3000"\nprotocol = "${protocol}"\n${more}\n[servers.web.discovery]\nkind = "static"\nstatic_list = ${list}\n`;

test("nothing said means nothing limited, as in gobetween", () => {
  const { input, told } = scene(web(""));
  expect(told).toEqual([]);
  expect(input.listeners["web"]).toEqual({
    listen: ":3000",
    mode: "tcp",
    use: "web",
    maxConnections: 10_000_000,
    timeouts: { tunnel: "24d" },
  });
  expect(input.pools!["web"]).toEqual({ servers: ["a:80", "b:80"], balance: "random", timeouts: { connect: "2m7s" } });
});

test("a server's own limits come before the defaults", () => {
  const defaults = '[defaults]\nmax_connections = 9\nclient_idle_timeout = "1m"\nbackend_idle_timeout = "2m"\n';
  const { input, told } = scene(defaults + web('max_connections = 5\nclient_idle_timeout = "0"'));
  expect(told).toEqual([]);
  expect(input.listeners["web"]).toMatchObject({ maxConnections: 5, timeouts: { tunnel: "24d" } });
  expect(input.listeners["web"]?.timeouts?.clientIdle).toBeUndefined();
  expect(input.pools!["web"]?.timeouts?.serverIdle).toBe("2m");
});

test("each policy has its counterpart", () => {
  const pairs = {
    weight: "random",
    leastconn: "leastConnections",
    roundrobin: "roundRobin",
    iphash: "ipHash",
    iphash1: "consistentHash",
    leastbandwidth: "leastBandwidth",
  };
  for (const [theirs, ours] of Object.entries(pairs)) {
    const { input, told } = scene(web(`balance = "${theirs}"`));
    expect([theirs, input.pools!["web"]?.balance, told.length]).toEqual([theirs, ours, 0]);
  }
});

test("containers of LXD are refused once, with their keys", () => {
  const { told, ledger } = scene(
    '[servers.web]\nbind = ":1"\n[servers.web.discovery]\nkind = "lxd"\nlxd_x = "y"\ninterval = "5s"',
  );
  expect(told).toHaveLength(1);
  expect(told[0]).toStartWith("error servers.web.discovery.kind is refused: containers of LXD are not found here");
  expect(ledger.counts()).toMatchObject({ kept: 1, refused: 3 });
  expect(scene('[servers.web]\nbind = ":1"').told).toEqual(["error servers.web must have a section discovery"]);
});

test("TLS to clients: files, versions, and no tickets unless asked for", () => {
  const tls = '[servers.web.tls]\ncert_path = "/a.crt"\nkey_path = "/a.key"\nmin_version = "tls1.2"\n';
  const { input, told } = scene(web("", '["a:80"]', "tls") + tls);
  expect(told).toEqual([]);
  expect(input.listeners["web"]?.tls).toEqual({
    certificates: [{ certificate: "/a.crt", key: "/a.key" }],
    minVersion: "1.2",
    sessionTickets: false,
  });
  expect(scene(web("", '["a:80"]', "tls")).told).toEqual([
    "error servers.web.protocol needs a section tls with cert_path and key_path",
  ]);
  expect(scene(`${web("", '["a:80"]', "tls")}[servers.web.tls]\ncert_path = "/a.crt"`).told).toHaveLength(1);
});

test("TLS to backends verifies unless told not to", () => {
  const tlsOf = (toml: string) => scene(`${web("")}[servers.web.backends_tls]\n${toml}`).input.pools!["web"]?.tls;
  expect(tlsOf("")).toBe(true);
  expect(tlsOf("ignore_verify = true")).toEqual({ verify: false });
  expect(tlsOf('root_ca_cert_path = "/ca.pem"\nmax_version = "tls1.2"')).toEqual({ ca: "/ca.pem", maxVersion: "1.2" });
  expect(scene(`${web("")}[servers.web.backends_tls]\ncert_path = "/c.pem"`).told).toHaveLength(1);
});

test("UDP: sessions end by their idle timeout or their counts, or nothing starts", () => {
  const udp = (more: string, section = ""): ReturnType<typeof scene> => scene(web(more, '["a:53"]', "udp") + section);
  const idle = udp('client_idle_timeout = "30s"\nbackend_idle_timeout = "20s"');
  expect(idle.told).toEqual([]);
  expect(idle.input.listeners["web"]).toMatchObject({ mode: "udp", timeouts: { clientIdle: "30s", tunnel: "20s" } });
  expect(idle.input.pools!["web"]?.timeouts).toEqual({ serverIdle: "20s" });
  const counted = udp("max_connections = 3", "[servers.web.udp]\nmax_responses = 1");
  expect(counted.input.listeners["web"]).toMatchObject({
    udp: { maxRequests: 0, maxResponses: 1 },
    maxConnections: 10_000_000,
  });
  expect(counted.told).toHaveLength(1);
  expect(counted.told[0]).toStartWith("warning servers.web.protocol is approximated: a session without any datagram");
  expect(udp("").told[0]).toStartWith("error servers.web.protocol needs client_idle_timeout");
});

test("the PROXY header is version 1, of TCP", () => {
  const proxied = (version: string, protocol = "tcp") =>
    scene(`${web('client_idle_timeout = "1s"', '["a:80"]', protocol)}[servers.web.proxy_protocol]\n${version}`);
  expect(proxied('version = "1"').input.pools!["web"]?.proxyProtocol).toBe("v1");
  for (const wrong of [proxied('version = "2"'), proxied(""), proxied('version = "1"', "udp")])
    expect(wrong.told[0]).toStartWith("error servers.web.proxy_protocol");
});

test("with a limit on a backend nobody waits for it", () => {
  expect(scene(web("", '["a:80 max_connections=2"]')).input.pools!["web"]?.queue).toEqual({ length: 0 });
});

test("names: a pool for each, and one for all others by the strategy", () => {
  const list = '["a:1 sni=A.example", "b:1 sni=b.example", "c:1"]';
  const named = (sni: string) => scene(`${web("", list)}[servers.web.sni]\n${sni}`).input;
  const usual = named("");
  expect(usual.listeners["web"]).toMatchObject({
    use: "web",
    sni: [
      { name: "a.example", use: "web.a.example" },
      { name: "b.example", use: "web.b.example" },
    ],
    timeouts: { handshake: "2s" },
  });
  expect(usual.pools!["web"]?.servers).toEqual(["c:1"]);
  expect(named('unexpected_hostname_strategy = "any"').pools!["web"]?.servers).toEqual(["a:1", "b:1", "c:1"]);
  const strict = named('unexpected_hostname_strategy = "reject"\nread_timeout = "5s"');
  expect(strict.listeners["web"]?.use).toBeUndefined();
  expect(strict.listeners["web"]?.timeouts?.handshake).toBe("5s");
  expect(Object.keys(strict.pools!)).toEqual(["web.a.example", "web.b.example"]);
});

test("without a section sni no name is looked at, and without a name there is nothing to tell", () => {
  expect(scene(web("", '["a:1 sni=a.example", "b:1"]')).input.pools!["web"]?.servers).toEqual(["a:1", "b:1"]);
  expect(scene(`${web("", '["a:1", "b:1"]')}[servers.web.sni]\n`).told).toEqual([]);
});

test("a star is no name for a client to ask for", () => {
  const { input, told } = scene(`${web("", '["a:1 sni=*.example", "b:1"]')}[servers.web.sni]\n`);
  expect(input.listeners["web"]?.sni).toBeUndefined();
  expect(told).toHaveLength(1);
});

test("a name is given out once, in characters that are allowed", () => {
  const taken = new Set<string>();
  const names = ["my web", "my-web", "ümlaut", "---", "a".repeat(80), "a".repeat(90)].map((text) =>
    freeName(text, taken),
  );
  expect(names).toEqual(["my-web", "my-web-2", "mlaut", "server", "a".repeat(64), `${"a".repeat(60)}-2`]);
});
