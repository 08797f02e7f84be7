import { expect, test } from "bun:test";
import { asked, egressPlan, egressPlay, two } from "../../../test/playbook/egresses.ts";
import { connect, established } from "../../../test/playbook/proxies.ts";
import { ok } from "../../../test/playbook/words.ts";

test("the client is told which address it was, in answers, refusals and tunnels, and never by the server", () => {
  const play = egressPlay({ egress: egressPlan(two, { isTold: true }) });
  const client = play.connect();
  client.sends(asked("a.example"));
  const server = play.accept();
  server.sends(ok("hello", "X-Egress-IP: 6.6.6.6"));
  play.expectAmong(client.gets(ok("hello", `X-Egress-IP: ${two[0]}`)));
  const tunnel = play.connect();
  tunnel.sends(connect("a.example:443"));
  play.accept();
  play.expectAmong(tunnel.gets(established.replace("\r\n\r\n", `\r\nX-Egress-IP: ${two[1]}\r\n\r\n`)));
  const other = play.connect();
  other.sends(asked("b.example"));
  play.refuse();
  play.refuse();
  expect(play.take().join()).toContain(`X-Egress-IP: ${two[1]}`);
});

test("what the server says of its address is hidden where nothing is told, too", () => {
  const play = egressPlay();
  const client = play.connect();
  client.sends(asked("a.example"));
  play.accept().sends(ok("hello", "x-egress-ip: 6.6.6.6"));
  play.expectAmong(client.gets(ok("hello")));
});
