import { expect, test } from "bun:test";
import { asked, egressPlan, egressPlay, egressProxy, member, two } from "../../../test/playbook/egresses.ts";
import { Place } from "../../../test/playbook/place.ts";
import { ok } from "../../../test/playbook/words.ts";

test("a live request with the debug token is told who was chosen and who was passed over", () => {
  const egress = egressPlan([...two, "192.0.2.13"]);
  const play = egressPlay({ egress, debugToken: "secret" });
  const [banned] = two;
  play.context.site.egresses[0]!.pool.ban(banned, 0, "test", play.wallMs);
  const client = play.connect();
  const limited = asked("b.example");
  client.sends(limited);
  play.accept().sends("HTTP/1.1 429 Slow\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  play.take();
  client.sends(asked("b.example", "Sluice-Debug: secret"));
  play.accept().sends(ok("hello"));
  const said = play.take().join();
  expect(said).toContain("Sluice-Trace: egress out: 3 members, for b.example");
  expect(said).toContain("it is its turn among 2");
  expect(said).toContain("passed over: 1 is banned, 1 is cooling down at b.example");
});

test("a refusal says why there is none", () => {
  const play = egressPlay({ egress: egressPlan(["192.0.2.11"]), debugToken: "secret" });
  play.context.site.egresses[0]!.pool.ban("192.0.2.11", 0, "test", play.wallMs);
  play.connect().sends(asked("b.example", "Sluice-Debug: secret", "X-Egress-Key: k1"));
  const said = play.take().join();
  expect(said).toContain("egress out: 1 member, for b.example, wished for key k1");
  expect(said).toContain("no member: none is available");
  expect(said).toContain("passed over: 1 is banned");
});

test("an explanation plays the choice, and changes nothing", () => {
  const egress = egressPlan([member("192.0.2.11"), member("2001:db8::1")]);
  const place = new Place(egressProxy({ egress }));
  const explanation = place.ask({ url: "http://a.example/", method: "GET" });
  expect(explanation.egress).toMatchObject([{ pool: "out", host: "a.example", members: 2, passedOver: [] }]);
  expect(explanation.outcome.status).toBe(200);
});
