// For the tests of this room: lines of a frontend, or of a backend behind it, through the whole front-end, with what is told about
// them. The frontend is `web` and binds :8080; its default backend is `app`, with one server; `st` is a table of addresses that
// stores what many rules ask for, `keys` one of texts. The lines under test begin with line 1.

import type { ConfigInput } from "../../input.ts";
import { judge } from "../../judge.ts";
import { keyText, type Path } from "../../problem.ts";
import type { Ledger } from "../ledger.ts";
import type { RuleDraft, RulesDraft } from "./draft.ts";
import { translateHaproxy } from "./haproxy.ts";
import { translateRules } from "./rules.ts";

const around = `defaults
  timeout connect 5s
  timeout client 30s
  timeout server 30s
userlist staff
  user alice insecure-password secret groups admins
  user bob insecure-password word
userlist crypted
  user carol password $5$abc$def
backend st
  mode http
  stick-table type ip size 100k expire 1m store gpc0,gpc1,gpt0,conn_rate(10s),conn_cur,http_req_rate(10s),bytes_out_cnt,gpc0_rate(10s)
backend keys
  mode http
  stick-table type string len 64 size 1k expire 1m store gpc(3),gpt(2),http_req_rate(10s)
`;

export interface RuleScene {
  readonly input: ConfigInput;
  readonly ledger: Ledger;
  /** Of the listener `web`. */
  readonly listener: RulesDraft;
  /** Of the pool `app`. */
  readonly pool: RulesDraft;
  /** `severity line:word message`, in the order found, the word counted from 0; notes are `note line message`. */
  readonly told: readonly string[];
}

export interface Wanted {
  readonly mode?: "http" | "tcp";
  /** Lines of the backend `app`. */
  readonly backend?: string;
  /** Further sections. */
  readonly more?: string;
}

/** `lines` stand in the frontend, from line 1 on for what is told. */
export function ruleScene(lines: string, { mode = "http", backend = "", more = "" }: Wanted = {}): RuleScene {
  const before = `${around}frontend web\n  mode ${mode}\n  bind :8080\n  default_backend app\n`;
  const behind = `\nbackend app\n  mode ${mode}\n  server one 127.0.0.1:81\n${backend}\n${more}`;
  const offset = before.split("\n").length - 1;
  const { input, ledger } = translateHaproxy(`${before}${lines}${behind}`, "haproxy.cfg", {}, translateRules);
  const placeText = ([line, word]: Path): string => `${Number(line) - offset}${word === undefined ? "" : `:${word}`}`;
  const isOurs = (line: string): boolean => Number(line) > offset;
  const told = [
    ...ledger.findings
      .filter(({ path }) => isOurs(String(path[0])))
      .map(({ severity, path, message }) => `${severity} ${placeText(path)} ${message}`),
    ...ledger.notes
      .filter(({ path }) => isOurs(String(path[0])))
      .map(({ path, message }) => `note ${Number(path[0]) - offset} ${message}`),
  ];
  return { input, ledger, listener: rulesOf(input.listeners["web"]), pool: rulesOf(input.pools!["app"]), told };
}

/** The condition of `http-request deny if ...` in a frontend, which must compile; or what is told of it. */
export function conditionOf(condition: string, lines = ""): string {
  const scene = ruleScene(`${lines}  http-request deny ${condition}`);
  const complaint = scene.told.find((line) => !line.startsWith("note"));
  const [mistake] = mistakesIn(scene);
  if (mistake !== undefined) return mistake;
  const rule = scene.listener.request.at(-1);
  return rule === undefined ? (complaint ?? "") : String(rule["if"] ?? "always");
}

/** What our own judgement refuses: nothing, when every expression, template and target compiles. */
export function mistakesIn({ input, told }: RuleScene): readonly string[] {
  if (told.some((line) => line.startsWith("error"))) return [];
  return judge(input).findings.flatMap(({ severity, path, message }) =>
    severity === "error" ? [`${keyText(path)} ${message}`] : [],
  );
}

function rulesOf(section: object | undefined): RulesDraft {
  const written = section !== undefined && "rules" in section ? section.rules : [];
  const lists = (Array.isArray(written) ? { request: written } : written) as Partial<RulesDraft>; // As draft.ts has them.
  const of = (phase: keyof RulesDraft): RuleDraft[] => lists[phase] ?? [];
  return {
    connection: of("connection"),
    request: of("request"),
    response: of("response"),
    afterResponse: of("afterResponse"),
  };
}
