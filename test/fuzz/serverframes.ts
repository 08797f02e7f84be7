// What must hold of whatever a server that is asked by HTTP/2 says: nothing throws; the client, which speaks HTTP/1.1, is sent whole answers or
// sees that they are not; how the bytes were cut changes none of it; and what is asked, however it was written, is the request that it was.

import { Prng } from "../../src/base/prng.ts";
import { Head } from "../../src/wire/http1/head.ts";
import { parseRequest } from "../../src/wire/http1/reader.ts";
import { Output } from "../../src/wire/http1/writer.ts";
import { HpackDecoder } from "../../src/wire/http2/hpack/decoder.ts";
import { FieldSection } from "../../src/wire/http2/hpack/fieldsection.ts";
import { putRequestHead } from "../../src/wire/http2/requestfields.ts";
import { block, type Field } from "../e2e/harness/http2/fields.ts";
import {
  data,
  Flag,
  frame,
  goaway,
  headers,
  ping,
  resetStream,
  Setting,
  settings,
  settingsAck,
  Type,
  windowUpdate,
} from "../e2e/harness/http2/frames.ts";
import { Playbook } from "../playbook.ts";
import { Malformed, MessageReader } from "../sim/message.ts";
import { Disagreement, show } from "./codec.ts";
import { gotBy } from "./flows.ts";
import { fieldsOf } from "./hpack.ts";
import type { Inputs } from "./inputs.ts";
import { pick, spoiled, withAnother } from "./madeframes.ts";

const whole = Flag.endHeaders | Flag.endStream;

const fields: readonly Field[] = [
  [":status", "200"],
  [":status", "404"],
  [":status", "103"],
  [":status", "101"],
  [":status", "204"],
  [":status", "20"],
  ["content-length", "3"],
  ["content-length", "0"],
  ["content-length", "03"],
  ["x", "y"],
  ["x", ""],
  ["x", "a\r\nb: c"],
  ["X", "y"],
  ["connection", "close"],
  ["transfer-encoding", "chunked"],
  ["trailer", "x-sum"],
  ["grpc-status", "0"],
];

/** Nearly what a server may say to one request. */
function makeAnswer(prng: Prng): Uint8Array {
  const status: Field = prng.below(8) === 0 ? pick(prng, fields) : [":status", "200"];
  const own = Array.from({ length: prng.below(4) }, () =>
    prng.below(6) === 0 ? pick(prng, fields) : (["x", "y"] as const),
  );
  const contents = Array.from({ length: prng.below(4) }, () => "abcdefgh".slice(0, prng.below(8)));
  const length = contents.join("").length;
  if (prng.below(3) === 0) own.push(["content-length", String(length + (prng.below(6) === 0 ? 1 : 0))]);
  const isAll = contents.length === 0 && prng.below(2) === 0;
  const parts: Uint8Array[] = [settings([Setting.maxConcurrentStreams, pick(prng, [0, 1, 100])]), settingsAck];
  if (prng.below(12) === 0) parts.push(pick(prng, [goaway(0), resetStream(1, 7)]));
  if (prng.below(6) === 0) parts.push(headers(1, block([":status", "103"])));
  parts.push(headers(1, block(status, ...own), isAll ? whole : Flag.endHeaders));
  const end = prng.below(3);
  for (const [index, content] of contents.entries()) {
    if (prng.below(5) === 0) parts.push(makeOther(prng));
    parts.push(data(1, content, end === 0 && index === contents.length - 1));
  }
  if (end === 1 && !isAll) parts.push(data(1, "", true));
  if (end === 2 && !isAll)
    parts.push(headers(1, block(prng.below(6) === 0 ? pick(prng, fields) : ["x-sum", "1"]), whole));
  let at = 0;
  const ends = parts.map((part) => (at += part.length));
  const bytes = Uint8Array.from(Buffer.concat(parts));
  return prng.below(2) === 0 ? bytes : spoiled(prng, withAnother(prng, { bytes, lines: [], ends }));
}

