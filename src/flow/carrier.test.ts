import { expect, test } from "bun:test";
import { carrying } from "../../test/playbook/streams.ts";
import { Playbook } from "../../test/playbook.ts";
import { serverCell, workerCell } from "../memory/tally.ts";

// What test/playbook/stream*.test.ts does not look at: what is counted of the connection to a server.

const counted = ({ totals }: Playbook): number[] => [
  totals.server(0, serverCell.connects),
  totals.server(0, serverCell.open),
  totals.worker(workerCell.upstreamConnections),
];

test("a connection is open from when it stands to when it goes, however that comes about", () => {
  const ends: ((play: Playbook) => void)[] = [(play) => play.cut(), (play) => play.pass(400_000)];
  for (const end of ends) {
    const play = new Playbook(carrying());
    play.connect();
    expect(counted(play)).toEqual([0, 0, 0]);
    play.accept();
    expect(counted(play)).toEqual([1, 1, 1]);
    end(play);
    expect(counted(play)).toEqual([1, 0, 0]);
  }
});

test("a connection that the server has closed is not open while the client still takes its bytes", () => {
  const play = new Playbook(carrying());
  const client = play.connect();
  const server = play.accept();
  client.ends();
  client.isFull = true;
  server.sends("much");
  server.closes(false);
  expect(counted(play)).toEqual([1, 0, 0]);
  client.drains();
  expect(counted(play)).toEqual([1, 0, 0]);
  play.expectNothingLeft();
});

test("a connection that comes too late was never one, and its time is no one's", () => {
  const play = new Playbook(carrying());
  play.connect().closes(true);
  play.pass(100);
  play.accept();
  expect(counted(play)).toEqual([0, 0, 0]);
  expect(play.totals.server(0, serverCell.connectSum)).toBe(0);
});

test("the time until it stands is measured for each try", () => {
  const play = new Playbook(carrying({ servers: ["one", "two"] }));
  play.connect();
  play.pass(300);
  play.refuse();
  play.pass(200);
  play.accept();
  expect(play.totals.server(0, serverCell.connectSum)).toBe(0);
  expect(play.totals.server(1, serverCell.connectSum)).toBeCloseTo(0.2);
});
