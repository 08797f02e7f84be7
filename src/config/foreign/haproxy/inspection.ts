// What `tcp-request inspect-delay` comes to. HAProxy waits while a rule of tcp-request content asks for what has not come yet, the
// frontend's rules first, then the backend's; use_backend and stick take what is there. In mode tcp a listener of ours waits for a
// ClientHello where any rule, pool or stickiness behind it asks for one, and no longer than the delays together. Where HAProxy waits
// and we do not, or the other way round, that is told here.

import type { Ledger } from "../ledger.ts";
import { durationOf, written } from "./duration.ts";
import type { Front } from "./listener.ts";
import { linePath, type ProxyRules, pathOf, type Service, type Statement, type Word } from "./scene.ts";
import type { Settings } from "./settings.ts";

export interface Inspection {
  /** Whether connections wait for a ClientHello. */
  readonly isAwaited: boolean;
  /** As `timeouts.handshake` says it; null where no delay says how long. */
  readonly longest: string | null;
}

const helloFetch = /ssl_(?:sni|hello_type)\b/i;
const insideFetch = /\breq[._]ssl_(?:sni|hello_type)\b/i;
const endFetch = /^!*wait_end$/i;

export function inspectionOf(
  ledger: Ledger,
  { settings, behind, binds }: Front,
  rules: ReadonlyMap<Service, ProxyRules>,
): Inspection {
  const isAsking = ({ proxy }: Settings): boolean =>
    proxy.mode === "tcp" && /\btls\.(?:sni|hello)\b/.test(JSON.stringify(rules.get(proxy) ?? {}));
  const asking = [settings, ...behind.filter((each) => each !== settings)].filter(isAsking);
  if (binds.some(({ tls }) => tls !== null)) for (const each of asking) tellInside(ledger, each);
  // Where TLS is ended here its handshake has told the name.
  if (settings.proxy.mode === "http" || asking.length === 0 || binds.every(({ tls }) => tls !== null))
    return { isAwaited: false, longest: null };
  for (const each of asking.filter((one) => !isWaiting(one)))
    ledger.approximate(
      pathOf(each.proxy.word),
      "a ClientHello that its rules ask for is waited for; HAProxy waits by tcp-request inspect-delay together with a rule of tcp-request content that asks for it",
    );
  const own = asking.includes(settings) || isWaiting(settings) ? delayMs(settings) : 0;
  const longest = own + Math.max(0, ...asking.filter((each) => each !== settings).map(delayMs));
  return { isAwaited: true, longest: longest === 0 ? null : written(longest) };
}

/** HAProxy looks at what it has decrypted, in which no handshake is. */
function tellInside(ledger: Ledger, { proxy }: Settings): void {
  for (const { words } of proxy.statements)
    for (const word of words.filter(({ text }) => insideFetch.test(text)))
      ledger.approximate(
        pathOf(word),
        "behind bind with ssl it never matches in HAProxy, which looks inside of TLS; here it asks for the handshake's own, as ssl_fc_sni does",
      );
}

/** WAIT_END holds when the delay is over. There it is a way to delay everybody. */
export function tellWaits(ledger: Ledger, settings: Settings): void {
  if (delayMs(settings) === 0) return;
  for (const statement of contentRules(settings))
    if (isAbout(settings, statement, endFetch))
      ledger.approximate(
        linePath(statement),
        "nothing waits for the end of inspect-delay: WAIT_END holds once what other rules ask for is there",
      );
}

function contentRules(settings: Settings): readonly Statement[] {
  return settings.all("tcp-request").filter(({ words }) => words[1]?.text === "content");
}

function isWaiting(settings: Settings): boolean {
  if (delayMs(settings) === 0) return false;
  return contentRules(settings).some(
    (rule) => isAbout(settings, rule, helloFetch) || isAbout(settings, rule, endFetch),
  );
}

/** In the line itself, or by an ACL that it names. */
function isAbout(settings: Settings, { words }: Statement, fetched: RegExp): boolean {
  const isIt = ({ text }: Word): boolean => fetched.test(text);
  const names = new Set(words.map(({ text }) => text.replace(/^!+/, "")));
  return (
    words.some(isIt) ||
    settings.all("acl").some((acl) => names.has(acl.words[1]?.text ?? "") && acl.words.slice(2).some(isIt))
  );
}

function delayMs(settings: Settings): number {
  const word = settings.all("tcp-request").findLast(({ words }) => words[1]?.text === "inspect-delay")?.words[2];
  return word === undefined ? 0 : (durationOf(word.text, "ms")?.ms ?? 0);
}
