// What must hold of whole flows for any bytes of a client or a server: nothing throws; what a server is sent reads, for the
// strict parser of the simulator, as whole requests one after the other; what a client is sent reads as whole answers, unless
// its connection visibly breaks; and how the bytes were cut changes none of it.

import type { Actor } from "../playbook/actor.ts";
import { Playbook } from "../playbook.ts";
import { Malformed, MessageReader } from "../sim/message.ts";
import { Disagreement, show } from "./codec.ts";
import type { Inputs } from "./inputs.ts";

/** Bytes of a client, answered by a good server. */
export function checkClient(inputs: Inputs): void {
  // A head that comes in pieces is judged anew only where a line has ended.
  const text = `${inputs.request()}\n`;
  const whole = converse(text, [text.length]);
  const pieces = converse(text, inputs.cuts(text.length));
  if (whole.isRefused || pieces.isRefused) {
    // What came before an offence may have gone on when it came alone; the offence is the same.
    if (whole.reports !== pieces.reports)
      throw new Disagreement(`${show(text)}: as a whole ${whole.reports}, in pieces ${pieces.reports}`);
    return;
  }
  if (whole.passed !== pieces.passed || whole.reports !== pieces.reports)
    throw new Disagreement(`${show(text)}: as a whole ${JSON.stringify(whole)}, in pieces ${JSON.stringify(pieces)}`);
}

interface Conversation {
  readonly passed: string;
  readonly reports: string;
  readonly isRefused: boolean;
}

function converse(text: string, cuts: readonly number[]): Conversation {
  const play = new Playbook({ limits: { headBytesMax: 1_000, fieldsMax: 20 } });
  const client = play.connect();
  const reports: string[] = [];
  let passed = "";
  let server: Actor | null = null;
  let reader = new MessageReader(false);
  const settle = (): void => {
    for (let said = play.take(); said.length > 0; said = play.take()) {
      for (const line of said) {
        if (line.startsWith("report ")) reports.push(line);
        const bytes = gotBy(line, server);
        if (bytes !== null) {
          passed += bytes;
          read(text, reader, bytes);
        }
        if (line.startsWith("dial ")) {
          reader = new MessageReader(false);
          server = play.accept();
          reader.onMessage = (message) => answerLater(server!, message.start[0], answers);
        }
      }
      for (const answer of answers.splice(0)) answer();
    }
  };
  const answers: (() => void)[] = [];
  let at = 0;
  for (const cut of cuts) {
    if (client.flow === null) break;
    client.sends(text.slice(at, cut));
    at = cut;
    settle();
  }
  return { passed, reports: reports.join(), isRefused: reports.some((line) => !line.startsWith("report 200")) };
}

/** The server answers once the flow has said all it had to say. */
function answerLater(server: Actor, requestMethod: string, answers: (() => void)[]): void {
  answers.push(() => {
    if (server.flow !== null)
      server.sends(`HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n${requestMethod === "HEAD" ? "" : "a"}`);
  });
}

/** Bytes that are sent to this one, by a line of the playbook; null when it says something else. */
export function gotBy(line: string, actor: Actor | null): string | null {
  const mark = actor === null ? "" : `${actor.name} gets `;
  return actor !== null && line.startsWith(mark) ? JSON.parse(`"${line.slice(mark.length)}"`) : null;
}

function read(text: string, reader: MessageReader, bytes: string): void {
  try {
    reader.feed(Buffer.from(bytes, "latin1"));
  } catch (error) {
    if (error instanceof Malformed) throw new Disagreement(`${show(text)} was passed on malformed: ${error.message}`);
    throw error;
  }
}

/** Bytes of a server, for a good client. */
export function checkServer(inputs: Inputs): void {
  const text = inputs.response();
  const whole = answered(text, [text.length]);
  const pieces = answered(text, inputs.cuts(text.length));
  if (whole !== pieces) throw new Disagreement(`${show(text)}: as a whole ${whole}, in pieces ${pieces}`);
}

function answered(text: string, cuts: readonly number[]): string {
  const play = new Playbook({ limits: { headBytesMax: 1_000, fieldsMax: 20 } });
  const client = play.connect();
  client.sends("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  const server = play.accept();
  play.take();
  let at = 0;
  for (const cut of cuts) {
    if (server.flow === null) break;
    server.sends(text.slice(at, cut));
    at = cut;
  }
  if (server.flow !== null) server.ends();
  const said = play.take();
  const reader = new MessageReader(true);
  const messages: string[] = [];
  reader.onMessage = (message) => messages.push(`${message.start[1]} ${Buffer.from(message.body).toString("latin1")}`);
  for (const line of said) {
    const bytes = gotBy(line, client);
    if (bytes !== null) read(text, reader, bytes);
  }
  const isBroken = said.includes(client.is("reset"));
  if (messages.length > 1) throw new Disagreement(`${show(text)} became ${messages.length} answers`);
  if (messages.length === 0 && !isBroken) throw new Disagreement(`${show(text)} was neither answered nor broken off`);
  if (isBroken && messages.length > 0) throw new Disagreement(`${show(text)} was answered and broken off`);
  // Where an answer breaks off, how much of it went before depends on how it came; and a malformed head that is followed by
  // its connection's end may be told in either of two ways.
  return isBroken || messages[0]!.startsWith("502") ? "no good" : messages[0]!;
}
