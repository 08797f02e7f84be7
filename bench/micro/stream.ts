// What carrying costs in our own code (mode tcp): a read that is passed on, and a whole connection from accept to report. The
// shipped flows on a port that takes everything, no sockets, no kernel. Prints the nanoseconds of the best round.

import type { DialFlow, LineFlow } from "../../src/flow/port.ts";
import { Stream } from "../../src/flow/stream.ts";
import { bestOf, client, type FakePort, makeWorld, Sink } from "./world.ts";

const readsPerRound = 5_000_000;
const streamsPerRound = 200_000;
const bytes = new Uint8Array(16 * 1024);

let reports = 0;
const { context, port } = makeWorld("tcp", () => {
  reports++;
});

function open(sink: Sink): [LineFlow, DialFlow] {
  const downstream = new Stream(context, context.site.listeners[0]!, sink, client);
  const upstream = flowOf(port);
  upstream.connected(port.line);
  return [downstream, upstream];
}

function flowOf({ flow }: FakePort): DialFlow {
  return flow!;
}

function print(name: string, ns: number, unit: string): void {
  console.log(`${name.padEnd(20)} ${ns.toFixed(1).padStart(6)} ns ${unit}`);
}

const [downstream, upstream] = open(new Sink());
print(
  "up",
  bestOf(readsPerRound, () => downstream.received(bytes)),
  "a read",
);
print(
  "down",
  bestOf(readsPerRound, () => upstream.received(bytes)),
  "a read",
);
const sink = new Sink();
const whole = bestOf(streamsPerRound, () => {
  const [client, server] = open(sink);
  client.received(bytes);
  server.received(bytes);
  client.ended();
  server.ended();
});
print("connection", whole, `a stream with a read each way (${reports} reported)`);
