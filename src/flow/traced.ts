// What an inquiry has gathered, put together as an explanation: of an exchange, or of a connection that is carried as it is. It is
// read off the flow as that stands, while its fields are valid: when the answer is written, or when all is over.

import { type Fault, fault as faultOf } from "../base/fault.ts";
import { shownText } from "../rules/trace.ts";
import { statusGiven } from "./answer.ts";
import { traceOfCaching } from "./caching/traced.ts";
import type { Context } from "./context.ts";
import type { Downstream } from "./downstream.ts";
import type { Exchange } from "./exchange.ts";
import type { CacheTrace, Explanation, OutcomeTrace, SubjectTrace } from "./explanation.ts";
import type { Guest } from "./guest.ts";
import { hostOf, methodOf, targetOf } from "./headvalues.ts";
import type { Inquiry } from "./inquiry.ts";
import type { ListenerSite } from "./site.ts";
import type { Stream } from "./stream.ts";

export function traceOfExchange(inquiry: Inquiry, exchange: Exchange, context: Context): Explanation {
  const { listener, route, clientAddress, asked } = exchange;
  const visit = exchange.visitNow();
  const guest = exchange.downstream!.guestNow();
  const isRead = asked.bytes.length > 0;
  const subject: SubjectTrace = {
    ...subjectOf(listener, guest, clientAddress),
    method: shownText((isRead ? methodOf(asked) : null) ?? ""),
    target: shownText((isRead ? targetOf(asked) : null) ?? ""),
    host: shownText((isRead ? hostOf(asked) : null) ?? ""),
  };
  const isOwn = exchange.fault === null && route.pool?.reply != null;
  return {
    subject,
    ban: banOf(visit.octets, context),
    phases: inquiry.phases,
    entries: inquiry.entries(context.port.sharedMs),
    pool: inquiry.choices.at(-1)?.pool ?? (isOwn ? route.pool!.plan.name : null),
    choices: inquiry.choices,
    ...cacheOf(exchange, context),
    ...(inquiry.egresses.length === 0 ? {} : { egress: inquiry.egresses }),
    outcome: outcomeOf(exchange, inquiry),
    assumptions: [],
  };
}

/** Of a connection that was ended before there was a request. */
export function traceOfRefusal(
  inquiry: Inquiry,
  downstream: Downstream,
  listener: ListenerSite,
  context: Context,
): Explanation {
  const guest = downstream.guestNow();
  const ban = banOf(guest.octets, context);
  const rule = flat(inquiry.phases.flatMap(({ rules }) => rules)).findLast(
    ({ outcome, mode }) => outcome !== null && mode === "enforce",
  );
  const text = rule === undefined ? null : ruleText(inquiry, rule.name);
  const outcome = {
    status: 0,
    rule: text === null ? "" : rule!.name,
    text: text ?? "the client is banned: the connection is closed",
  };
  return {
    subject: subjectOf(listener, guest, guest.client.address),
    ban,
    phases: inquiry.phases,
    entries: inquiry.entries(context.port.sharedMs),
    pool: null,
    choices: [],
    outcome,
    assumptions: [],
  };
}

export function traceOfStream(inquiry: Inquiry, stream: Stream, context: Context): Explanation {
  const guest = stream.guestNow();
  return {
    subject: subjectOf(stream.listener, guest, stream.client.address),
    ban: banOf(guest.octets, context),
    phases: inquiry.phases,
    entries: inquiry.entries(context.port.sharedMs),
    pool: inquiry.choices.at(-1)?.pool ?? null,
    choices: inquiry.choices,
    outcome: outcomeOfStream(stream, inquiry),
    assumptions: [],
  };
}

function subjectOf({ plan }: ListenerSite, { serverName }: Guest, client: string): SubjectTrace {
  return { listener: plan.name, mode: plan.mode, client, ...(serverName === "" ? {} : { serverName }) };
}

function banOf(octets: Uint8Array | null, { site, port }: Context): string | null {
  const end = octets === null ? -1 : site.bans.endOf(octets, 0, port.wallMs);
  if (end === -1) return null;
  return end === 0 ? "for ever" : new Date(end * 1000).toISOString();
}

