import { expect, test } from "bun:test";
import type { PlanOptions } from "../../test/playbook/plan.ts";
import { deny, rule, rules } from "../../test/playbook/rules.ts";
import { get } from "../../test/playbook/words.ts";
import { Playbook } from "../../test/playbook.ts";
import { plainUp, stairUp } from "./stair.ts";

const challenges = [{ token: "tok-1", answer: "tok-1.thumb" }];
const path = "/.well-known/acme-challenge/tok-1";

function said(options: PlanOptions, text: string): string {
  const play = new Playbook(options);
  play.connect().sends(text);
  return play.take().join("\n");
}

test("the token of an order under way is answered, before a redirect and rules that refuse", () => {
  const redirect = { status: 308, port: 443 } as const;
  const refusing = rules({ request: [rule("true", deny())] });
  const ways: PlanOptions[] = [{}, { isPoolless: true, listener: { redirect } }, { listener: { rules: refusing } }];
  for (const options of ways) {
    const answer = said({ ...options, challenges }, get(path));
    expect(answer).toContain("HTTP/1.1 200 OK");
    expect(answer).toContain("Content-Length: 11");
    expect(answer).toContain("tok-1.thumb");
  }
});

test("another token, another method and another path go where they go without any", () => {
  const redirect = { status: 308, port: 443 } as const;
  const options: PlanOptions = { isPoolless: true, listener: { redirect }, challenges };
  for (const text of [get(`${path}2`), get(`${path}?a`), get("/.well-known/acme-challenge/"), get("/")])
    expect(said(options, text)).toContain("HTTP/1.1 308");
  expect(said(options, get(path).replace("GET", "DELETE"))).toContain("HTTP/1.1 308");
  // What asks a forward proxy for another host's answer is not ours to answer.
  expect(said(options, get(`http://a.test${path}`))).not.toContain("thumb");
});

test("HEAD is told how long the answer is", () => {
  const answer = said({ challenges }, get(path).replace("GET", "HEAD"));
  expect(answer).toContain("Content-Length: 11");
  expect(answer).not.toContain("thumb");
});

test("while nothing is asked for there is no such step", () => {
  const stepsOf = (options: PlanOptions): unknown => stairUp(new Playbook(options).context.site.listeners[0]!);
  expect(stepsOf({})).toBe(plainUp);
  expect(stepsOf({ challenges })).not.toBe(plainUp);
});
