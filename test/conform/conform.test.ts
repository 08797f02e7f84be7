import { describe, expect, test } from "bun:test";
import { type FaultCode, fault } from "../../src/base/fault.ts";
import type { Actor } from "../playbook/actor.ts";
import { Playbook } from "../playbook.ts";
import { hidden, type RequestVector, requestVectors } from "./requests.ts";
import { type ResponseVector, responseVectors } from "./responses.ts";

/** Bytes cut into pieces of that size. */
function pieces(text: string, size: number): string[] {
  const all: string[] = [];
  for (let at = 0; at < text.length; at += size) all.push(text.slice(at, at + size));
  return all;
}

/** What the lines of a conversation say that one actor was sent. */
function sentTo(said: readonly string[], who: string): string {
  const mark = `${who} gets `;
  const texts = said.filter((line) => line.startsWith(mark)).map((line) => JSON.parse(`"${line.slice(mark.length)}"`));
  return texts.join("");
}

function tell(request: RequestVector, size: number): { said: string[]; client: Actor; server: Actor | null } {
  const play = new Playbook();
  const client = play.connect();
  const said: string[] = [];
  let server: Actor | null = null;
  for (const piece of pieces(request.bytes, size)) {
    if (client.flow === null) break;
    client.sends(piece);
    const news = play.take();
    said.push(...news);
    if (!news.some((line) => line.startsWith("dial "))) continue;
    server = play.accept();
    said.push(...play.take());
  }
  return { said, client, server };
}

const sizes = [100_000, 1, 7];

describe("requests", () => {
  for (const vector of requestVectors) {
    test(`${vector.refused ?? "passed"}: ${vector.name}`, () => {
      for (const size of sizes) {
        const { said, client, server } = tell(vector, size);
        const toServer = server === null ? "" : sentTo(said, server.name);
        if (vector.passed !== undefined) {
          expect(toServer).toBe(vector.passed);
          expect(sentTo(said, client.name)).toBe("");
        } else expectRefused(vector.refused!, said, client, toServer);
      }
    });
  }
});

function expectRefused(code: FaultCode, said: readonly string[], client: Actor, toServer: string): void {
  const { status } = fault(code);
  expect(said).toContain(`report ${status} ${code}`);
  const answer = sentTo(said, client.name);
  expect(answer).toStartWith(`HTTP/1.1 ${status} `);
  expect(answer).toContain("\r\nConnection: close\r\n");
  expect(answer.split("HTTP/1.1").length).toBe(2);
  expect(toServer).not.toContain(hidden.slice(0, 11));
  expect(said).toContain(client.is("ended"));
}

function answer(vector: ResponseVector, size: number): { said: string[]; client: Actor; server: Actor } {
  const play = new Playbook();
  const client = play.connect();
  client.sends(`${vector.method ?? "GET"} / HTTP/1.1\r\nHost: a\r\n\r\n`);
  const server = play.accept();
  play.take();
  for (const piece of pieces(vector.bytes, size)) if (server.flow !== null) server.sends(piece);
  if (vector.isEnded && server.flow !== null) server.ends();
  return { said: play.take(), client, server };
}

describe("responses", () => {
  for (const vector of responseVectors) {
    const outcome = typeof vector.outcome === "string" ? vector.outcome : "passed";
    test(`${outcome}: ${vector.name}`, () => {
      for (const size of sizes) {
        const { said, client } = answer(vector, size);
        const toClient = sentTo(said, client.name).replace(/^(?:HTTP\/1\.1 102 Processing\r\n\r\n)+/, "");
        if (vector.outcome === "502") {
          expect(toClient).toStartWith("HTTP/1.1 502 Bad Gateway\r\n");
          expect(said.join()).toMatch(/report 502 (?:bad_response|truncated_response)/);
        } else if (vector.outcome === "cut") {
          expect(said.slice(-2)).toEqual(["report 200 truncated_response", client.is("reset")]);
        } else if (vector.isEnded && size !== sizes[0]) {
          expect(toClient.length).toBeGreaterThan(0);
        } else expect(toClient).toBe(vector.outcome.passed);
      }
    });
  }
});
