import { expect, test } from "bun:test";
import { get } from "../../test/playbook/words.ts";
import { Playbook } from "../../test/playbook.ts";
import { listenerCell, routeCell, serverCell } from "../memory/tally.ts";

// What is counted; test/playbook/tunnel.test.ts has the conversations.

const agreed = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";

function upgraded() {
  const sizes: number[][] = [];
  const play = new Playbook({}, (exchange) => sizes.push([exchange.requestBytes, exchange.responseBytesSent]));
  const client = play.connect();
  client.sends(get("/", "Upgrade: websocket", "Connection: Upgrade"));
  const server = play.accept();
  server.sends(agreed);
  const counted = (): number[] => [
    play.totals.listener(0, listenerCell.bytesSent),
    play.totals.server(0, serverCell.bytesSent),
  ];
  return { play, client, server, sizes, counted };
}

test("bytes count as the exchange's, and for listener and server, as long as they have somewhere to go", () => {
  const { client, server, sizes, counted } = upgraded();
  const before = counted();
  client.sends("12345");
  server.sends("1234567");
  expect(counted()).toEqual([before[0]! + 7, before[1]! + 5]);
  client.ends();
  server.ends();
  expect(sizes).toEqual([[5, 7]]);
});

test("bytes for a side that is gone end the tunnel by a reset, and are not counted", () => {
  const up = upgraded();
  up.play.take();
  up.server.closes(false);
  up.client.sends("anybody there?");
  up.play.expect(up.client.is("ended"), "report 101 server_reset", up.client.is("reset"));
  expect(up.sizes).toEqual([[0, 0]]);
  const down = upgraded();
  down.play.take();
  down.client.closes(false);
  down.server.sends("anybody there?");
  down.play.expect(down.server.is("ended"), down.server.is("reset"), "report 101 client_closed");
  expect(down.sizes).toEqual([[0, 0]]);
  down.play.expectNothingLeft();
});

test("whichever way a side leaves, it has been answered: the end is told, and counted as no failure", () => {
  const counts = (play: Playbook): number[] =>
    (["status1xx", "served", "aborted", "cut", "dropped", "failed"] as const).map((cell) =>
      play.totals.route(0, routeCell[cell]),
    );
  const byServer = upgraded();
  byServer.server.closes(true);
  byServer.play.expectAmong("report 101 server_reset");
  const byClient = upgraded();
  byClient.client.closes(true);
  byClient.play.expectAmong("report 101 client_closed");
  const byNobody = upgraded();
  byNobody.play.pass(4_000_000);
  byNobody.play.expectAmong("report 101 tunnel_idle");
  for (const { play } of [byServer, byClient, byNobody]) expect(counts(play)).toEqual([1, 1, 0, 0, 0, 0]);
  const cut = upgraded();
  cut.play.drain();
  cut.play.cut();
  cut.play.expectAmong("report 101 draining");
  expect(counts(cut.play)).toEqual([0, 0, 1, 1, 0, 1]);
});
