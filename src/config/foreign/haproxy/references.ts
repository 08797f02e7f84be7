// Names in statements that say where something is to be found, and of which nothing else is made here: resolvers, peers and caches by
// their sections, servers that are tracked by their backends. One that leads nowhere is told, as HAProxy tells it.

import { didYouMean } from "../../../base/nearest.ts";
import type { Ledger } from "../ledger.ts";
import { unwritten } from "./resolvers.ts";
import { pathOf, type Service, type Word } from "./scene.ts";
import type { Section } from "./sections.ts";

export function reviewReferences(ledger: Ledger, sections: readonly Section[], proxies: readonly Service[]): void {
  const named = (kind: string): readonly string[] =>
    sections.flatMap((section) => (section.kind === kind && section.name !== null ? [section.name.text] : []));
  const demand = (word: Word | undefined, kind: string): void => {
    if (word !== undefined && !named(kind).includes(word.text))
      ledger.fault(pathOf(word), `is the name of no section ${kind}${didYouMean(word.text, named(kind))}`);
  };
  const mayRun = sections.some(
    ({ kind, statements }) => kind === "global" && statements.some(({ words }) => words[0]!.text === "external-check"),
  );
  for (const proxy of proxies)
    for (const { words } of proxy.statements) {
      const behind = (text: string): Word | undefined => behindWord(words, text);
      switch (words[0]!.text) {
        case "server":
        case "server-template":
        case "default-server": {
          if (behind("resolvers")?.text !== unwritten) demand(behind("resolvers"), "resolvers");
          const tracked = behind("track");
          if (tracked !== undefined) demandServer(ledger, tracked, proxy, proxies);
          break;
        }
        case "option":
          if (words[1]?.text === "external-check" && !mayRun)
            ledger.fault(pathOf(words[1]), "needs external-check in section global, as in HAProxy");
          break;
        case "stick-table":
          // Of a proxy that is disabled HAProxy looks for none.
          if (proxy.disabled === undefined) demand(behind("peers"), "peers");
          break;
        case "http-request":
          demand(behind("cache-use"), "cache");
          break;
        case "http-response":
          demand(behind("cache-store"), "cache");
          break;
        default:
      }
    }
}

/** The name of a server may be any of these words, so the first two do not count. */
function behindWord(words: readonly Word[], text: string): Word | undefined {
  const from = words[0]!.text === "server" ? 3 : 1;
  const at = words.findIndex((word, index) => index >= from && word.text === text && !word.isQuoted);
  return at === -1 ? undefined : words[at + 1];
}

/** `track [BACKEND/]SERVER`. */
function demandServer(ledger: Ledger, word: Word, own: Service, proxies: readonly Service[]): void {
  const [, backend, server] = /^(?:(.*)\/)?(.*)$/.exec(word.text)!;
  const proxy = backend === undefined ? own : proxies.find(({ kind, name }) => kind !== "frontend" && name === backend);
  if (proxy === undefined)
    return ledger.fault(pathOf(word), `names a backend ${JSON.stringify(backend)}, and there is none`);
  const servers = (proxy.disabled ?? proxy.statements).flatMap(({ words }) =>
    words[0]!.text === "server" ? [words[1]?.text ?? ""] : [],
  );
  if (!servers.includes(server!))
    ledger.fault(
      pathOf(word),
      `names a server ${JSON.stringify(server)}, which backend ${proxy.name} does not have${didYouMean(server!, servers)}`,
    );
}