function makeOther(prng: Prng): Uint8Array {
  return pick(prng, [
    ping(),
    settings([Setting.initialWindowSize, prng.below(100_000)]),
    windowUpdate(prng.below(3), prng.below(1000)),
    frame(77, 0, 1, Buffer.from("x")),
    frame(Type.priority, 0, 1, Buffer.alloc(5)),
    goaway(pick(prng, [0, 1, 2 ** 31 - 1])),
    resetStream(1, prng.below(14)),
  ]);
}

/** Bytes of a server. */
export function checkServerFrames(inputs: Inputs): string {
  const bytes = makeAnswer(new Prng(inputs.choice(2 ** 31)));
  const all = answered(bytes, [bytes.length]);
  const pieces = answered(bytes, inputs.cuts(bytes.length));
  if (all !== pieces) throw new Disagreement(`${hexOf(bytes)}: as a whole ${all}, in pieces ${pieces}`);
  return all;
}

function answered(bytes: Uint8Array, cuts: readonly number[]): string {
  const play = new Playbook({
    server: { isHttp2: true },
    pool: { retries: 0 },
    limits: { headBytesMax: 1_000, fieldsMax: 20 },
  });
  const client = play.connect();
  client.sends("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  const server = play.accept();
  play.take();
  let at = 0;
  for (const cut of cuts) {
    if (server.flow === null) break;
    server.sends(Buffer.from(bytes.subarray(at, cut)).toString("latin1"));
    at = cut;
  }
  if (server.flow !== null) server.ends();
  play.turn();
  if (play.dialing > 0) return "asked again";
  return judged(bytes, play.take(), client);
}

function judged(bytes: Uint8Array, said: readonly string[], client: ReturnType<Playbook["connect"]>): string {
  const reader = new MessageReader(true);
  const messages: string[] = [];
  reader.onMessage = ({ start, body, trailers }) =>
    messages.push(`${start[1]} ${Buffer.from(body).toString("latin1")} ${JSON.stringify(trailers)}`);
  try {
    for (const line of said) reader.feed(Buffer.from(gotBy(line, client) ?? "", "latin1"));
  } catch (error) {
    if (error instanceof Malformed) throw new Disagreement(`${hexOf(bytes)} was passed on malformed: ${error.message}`);
    throw error;
  }
  const isBroken = said.includes(client.is("reset"));
  if (messages.length > 1) throw new Disagreement(`${hexOf(bytes)} became ${messages.length} answers`);
  if ((messages.length === 1) === isBroken)
    throw new Disagreement(`${hexOf(bytes)} was ${isBroken ? "answered and" : "neither answered nor"} broken off`);
  return isBroken || messages[0]!.startsWith("502") ? "no good" : messages[0]!;
}

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const head = new Head(12);
const section = new FieldSection(100, 64 * 1024);

/** A request, as a server that is asked by HTTP/2 reads it. */
export function checkAsked(inputs: Inputs): void {
  const text = inputs.request();
  const bytes = Uint8Array.from(Buffer.from(text, "latin1"));
  if (parseRequest(head, bytes, 0, bytes.length, 1_000) < 0) return;
  const output = new Output(1);
  if (!putRequestHead(output, head, false)) return;
  if (!new HpackDecoder(4096).decode(output.bytes, 0, output.length, section))
    throw new Disagreement(`${show(text)} became no header block`);
  const read = fieldsOf(section);
  const [method, target] = text.replace(/^(\r\n)+/, "").split(" ");
  const value = (name: string): string | undefined => read.find(([other]) => other === name)?.[1];
  if (value(":method") !== method || value(":path") !== target || value(":scheme") !== "http")
    throw new Disagreement(`${show(text)} became ${JSON.stringify(read)}`);
  for (const [name, content] of read)
    if (/[A-Z]/.test(name) || /[\r\n\0]/.test(content) || name === "connection" || name === "transfer-encoding")
      throw new Disagreement(`${show(text)} has the field ${name}`);
}
