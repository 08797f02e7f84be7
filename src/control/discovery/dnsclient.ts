// Asks name servers: over UDP, each in its turn and then all once more, and over TCP what does not fit (RFC 7766). Why not the system's
// resolver: it says no TTL of services and of names, and asks no server that is not configured for the whole machine. A socket of its
// own port and a number by chance for each question keep others from answering in the server's place (RFC 5452).

import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { connect } from "node:net";
import { Refusal } from "./asking.ts";
import { type DnsAnswer, type Question, readDnsAnswer, writeQuestion } from "./dnsmessage.ts";

export interface NameServer {
  readonly host: string;
  readonly port: number;
}

const rounds = 2;

/** What a server says, good or bad; rejects with a Refusal when none says anything in time. */
export async function askDns(
  servers: readonly NameServer[],
  name: string,
  type: number,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<DnsAnswer> {
  // A little less, so that the last one's time is over before the whole question's.
  const eachMs = Math.max((timeoutMs * 0.95) / (rounds * servers.length), 1);
  let refused: DnsAnswer | null = null;
  let isCut = false;
  for (let round = 0; round < rounds; round++)
    for (const server of servers) {
      if (signal.aborted) throw new Refusal("is not asked any more");
      const question: Question = { id: randomInt(65_536), name, type };
      const bytes = writeQuestion(question);
      if (bytes === null) throw new Refusal("cannot be asked: that is no name");
      const datagram = await overUdp(server, bytes, question, eachMs, signal);
      isCut ||= datagram?.isCut === true;
      const answer = datagram?.isCut === true ? await overTcp(server, bytes, question, eachMs, signal) : datagram;
      // No error, or no such name: that is an answer. With anything else another server may know better.
      if (answer !== null && (answer.code === 0 || answer.code === 3)) return answer;
      refused = answer ?? refused;
    }
  if (refused !== null) return refused;
  throw new Refusal(
    isCut ? "does not fit into a datagram, and its name server does not answer over TCP" : "does not answer in time",
  );
}

/** Null when nothing comes. */
function overUdp(
  { host, port }: NameServer,
  bytes: Uint8Array,
  question: Question,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<DnsAnswer | null> {
  return new Promise((resolve) => {
    const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
    const end = (answer: DnsAnswer | null): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
      socket.removeAllListeners("message");
      try {
        socket.close();
      } catch {
        // It was never opened.
      }
      resolve(answer);
    };
    const stop = (): void => end(null);
    const timer = setTimeout(stop, timeoutMs);
    signal.addEventListener("abort", stop, { once: true });
    socket.on("error", stop);
    socket.on("message", (message, from) => {
      if (from.port !== port || !sameHost(from.address, host)) return;
      const answer = readDnsAnswer(message, question);
      if (answer !== null) end(answer);
    });
    socket.send(bytes, port, host, (error) => {
      if (error) end(null);
    });
  });
}

/** RFC 1035 4.2.2: two bytes say how long the message is. */
function overTcp(
  { host, port }: NameServer,
  bytes: Uint8Array,
  question: Question,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<DnsAnswer | null> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    let held: Buffer = Buffer.alloc(0);
    const end = (answer: DnsAnswer | null): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
      socket.destroy();
      resolve(answer);
    };
    const stop = (): void => end(null);
    const timer = setTimeout(stop, timeoutMs);
    signal.addEventListener("abort", stop, { once: true });
    socket.on("error", stop);
    socket.on("close", stop);
    socket.on(
      "connect",
      () => void socket.write(Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes])),
    );
    socket.on("data", (chunk: Buffer) => {
      held = Buffer.concat([held, chunk]);
      if (held.length < 2) return;
      const size = held.readUInt16BE(0);
      if (held.length >= size + 2) end(readDnsAnswer(held.subarray(2, size + 2), question));
    });
  });
}

function sameHost(a: string, b: string): boolean {
  return a === b || a === `::ffff:${b}` || (a.includes(":") && a.split("%")[0] === b);
}
