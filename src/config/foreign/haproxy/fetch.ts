// The first word of a sample: where it is found, whether it is there yet in this family of rules, and what it is called in
// expressions. Tables of names are in fetchnames.ts, counters in fetchtable.ts; converters follow in converter.ts.

import { didYouMean } from "../../../base/nearest.ts";
import { isName, keepsLetters } from "./capitals.ts";
import { absent, call, choose } from "./code.ts";
import { convert } from "./converter.ts";
import { type Fetch, fetches, type Needs } from "./fetchnames.ts";
import { fetchCounter } from "./fetchtable.ts";
import { isSure } from "./map.ts";
import { fault, refuse } from "./objection.ts";
import { missingSample, type Sample, type Site, type Stage, sampleOf } from "./sample.ts";
import { type Called, readCalls } from "./samplewords.ts";
import type { Word } from "./scene.ts";
import { holdsName, kindsOf } from "./variablekind.ts";

/** A whole sample expression: a fetch and its converters. `written`: another text than the word's, of which it is a part. */
export function readSample(site: Site, word: Word, written: string = word.text): Sample {
  const [fetched, ...converters] = readCalls(word, written);
  return convertAll(site, word, fetchSample(site, word, fetched!), converters);
}

export function convertAll(site: Site, word: Word, sample: Sample, converters: readonly Called[]): Sample {
  const converted = converters.reduce<Sample>(
    (so, called) => ({ ...convert(site, word, so, called), isName: so.isName === true && keepsLetters(called) }),
    sample,
  );
  // What is not there is neither true nor false, and nothing is chosen by it.
  const isChoice = converters.some(({ name }) => name === "iif") && sample.kind !== "bool";
  if (!isChoice || isSure(sample.code)) return converted;
  return { ...converted, code: choose(call("has", sample.code), converted.code, absent) };
}

export function fetchSample(site: Site, word: Word, called: Called): Sample {
  const counter = fetchCounter(site, word, called);
  if (counter !== null) return counter;
  const { name, args } = called;
  const fetch = Object.hasOwn(fetches, name) ? fetches[name]! : null;
  if (fetch === null) {
    const meant = didYouMean(name, Object.keys(fetches));
    return fault(word, `asks for ${JSON.stringify(name)}, which is nothing that HAProxy fetches${meant}`);
  }
  if (typeof fetch === "string") return refuse(word, `${name}: ${fetch}`);
  if (args.length < fetch.argsMin || args.length > fetch.argsMax) return fault(word, argumentsExpected(name, fetch));
  // HAProxy parses what has come as HTTP, and where it is HTTP these match as in mode http.
  if (fetch.needs === "request" && site.stage === "content" && site.proxy.mode === "tcp")
    return refuse(word, `${name}: HAProxy looks for HTTP in mode tcp too, and Sluice does not: write mode http`);
  const why = missingIn(site, name, fetch.needs);
  if (why !== null) return missingSample(fetch.kind, why, true);
  const made = fetch.make(args, site, word);
  const sample = "code" in made ? made : sampleOf(fetch.kind, made);
  if (name !== "var") return isName([called]) ? { ...sample, isName: true } : sample;
  return { ...sample, holds: kindsOf(site.conversion, args[0]!), isName: holdsName(site.conversion, args[0]!) };
}

function argumentsExpected(name: string, { argsMin, argsMax }: Fetch): string {
  if (argsMax === 0) return `has arguments, and ${name} takes none`;
  const many = argsMin === argsMax ? String(argsMin) : `${argsMin} to ${argsMax}`;
  return `needs ${many} argument${argsMax === 1 ? "" : "s"} in brackets for ${name}`;
}

const stageNames: Readonly<Record<Stage, string>> = {
  connection: "tcp-request connection",
  session: "tcp-request session",
  content: "tcp-request content",
  request: "the request's rules",
  response: "the response's rules",
};

/** Why it is not there, as in HAProxy; null when it is. */
function missingIn({ stage, proxy }: Site, name: string, needs: Needs): string | null {
  const is = (isThere: boolean): string | null => (isThere ? null : `${name} is not there in ${stageNames[stage]}`);
  switch (needs) {
    case "any":
      return null;
    case "session":
      return is(stage !== "connection");
    case "hello":
      if (proxy.mode === "http") return `${name} is not there in mode http`;
      return is(stage === "content" || stage === "request");
    case "request":
      return is(stage === "content" || stage === "request");
    case "response":
      return is(stage === "response");
    case "stream":
      return is(stage !== "connection" && stage !== "session");
  }
}
