// What the words of the command line ask for, and which variants of the proxy that means. Nothing is begun here.

import { parseArgs } from "node:util";
import { type ScenarioName, scenarioNames } from "./course.ts";
import { sourcesMax } from "./sources.ts";

export interface Asked {
  readonly scenarios: readonly ScenarioName[];
  readonly url: URL | null;
  /** Null: both. */
  readonly isLimited: boolean | null;
  /** Null: as the variant has it. */
  readonly sources: number | null;
  readonly scale: number;
  readonly out: string;
  readonly page: string | null;
  readonly isJson: boolean;
  readonly isRedis: boolean;
}

export interface Variant {
  /** Behind the scenario in the name of its file. */
  readonly key: string;
  readonly label: string;
  readonly isLimited: boolean;
  /** Null: as many as keep each below what the limiter gives it. */
  readonly sources: number | null;
}

export type Reading = { readonly ok: true; readonly asked: Asked } | { readonly ok: false; readonly problem: string };

export const usage = `npm run load -- smoke|load|spike|sustained|all [options]

  --url URL            a proxy that runs (default: one is started, with and without its limiter)
  --limiter on|off     only with it, or without; with --url: whether 429 is expected (default: on)
  --sources N          so many source addresses, out of 127.0.0.0/8
  --duration-scale S   every stage S times as long (default: 1)
  --out FOLDER         for k6-results-SCENARIO.json (default: here)
  --json               results on stdout as JSON
  --write FILE         put the tables into the marked section of a page
  --no-redis           without Redis, even where there is one`;

const scaleMin = 0.001;
const scaleMax = 100;

export function readWords(words: readonly string[]): Reading {
  try {
    return { ok: true, asked: askedBy(words) };
  } catch (error) {
    return { ok: false, problem: (error as Error).message };
  }
}

function askedBy(words: readonly string[]): Asked {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: {
      scenario: { type: "string" },
      url: { type: "string" },
      limiter: { type: "string" },
      sources: { type: "string" },
      "duration-scale": { type: "string", default: "1" },
      out: { type: "string", default: "." },
      write: { type: "string" },
      json: { type: "boolean", default: false },
      "no-redis": { type: "boolean", default: false },
    },
  });
  const { limiter, out, json } = values;
  if (limiter !== undefined && limiter !== "on" && limiter !== "off") throw new Error("--limiter is on or off");
  const named = values.scenario === undefined ? positionals : [...positionals, values.scenario];
  return {
    scenarios: scenariosOf(named),
    url: values.url === undefined ? null : urlOf(values.url),
    isLimited: limiter === undefined ? null : limiter === "on",
    sources: values.sources === undefined ? null : number("--sources", values.sources, 1, sourcesMax, true),
    scale: number("--duration-scale", values["duration-scale"], scaleMin, scaleMax, false),
    out,
    page: values.write ?? null,
    isJson: json,
    isRedis: !values["no-redis"],
  };
}

function scenariosOf(named: readonly string[]): readonly ScenarioName[] {
  const [name, ...more] = named;
  if (name === undefined) throw new Error("name a scenario");
  if (more.length > 0) throw new Error(`name one scenario, not ${named.join(" and ")}`);
  if (name === "all") return scenarioNames;
  const found = scenarioNames.find((scenario) => scenario === name);
  if (found === undefined) throw new Error(`there is no scenario "${name}"`);
  return [found];
}

function urlOf(text: string): URL {
  const url = URL.parse(text.includes("://") ? text : `http://${text}`);
  if (url === null || url.hostname === "") throw new Error(`--url is no URL: ${text}`);
  if (url.protocol !== "http:") throw new Error("--url must be http://; for TLS use k6 and deploy/k6");
  return url;
}

function number(option: string, text: string, min: number, max: number, isWhole: boolean): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max && (!isWhole || Number.isInteger(value))) return value;
  throw new Error(`${option} is a ${isWhole ? "whole " : ""}number from ${min} to ${max}`);
}

export function variantsOf({ url, isLimited, sources }: Asked): readonly Variant[] {
  if (url !== null) {
    const isOn = isLimited ?? true;
    return [{ key: "", label: url.host, isLimited: isOn, sources: sources ?? 1 }];
  }
  const documented: Variant = { key: "", label: "as documented", isLimited: true, sources: 1 };
  const many: Variant = { key: "-many-addresses", label: "many addresses", isLimited: true, sources };
  const off: Variant = { key: "-limiter-off", label: "limiter off", isLimited: false, sources: sources ?? 1 };
  if (isLimited === false) return [off];
  const on = sources === null ? [documented, many] : [{ ...many, label: `${sources} addresses` }];
  return isLimited === true ? on : [...(sources === null ? on : [documented, ...on]), off];
}
