// What must hold of SOCKS5 and of CONNECT for any bytes of a client: nothing throws; how they were cut changes neither what is dialed nor
// what the client and the target are sent; nothing is dialed that may not be asked for; and what the target gets is what came behind
// the request, to the byte.

import ipaddr from "ipaddr.js";
import { parseSocksCredentials, parseSocksGreeting, parseSocksRequest } from "../../src/wire/socks.ts";
import type { Actor } from "../playbook/actor.ts";
import { proxyPlan, socks, users } from "../playbook/proxies.ts";
import { Playbook } from "../playbook.ts";
import { Disagreement, show } from "./codec.ts";
import { gotBy } from "./flows.ts";
import type { Inputs } from "./inputs.ts";

type Parse = (bytes: Uint8Array, start: number, end: number) => { readonly kind: string };

const hosts = ["a.example", "8.8.8.8", "127.0.0.1", "0x7f.1", "[::1]", "[2600::1]", "localhost", "a..b", "1.2.3", ""];
const ports = ["443", "80", "0", "65536", "", "8x"];

/** Each message alone: once it is decided, it stays so, and nothing before that was. */
export function checkSocksCodec(inputs: Inputs): void {
  const text = mangled(inputs, handshake(inputs, true));
  const bytes = Uint8Array.from(Buffer.from(text, "latin1"));
  for (const parse of [parseSocksGreeting, parseSocksCredentials, parseSocksRequest] as const) {
    const whole = JSON.stringify(parse(bytes, 0, bytes.length));
    let isDecided = false;
    for (let length = 0; length <= bytes.length; length++) {
      const verdict = JSON.stringify((parse as Parse)(bytes, 0, length));
      if (!isDecided && verdict === '{"kind":"more"}') continue;
      if (verdict !== whole)
        throw new Disagreement(`${show(text)}: after ${length} bytes ${verdict}, as a whole ${whole}`);
      isDecided = true;
    }
  }
}

/** A whole connection. */
export function checkProxy(inputs: Inputs): void {
  const isGuarded = inputs.choice(2) === 0;
  const isSocks = inputs.choice(2) === 0;
  const first = isSocks ? handshake(inputs, isGuarded) : connectLine(inputs);
  const text = `${mangled(inputs, first)}behind\n`;
  const whole = converse(text, [text.length], isGuarded);
  const pieces = converse(text, inputs.cuts(text.length), isGuarded);
  if (whole !== pieces) throw new Disagreement(`${show(text)}: as a whole ${whole}, in pieces ${pieces}`);
}

function handshake(inputs: Inputs, isGuarded: boolean): string {
  const credentials = isGuarded ? socks.credentials("john", inputs.choice(4) === 0 ? "wrong" : "secret") : "";
  const host = hosts[inputs.choice(hosts.length)]!;
  const request = inputs.choice(3) === 0 ? socks.ipv4("8.8.4.4", 80) : socks.name(host, 443);
  return socks.greeting(isGuarded ? 2 : 0) + credentials + request;
}

function connectLine(inputs: Inputs): string {
  const place = `${hosts[inputs.choice(hosts.length)]}:${ports[inputs.choice(ports.length)]}`;
  return `CONNECT ${place} HTTP/1.1\r\nHost: ${place}\r\nProxy-Authorization: Basic am9objpzZWNyZXQ=\r\n\r\n`;
}

/** Sometimes with a byte changed, or gone. */
function mangled(inputs: Inputs, text: string): string {
  const at = inputs.choice(text.length);
  switch (inputs.choice(6)) {
    case 0:
      return text.slice(0, at) + String.fromCharCode(inputs.choice(256)) + text.slice(at + 1);
    case 1:
      return text.slice(0, at) + text.slice(at + 1);
    default:
      return text;
  }
}

/** What was dialed, what both sides were sent, and what was reported. */
function converse(text: string, cuts: readonly number[], isGuarded: boolean): string {
  const auth = isGuarded ? { auth: users(["john", "{PLAIN}secret"]) } : {};
  const play = new Playbook(proxyPlan({ proxy: { socks: true }, limits: { headBytesMax: 1_000 }, ...auth }));
  play.names.set("a.example", ["10.0.0.1", "8.8.8.8"]);
  play.names.set("localhost", ["127.0.0.1"]);
  const { dial } = play;
  const dialed: string[] = [];
  play.dial = (server, ...others) => {
    const { address } = server;
    const host = address.kind === "tcp" ? address.host : "";
    if (!isAnybodys(host)) throw new Disagreement(`${show(text)} dialed ${host}`);
    dialed.push(host);
    dial.call(play, server, ...others);
  };
  const client = play.connect();
  let server: Actor | null = null;
  let [passed, told] = ["", ""];
  const reports: string[] = [];
  const settle = (): void => {
    for (let isNew = true; isNew; ) {
      isNew = play.dialing > 0;
      if (isNew) server = play.accept();
      for (const line of play.take()) {
        passed += gotBy(line, server) ?? "";
        told += gotBy(line, client) ?? "";
        if (line.startsWith("report ")) reports.push(line);
      }
    }
  };
  let at = 0;
  for (const cut of cuts) {
    if (client.flow === null) break;
    client.sends(text.slice(at, cut));
    at = cut;
    settle();
  }
  if (server !== null && !text.endsWith(passed))
    throw new Disagreement(`${show(text)} was passed on as ${show(passed)}`);
  // A request that is refused ends the reading; how many more there would have been is decided by the cuts.
  return JSON.stringify([dialed, passed, told.slice(0, 24), reports[0] ?? ""]);
}

/** By another's list of special addresses. */
function isAnybodys(host: string): boolean {
  return ["unicast", "as112", "amt", "as112v6"].includes(ipaddr.process(host).range());
}
