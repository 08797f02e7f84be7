import { expect, test } from "bun:test";
import { carried } from "./streams.ts";

const none = { clientIdleMs: 0, tunnelMs: 0 };

test("without limits a stream may be silent for as long as it likes", () => {
  const { play, client, server } = carried({ downstream: none });
  play.pass(3_600_000);
  client.sends("still here");
  play.expect(server.gets("still here"));
});

test("a silent client is let go after its time, whatever the server says", () => {
  const { play, client, server } = carried({ downstream: { ...none, clientIdleMs: 5_000 } });
  play.pass(3_000);
  client.sends("ping");
  play.pass(3_000);
  server.sends("tick");
  play.take();
  play.pass(1_900);
  play.expect();
  play.pass(200);
  play.expect(server.is("reset"), client.is("reset"), "report 4 up 4 down client_idle");
  play.expectNothingLeft();
});

test("a silent server is let go after its time, whatever the client says", () => {
  const { play, client, server } = carried({ downstream: none, upstream: { serverIdleMs: 5_000 } });
  play.pass(3_000);
  server.sends("tick");
  play.pass(4_900);
  client.sends("ping");
  play.take();
  play.pass(200);
  play.expect(server.is("reset"), client.is("reset"), "report 4 up 4 down server_idle");
});

test("a server that never says anything is silent from the moment it accepted", () => {
  const { play, client, server } = carried({ downstream: none, upstream: { serverIdleMs: 5_000 } });
  play.pass(5_100);
  play.expect(server.is("reset"), client.is("reset"), "report 0 up 0 down server_idle");
});

test("a stream in which neither side speaks is let go; either side keeps it", () => {
  const { play, client, server } = carried({ downstream: { ...none, tunnelMs: 5_000 } });
  play.pass(4_000);
  client.sends("ping");
  play.pass(4_000);
  server.sends("pong");
  play.take();
  play.pass(4_900);
  play.expect();
  play.pass(200);
  play.expect(server.is("reset"), client.is("reset"), "report 4 up 4 down tunnel_idle");
});

test("a client that takes of what is held for it, however slowly, is not silent", () => {
  const { play, client, server } = carried({ downstream: { clientIdleMs: 5_000, tunnelMs: 5_000 } });
  client.isFull = true;
  server.sends("x".repeat(100));
  play.take();
  for (let rest = 0; rest < 6; rest++) {
    play.pass(4_000);
    client.drains(10);
    play.expect();
  }
  play.pass(11_000);
  play.expect(server.is("reset"), client.is("reset"), "report 0 up 100 down client_idle");
});

test("a server that takes of what is held for it, however slowly, is not silent", () => {
  const { play, client, server } = carried({ downstream: none, upstream: { serverIdleMs: 5_000 } });
  server.isFull = true;
  client.sends("x".repeat(100));
  play.take();
  for (let rest = 0; rest < 6; rest++) {
    play.pass(4_000);
    server.drains(10);
    play.expect();
  }
  play.pass(11_000);
  play.expect(server.is("reset"), client.is("reset"), "report 100 up 0 down server_idle");
});

test("who is not read is not blamed for silence, and begins anew when it is read again", () => {
  const { play, client, server } = carried({ downstream: { ...none, clientIdleMs: 5_000 } });
  server.isFull = true;
  client.sends("much");
  play.take();
  play.pass(20_000);
  play.expect();
  server.drains();
  play.expect(client.is("resumed"));
  play.pass(4_900);
  play.expect();
  play.pass(5_200);
  play.expect(server.is("reset"), client.is("reset"), "report 4 up 0 down client_idle");
});

test("the same for a server that is not read", () => {
  const { play, client, server } = carried({ downstream: none, upstream: { serverIdleMs: 5_000 } });
  client.isFull = true;
  server.sends("much");
  play.take();
  play.pass(20_000);
  play.expect();
  client.drains();
  play.expect(server.is("resumed"));
  play.pass(4_900);
  play.expect();
  play.pass(5_200);
  play.expect(server.is("reset"), client.is("reset"), "report 0 up 4 down server_idle");
});

test("a server that takes nothing is the silent one, not the client that waits for it", () => {
  const { play, client, server } = carried({
    downstream: { ...none, clientIdleMs: 5_000 },
    upstream: { serverIdleMs: 5_000 },
  });
  server.isFull = true;
  client.sends("much");
  play.take();
  play.pass(11_000);
  play.expect(server.is("reset"), client.is("reset"), "report 4 up 0 down server_idle");
});

test("a side that has ended cannot be silent: what the other says may take its time", () => {
  const { play, client, server } = carried({ downstream: { clientIdleMs: 2_000, tunnelMs: 5_000 } });
  client.ends();
  play.take();
  for (let part = 0; part < 4; part++) {
    play.pass(4_000);
    server.sends("part");
    play.expect(client.gets("part"));
  }
  server.ends();
  play.expect(server.is("destroyed"), client.is("destroyed"), "report 0 up 16 down");
});

test("behind the FIN of one side the time of the other still runs", () => {
  const one = carried({ downstream: none, upstream: { serverIdleMs: 5_000 } });
  one.client.ends();
  one.play.take();
  one.play.pass(5_100);
  one.play.expect(one.server.is("reset"), one.client.is("reset"), "report 0 up 0 down server_idle");
  const other = carried({ downstream: { ...none, clientIdleMs: 5_000 } });
  other.server.ends();
  other.play.take();
  other.play.pass(5_100);
  other.play.expect(other.server.is("reset"), other.client.is("reset"), "report 0 up 0 down client_idle");
  other.play.expectNothingLeft();
});

test("behind the FIN of one side the silence of both still runs", () => {
  const { play, client, server } = carried({ downstream: { clientIdleMs: 2_000, tunnelMs: 5_000 } });
  client.ends();
  play.take();
  play.pass(5_200);
  play.expect(server.is("reset"), client.is("reset"), "report 0 up 0 down tunnel_idle");
});

test("what is held for a client that has gone without taking it is let go with the stream", () => {
  const { play, client, server } = carried({ downstream: { clientIdleMs: 5_000, tunnelMs: 0 } });
  client.ends();
  client.isFull = true;
  server.sends("last words");
  server.ends();
  play.take();
  play.pass(11_000);
  play.expect(server.is("reset"), client.is("reset"), "report 0 up 10 down client_idle");
  play.expectNothingLeft();
});

test("a side that is gone is not waited for, the other is", () => {
  const { play, client, server } = carried({ downstream: none, upstream: { serverIdleMs: 5_000 } });
  client.closes(false);
  play.expect(server.is("ended"));
  play.pass(5_100);
  play.expect(server.is("reset"), "report 0 up 0 down server_idle");
  play.expectNothingLeft();
});

test("traffic sets no timers: the one deadline is looked at when it has come", () => {
  const { play, client, server } = carried({ downstream: { clientIdleMs: 5_000, tunnelMs: 0 } });
  const stream = [...play.context.downstreams][0] as unknown as { deadlineMs: number };
  const before = stream.deadlineMs;
  for (let read = 0; read < 3; read++) {
    play.pass(1_000);
    client.sends("x");
    server.sends("y");
  }
  expect(stream.deadlineMs).toBe(before);
});