function outcomeOf(exchange: Exchange, inquiry: Inquiry): OutcomeTrace {
  const { rule, fault, serverStatus, route, listener, tarpit } = exchange;
  // Of one that is held: what it will be answered.
  const status =
    tarpit === null || exchange.isAnswered ? exchange.status : statusGiven(exchange, tarpit, faultOf("denied"));
  const decided = ruleText(inquiry, rule);
  const outcome = (text: string): OutcomeTrace => ({ status, rule, text });
  if (fault?.code === "banned") return outcome(`the client is banned: ${answered(status)}`);
  if (decided !== null) return outcome(sentAs(decided, status));
  if (fault !== null) return outcome(`${answered(status)}: ${faultText(fault)}`);
  const server = inquiry.choices.at(-1)?.server ?? null;
  const pool = route.pool?.plan.name ?? "";
  if (exchange.caching?.shown.isBegun === true) return outcome(`the cache answers ${status}`);
  if (serverStatus > 0 && server !== null) {
    const change = status === serverStatus ? "" : `, which a rule has made ${status}`;
    return outcome(`${server} of pool ${pool} answers ${serverStatus}${change}`);
  }
  if (route.pool !== null && route.pool.reply !== null) return outcome(`pool ${pool} answers ${status} by itself`);
  if (listener.plan.redirect !== null && status > 0)
    return outcome(`listener ${listener.plan.name} redirects to https`);
  if (status > 0) return outcome(answered(status));
  return outcome(server === null ? "it waits" : `it waits for ${server} of pool ${pool}`);
}

/** What a rule answers may be sent with another status: `errors` says so. */
function sentAs(decided: string, status: number): string {
  const said = /\banswers (\d{3})(?: to .*|, to come again in \d+ s)?$/.exec(decided)?.[1];
  return said === undefined || status === 0 || Number(said) === status
    ? decided
    : `${decided}; by errors it is sent as ${status}`;
}

function outcomeOfStream({ rule, fault, serverName }: Stream, inquiry: Inquiry): OutcomeTrace {
  const outcome = (text: string): OutcomeTrace => ({ status: 0, rule, text });
  if (fault?.code === "banned") return outcome("the client is banned: the connection is closed");
  const decided = ruleText(inquiry, rule);
  if (decided !== null) return outcome(decided);
  const last = inquiry.choices.at(-1);
  if (last !== undefined && last.server !== null)
    return outcome(`it is carried to ${last.server} of pool ${last.pool}`);
  return outcome(fault === null ? `it waits${serverName === "" ? " for what the client says" : ""}` : faultText(fault));
}

function cacheOf({ caching, pool }: Exchange, { site }: Context): { cache: CacheTrace } | undefined {
  if (caching === null || caching.word === "") return undefined;
  return { cache: traceOfCaching(caching, site.plan.caches[pool.plan.cache!.cache]!.name) };
}

/** What happened, and what the system or the parser has said of it. */
function faultText({ code, detail }: Fault): string {
  const usual = faultOf(code).detail;
  return detail === usual ? usual : `${usual} (${detail})`;
}

function answered(status: number): string {
  return status === 0 ? "the connection is closed" : `it is answered ${status}`;
}

/** What the rule has said of its end; null where it only sends on, or nothing was decided by one. */
function ruleText(inquiry: Inquiry, name: string): string | null {
  if (name === "") return null;
  for (const { rules, of } of [...inquiry.phases].reverse())
    for (const rule of flat(rules))
      if (rule.name === name && rule.outcome !== null && rule.mode === "enforce") {
        if (/^(?:uses|accepts)/.test(rule.outcome)) return null;
        return `rule ${name} of ${of} ${rule.outcome}`;
      }
  return null;
}

function flat(rules: Inquiry["phases"][number]["rules"]): Inquiry["phases"][number]["rules"] {
  return rules.flatMap((rule) => [rule, ...flat(rule.rules)]);
}
