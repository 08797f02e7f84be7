// A frontend, or the frontend half of a listen, as listeners: one for each address that it is bound to, all with the same rules and
// limits. Requests that nothing claims are answered 503, as in HAProxy.

import type { ListenerInput } from "../../input.ts";
import type { Path } from "../../problem.ts";
import { type Bind, bindKeys, tellBindOrigins } from "./bind.ts";
import { type Code, every, primary, relate, text } from "./code.ts";
import { listenerCompression } from "./compression.ts";
import type { RuleDraft } from "./draft.ts";
import { type Answers, answersOf, errorKeys } from "./errors.ts";
import { type Face, forwardingOf } from "./forwarding.ts";
import type { Ground } from "./ground.ts";
import type { Inspection } from "./inspection.ts";
import type { Naming } from "./naming.ts";
import { placeListener } from "./placing.ts";
import { phases, placeRules } from "./pool.ts";
import { type Conversion, linePath, type ProxyRules, pathOf } from "./scene.ts";
import type { Settings } from "./settings.ts";
import { readCount } from "./tell.ts";
import { listenerTimes, readTimes, tellMissing } from "./timeouts.ts";

type ListenerDraft = Partial<ListenerInput> & Record<string, unknown>;

export interface Front {
  readonly settings: Settings;
  readonly binds: readonly Bind[];
  readonly rules: ProxyRules;
  /** What requests may come to, the default one first. */
  readonly behind: readonly Settings[];
  /** The pool of what nothing claims; null when there is none. */
  readonly use: string | null;
}

/** What comes back is what pools have to know of them. */
export function addListeners(
  conversion: Conversion,
  { settings, binds, rules, behind, use }: Front,
  inspection: Inspection,
  ground: Ground,
  naming: Naming,
): Face {
  const { ledger, origins, draft } = conversion;
  const { proxy } = settings;
  const { mode } = proxy;
  const times = readTimes(ledger, settings);
  tellMissing(ledger, settings, times);
  const server = behind[0] === undefined ? null : readTimes(ledger, behind[0]).server;
  const answers = answersOf(conversion, settings);
  const told = mode === "http" ? forwardingOf(conversion, settings, behind) : {};
  const monitor = monitorRules(settings, answers, rules.failing);
  const listenerRules = { ...rules.listener, request: [...monitor, ...rules.listener.request] };
  const hasRules = Object.values(listenerRules).some((each) => each.length > 0);
  const limit = limitOf(conversion, settings, ground);
  const merged = merge(binds);
  const compress = mode === "http" ? listenerCompression(settings) : null;
  const names: string[] = [];
  for (const [index, { bind, address }] of merged.entries()) {
    const name = index === 0 ? conversion.nameOf("listener", proxy.name) : naming.fresh("listener", proxy.name);
    const path: Path = ["listeners", name];
    origins.add(path, pathOf(proxy.word));
    placeListener(origins, path, settings, times);
    tellBindOrigins(origins, path, bind);
    const isAwaiting = inspection.isAwaited && bind.tls === null;
    const maxConnections = bind.maxConnections ?? limit;
    const listener: ListenerDraft = {
      listen: address,
      ...(mode === "tcp" ? { mode } : {}),
      ...(use === null ? {} : { use }),
      ...(maxConnections === null ? {} : { maxConnections }),
      ...bindKeys(ledger, bind, mode, settings.option("disable-h2-upgrade") !== undefined),
      ...(compress === null ? {} : { compress }),
      ...told,
      ...rules.listenerKeys,
      ...(hasRules ? { rules: phases(listenerRules) } : {}),
      ...errorKeys(answers),
      timeouts: {
        ...listenerTimes(times, server, mode, bind.tls !== null || bind.isProxied || isAwaiting),
        ...(isAwaiting && inspection.longest !== null ? { handshake: inspection.longest } : {}),
      },
    };
    // Only their PROXY header says who the client is.
    if (mode === "http" && listener.proxyProtocol === true)
      listener.forwarding = { ...told.forwarding, believe: false };
    draft.listeners[name] = listener;
    if (hasRules) placeRules(origins, path, listenerRules);
    names.push(name);
  }
  return { settings, behind, listeners: names };
}

/** `*:80` and `:::80` of one frontend are one address here, which takes clients of both kinds. */
function merge(binds: readonly Bind[]): { readonly bind: Bind; readonly address: string }[] {
  const all = binds.flatMap((bind) => bind.addresses.map((address) => ({ bind, address })));
  const dual = new Set(all.map(({ address }) => address).filter((address) => address.startsWith(":")));
  return all.filter(({ address }) => !(address.startsWith("0.0.0.0:") && dual.has(address.slice("0.0.0.0".length))));
}

function limitOf({ ledger }: Conversion, settings: Settings, ground: Ground): number | null {
  const statement = settings.last("maxconn");
  const own = readCount(ledger, statement?.words[1], 0, 10_000_000);
  if (statement !== undefined && own !== null && own > 0)
    ledger.approximate(
      linePath(statement),
      "a connection beyond it is closed at once; in HAProxy it waits to be accepted",
    );
  return own === null || own === 0 ? ground.maxConnections : own;
}

/** Answered before any other rule is asked. */
function monitorRules(settings: Settings, answers: Answers, failing: readonly Code[]): RuleDraft[] {
  const word = settings.last("monitor-uri")?.words[1];
  if (word === undefined || settings.proxy.mode === "tcp") return [];
  const answer = answers.get(200);
  const reply =
    typeof answer === "string"
      ? { file: answer }
      : {
          status: 200,
          type: "text/html",
          body: "<html><body><h1>200 OK</h1>\nService ready.\n</body></html>\n",
          ...answer,
        };
  const isAsked = relate(primary("target"), "==", text(word.text));
  return [
    ...failing.map((condition) => ({
      name: "monitor-fail",
      if: every([isAsked, condition]).text,
      reply: { status: 503 },
    })),
    { name: "monitor-uri", if: isAsked.text, reply },
  ];
}
