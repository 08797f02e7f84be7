import { expect, test } from "bun:test";
import { asked, egressPlan, egressPlay, egressProxy, got, member, told, two } from "../../../test/playbook/egresses.ts";
import { basic, socks, users } from "../../../test/playbook/proxies.ts";
import { ok } from "../../../test/playbook/words.ts";
import { Playbook } from "../../../test/playbook.ts";

const fielded = (path: string, host: string, ...fields: string[]): string =>
  `GET ${path} HTTP/1.1\r\nHost: proxy\r\nX-Egress-Host: ${host}\r\n${fields.map((each) => `${each}\r\n`).join("")}\r\n`;

test("fields name the target, its scheme and the key; they go no further", () => {
  const play = egressPlay({ proxy: { fields: true } });
  const client = play.connect();
  client.sends(fielded("/x?y", "b.example", "X-Egress-Scheme: http", "x-egress-key: k1", "Accept: a"));
  const server = play.accept();
  play.expect("dial b.example:80", server.gets("GET /x?y HTTP/1.1\r\nHost: b.example\r\nAccept: a\r\n\r\n"));
  server.sends(ok("hello"));
  play.take();
  client.sends(fielded("/x", "b.example:8443", "X-Egress-Scheme: HTTPS"));
  expect(play.dialed.tls).toMatchObject({ serverName: "b.example", verify: true });
  expect(play.dialed.address).toMatchObject({ port: 8443 });
  expect(told(play, play.dialed.source === two[0] ? two[1] : two[0])).toEqual(["b.example 200 k1"]);
});

