// What each action of each family becomes. Actions that nothing here corresponds to are told in a word: left out with a note where
// nothing is missed, with a warning where something is, refused where it would make a difference to who gets in.

import { didYouMean } from "../../../base/nearest.ts";
import { quote } from "../../../base/reading.ts";
import { bandwidth } from "./bandwidth.ts";
import type { Captures } from "./capture.ts";
import { fault, refuse } from "./objection.ts";
import { auth, deny, redirect, reply, tarpit } from "./ruleanswer.ts";
import { capture, countAction } from "./rulecount.ts";
import { requestEdits, responseEdits } from "./ruleedit.ts";
import type { Made, RuleLine } from "./ruleline.ts";
import type { Word } from "./scene.ts";
import { stickTables, stores } from "./sticktable.ts";

export type Action = (line: RuleLine, captures: Captures) => Made;
export type Actions = Readonly<Record<string, Action>>;

const reject = (): Made => ({ reject: true });
const drop = (line: RuleLine): Made => {
  if (line.take("rst-ttl") !== null) line.next("a number of hops");
  return { drop: true };
};
const accept = (): Made => "accept";
const captured: Action = (line, captures) => capture(line, (at, id, length) => captures.slot(at, id, length));

/** What is left out. `isMissed`: the operator should know. */
function left(message: string, isMissed: boolean): Action {
  return (line) => {
    line.skip();
    return isMissed ? line.differs(message) : line.needless(message);
  };
}

function refused(message: string): Action {
  return (line) => refuse(line.last, message);
}

function alike(names: string, action: Action): Actions {
  return Object.fromEntries(names.split(/\s+/).map((name) => [name, action]));
}

const everywhere: Actions = {
  ...alike("set-log-level set-nice", left("logs and the order of work are not changed by a rule", false)),
  ...alike("set-mark set-tos set-fc-mark set-fc-tos set-bc-mark set-bc-tos", left("packets are not marked", true)),
  ...alike("lua use-lua", refused("Lua is not run here: write it as a hook in TypeScript")),
};

const lookups: Actions = alike(
  "add-acl del-acl set-map del-map",
  refused("lists are changed by changing their files, not by rules; a table remembers what a rule has seen"),
);

const common: Actions = {
  ...everywhere,
  ...lookups,
  ...alike(
    "set-src set-src-port",
    refused("who the client is, is told by trustedProxies and proxyProtocol, which also say who is believed"),
  ),
  ...alike(
    "set-dst set-dst-port",
    refused("connections go to the servers of a pool, not to an address that a rule makes"),
  ),
  ...alike("do-resolve", refused("names are not resolved by rules: the servers of a pool may be names")),
  ...alike(
    "use-service",
    refused("there are no services of that kind; figures for Prometheus are at the admin interface, under /metrics"),
  ),
  ...alike("send-spoe-group", refused("agents (SPOE) are not spoken with")),
  ...alike(
    "set-priority-class set-priority-offset",
    left("the queue of a pool is served in the order of arrival", true),
  ),
};

const ended: Actions = {
  "silent-drop": drop,
};

export const connectionActions: Actions = {
  ...common,
  ...ended,
  accept,
  // As soon as it is accepted it is reset; once it is a session it is closed like any other.
  reject: ({ site }) => (site.stage === "session" ? { reject: true } : { reset: true }),
  "expect-netscaler-cip": refused("the client IP insertion protocol of NetScaler is not spoken"),
};

export const contentActions: Actions = {
  ...common,
  ...ended,
  accept,
  reject: (line) => {
    const isCounted = [...stickTables(line.site.conversion).values()].some(
      (table) => stores(table, "http_req_rate", 0) || stores(table, "http_req_cnt", 0),
    );
    if (isCounted && line.site.proxy.mode === "http")
      line.differs(
        "what it refuses counts in http_req_cnt and http_req_rate of the entries that are tracked, in HAProxy not",
      );
    return reject();
  },
  capture: captured,
  "switch-mode": refused("a listener has one mode"),
  "set-bandwidth-limit": bandwidth,
};

export const requestActions: Actions = {
  ...common,
  ...ended,
  ...requestEdits,
  allow: accept,
  deny,
  reject,
  tarpit,
  return: reply,
  redirect,
  auth,
  capture: captured,
  "set-bandwidth-limit": bandwidth,
  "strict-mode": left("a rule that cannot be applied is told when the config is read", false),
  "wait-for-handshake": left("no data is taken before a handshake is over", false),
  "wait-for-body": left("rules are evaluated when the head is there; bodies are passed on as they come", true),
  "disable-l7-retry": left("only what is safe is sent again", true),
  "early-hint": left("responses of status 103 are passed on from servers, not made", true),
  "cache-use": left("responses are not cached here: after `sluice convert`, `cache` of a pool does that", true),
  "set-timeout": (line, captures) =>
    line.site.proxy.kind === "frontend"
      ? fault(line.last, "is taken in a backend or listen only, as in HAProxy")
      : left("timeouts are those of the listener and the pool", true)(line, captures),
};

export const responseActions: Actions = {
  ...common,
  ...responseEdits,
  allow: accept,
  deny,
  return: reply,
  redirect,
  capture: captured,
  "silent-drop": refused("a response is passed on or replaced"),
  reject: refused("a response is passed on or replaced"),
  "set-bandwidth-limit": bandwidth,
  "strict-mode": left("a rule that cannot be applied is told when the config is read", false),
  "cache-store": left("responses are not cached here: after `sluice convert`, `cache` of a pool does that", true),
  "wait-for-body": left("rules are evaluated when the head is there; bodies are passed on as they come", true),
  "set-timeout": left("timeouts are those of the listener and the pool", true),
};

/** Answers that have been made already can only be edited. */
export const afterActions: Actions = {
  ...everywhere,
  ...lookups,
  ...responseEdits,
  allow: accept,
  capture: captured,
  "strict-mode": responseActions["strict-mode"]!,
};

const countNames = [
  "track-sc0",
  "sc-inc-gpc0(0)",
  "sc-set-gpt0(0)",
  "set-var(txn.x)",
  "set-var-fmt(txn.x)",
  "unset-var(txn.x)",
];

export function actionOf(line: RuleLine, actions: Actions, family: string, captures: Captures): Made {
  const word = line.next("an action");
  const counted = countAction(line, word);
  if (counted !== null) {
    if (line.site.stage === "response" && word.text.startsWith("track-sc"))
      return refuse(word, "entries are tracked from the request on, not from the response");
    return counted.made;
  }
  const name = /^[a-z0-9-]*/.exec(word.text)![0];
  const action = Object.hasOwn(actions, name) ? actions[name]! : null;
  if (action !== null && (name === word.text || isCalled(word))) return action(line, captures);
  if (/^lua\./.test(word.text)) return refuse(word, "Lua is not run here: write it as a hook in TypeScript");
  return fault(
    word,
    `is no action of ${family}: ${quote(word.text)}${didYouMean(word.text, [...Object.keys(actions), ...countNames])}`,
  );
}

/** `set-map(file)`, `do-resolve(...)`. */
function isCalled({ text }: Word): boolean {
  return /^[a-z0-9-]+\(.*\)$/.test(text);
}