test("fields name the target over a whole URL too, and are refused for it as they are otherwise", () => {
  const play = egressPlay({ proxy: { fields: true } });
  const whole = (target: string, ...fields: string[]): string =>
    `GET ${target} HTTP/1.1\r\nHost: a.example\r\n${fields.map((each) => `${each}\r\n`).join("")}\r\n`;
  play.connect().sends(whole("http://a.example/x?y", "X-Egress-Host: b.example:8080", "Accept: a"));
  const server = play.accept();
  play.expect("dial b.example:8080", server.gets("GET /x?y HTTP/1.1\r\nHost: b.example:8080\r\nAccept: a\r\n\r\n"));
  server.sends(ok("hello"));
  play.take();
  for (const [index, target] of ["http://a.example", "https://a.example:81/", "HTTP://a.example?q"].entries()) {
    const path = ["/", "/", "/?q"][index]!;
    play.connect().sends(whole(target, "X-Egress-Host: b.example", "X-Egress-Scheme: https"));
    expect([index, play.dialed.tls?.serverName, play.dialed.address]).toMatchObject([
      index,
      "b.example",
      { port: 443 },
    ]);
    const secure = play.accept();
    play.expect("dial b.example:443", secure.gets(`GET ${path} HTTP/1.1\r\nHost: b.example\r\n\r\n`));
    secure.sends("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
    play.take();
  }
  play.connect().sends(whole("http://a.example/", "X-Egress-Host: 127.0.0.1"));
  play.expectAmong("report 403 target_denied");
  play.connect().sends(whole("http://a.example/", "X-Egress-Scheme: https"));
  play.expectAmong("report 400 no_target");
  play.connect().sends(whole("http://a.example/", "X-Egress-Host: b.example", "X-Egress-Scheme: ftp"));
  play.expectAmong("report 400 bad_target");
});

test("fields do not name where a tunnel goes, nor where fields are not taken", () => {
  const play = egressPlay({ proxy: { fields: true } });
  play.connect().sends("CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\nX-Egress-Host: 127.0.0.1\r\n\r\n");
  expect(play.dialed.address).toMatchObject({ host: "8.8.8.8", port: 443 });
  const other = egressPlay();
  other.connect().sends(asked("a.example", "X-Egress-Host: b.example", "X-Egress-Scheme: https"));
  expect(other.dialed.address).toMatchObject({ host: "8.8.8.8", port: 80 });
});

test("fields that only look like these to an nginx go no further either, and name nothing", () => {
  const play = egressPlay({ proxy: { fields: true } });
  const alike = ["X_Egress_Host: 10.0.0.1", "x-egress_host: 10.0.0.1", "X_Egress-Key: k", "X_EGRESS_SCHEME: https"];
  play.connect().sends(asked("b.example", ...alike, "Accept: a"));
  play.take();
  const server = play.accept();
  play.expect(server.gets("GET /x HTTP/1.1\r\nHost: b.example\r\nAccept: a\r\n\r\n"));
  play.connect().sends("GET / HTTP/1.1\r\nHost: proxy\r\nX_Egress_Host: b.example\r\n\r\n");
  play.expectAmong("report 400 no_target");
});

test("fields that name no target, or none that can be understood, are refused before anybody is looked for", () => {
  const play = egressPlay({ proxy: { fields: true } });
  const bad = ["a b", "http://b.example", "b.example:0", "b.example/x"];
  for (const host of bad) {
    play.connect().sends(fielded("/", host));
    play.expectAmong("report 400 bad_target");
  }
  play.connect().sends(fielded("/", "b.example", "X-Egress-Scheme: ftp"));
  play.expectAmong("report 400 bad_target");
  play.connect().sends(fielded("/", "b.example", "X-Egress-Host: a.example"));
  play.expectAmong("report 400 bad_target");
  play.connect().sends("GET / HTTP/1.1\r\nHost: proxy\r\nX-Egress-Scheme: http\r\n\r\n");
  play.expectAmong("report 400 no_target");
  play.connect().sends("GET / HTTP/1.1\r\nHost: proxy\r\n\r\n");
  play.expectAmong("report 400 no_target");
  play.connect().sends(fielded("/", "127.0.0.1"));
  play.expectAmong("report 403 target_denied");
});

test("where fields are not taken they name nothing, but a key is a key, and goes no further", () => {
  const play = egressPlay();
  play.connect().sends(fielded("/", "b.example"));
  play.expectAmong("report 400 no_target");
  const client = play.connect();
  client.sends(asked("b.example", "X-Egress-Key: k1", "X-Egress-Host: c.example"));
  const server = play.accept();
  play.expect("dial b.example:80", server.gets(got("b.example")));
});

test("the same key is given the same address, by field or behind the user's name, in HTTP and SOCKS5", () => {
  const members = Array.from({ length: 20 }, (_, index) => `192.0.2.${index + 1}`);
  const play = egressPlay({ egress: egressPlan(members), auth: users(["anna", "{PLAIN}x"]), proxy: { socks: true } });
  const sources = new Set<string>();
  for (let turn = 0; turn < 3; turn++) {
    const client = play.connect();
    client.sends(asked("b.example", `Proxy-Authorization: ${basic("anna-session-k1:x")}`));
    sources.add(play.dialed.source);
    const server = play.accept();
    expect(play.take().join()).not.toContain("anna");
    server.closes();
    play.take();
    while (play.dialing > 0) play.accept().closes();
  }
  const client = play.connect();
  client.sends(socks.greeting(2));
  client.sends(socks.credentials("anna-session-k1", "x"));
  client.sends(socks.name("b.example", 443));
  sources.add(play.dialed.source);
  expect(sources.size).toBe(1);
});

test("tags behind the user's name choose among those that have them; what nobody has is refused with its name", () => {
  const egress = egressPlan([member("192.0.2.11", { country: "de" }), member("192.0.2.12", { country: "fr" })]);
  let said = "";
  const options = egressProxy({ egress, auth: users(["anna", "{PLAIN}x"]) });
  const play = new Playbook(options, (exchange) => {
    said = `${exchange.user} ${exchange.fault?.detail ?? ""}`;
  });
  play.names.set("b.example", ["8.8.8.9"]);
  const ask = (name: string): void => {
    play.connect().sends(asked("b.example", `Proxy-Authorization: ${basic(`${name}:x`)}`));
  };
  for (let turn = 0; turn < 3; turn++) {
    ask("anna-country-FR");
    expect(play.dialed.source).toBe("192.0.2.12");
    play.accept();
  }
  play.take();
  ask("anna-country-it");
  play.expectAmong("report 502 egress_unfit");
  expect(said).toBe("anna no outbound address of the pool has country=it and an IPv4 address");
  ask("anna-country");
  play.expectAmong("report 502 egress_unfit");
  ask("bert-country-de");
  play.expectAmong("report 407 proxy_unauthorized");
  ask("anna");
  expect(play.dialing).toBe(1);
});

test("a quota is each user's, and what is over is answered 429 with the time until the next period", () => {
  const egress = egressPlan(two, { quota: { requestsMax: 1, bytesMax: 0, periodMs: 60_000 } });
  const play = egressPlay({ egress, auth: users(["anna", "{PLAIN}x"], ["bert", "{PLAIN}y"]) });
  const ask = (credentials: string): void => {
    play.connect().sends(asked("b.example", `Proxy-Authorization: ${basic(credentials)}`));
  };
  ask("anna:x");
  play.accept();
  play.take();
  play.pass(10_000);
  ask("anna:x");
  expect(play.take().join()).toMatch(/429 Too Many Requests.*Retry-After: 50.*report 429 quota_exceeded/);
  ask("bert:y");
  expect(play.dialing).toBe(1);
});

test("an address only asks addresses of its family, and one that fits is looked for", () => {
  const play = egressPlay({ egress: egressPlan(["192.0.2.11", "2001:db8::1"]) });
  play.names.set("four.example", ["8.8.8.8"]);
  play.names.set("six.example", ["2600::1"]);
  play.names.set("both.example", ["2600::1", "8.8.8.8"]);
  for (let turn = 0; turn < 3; turn++) {
    play.connect().sends(asked("four.example"));
    expect(play.dialed.source).toBe("192.0.2.11");
    play.accept();
    play.connect().sends(asked("six.example"));
    expect([play.dialed.source, play.dialed.address]).toEqual([
      "2001:db8::1",
      { kind: "tcp", host: "2600::1", port: 80 },
    ]);
    play.accept();
    play.connect().sends(asked("both.example"));
    expect(play.dialed.source.includes(":")).toBe((play.dialed.address as { host: string }).host.includes(":"));
    play.accept();
  }
  const four = egressPlay({ egress: egressPlan(two) });
  four.names.set("six.example", ["2600::1"]);
  four.connect().sends(asked("six.example"));
  four.expectAmong("report 502 egress_unfit");
  four.expectNothingLeftBut(1);
});

test("names are looked up before an address is chosen, and what leads to private addresses is denied", () => {
  const play = new Playbook(egressProxy({ egress: egressPlan(two) }));
  const client = play.connect();
  client.sends(asked("c.example"));
  play.expect("resolve c.example");
  play.resolved("10.0.0.1");
  play.expectAmong("report 403 target_denied");
  client.sends(asked("c.example"));
  play.resolved("8.8.8.8");
  play.expectAmong("dial c.example:80");
  play.accept();
  const other = play.connect();
  other.sends(asked("d.example"));
  play.resolved();
  play.expectAmong("report 502 name_unresolved");
  other.sends(asked("d.example"));
  play.pass(5_200);
  play.expectAmong("report 504 resolve_timeout");
});
