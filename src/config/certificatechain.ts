// A certificate and those beside it in its file, put in the order in which TLS sends them: each followed by the one that
// signed it (RFC 5246 7.4.2; RFC 8446 4.4.2 allows more, and old clients do not). It goes by names and key ids, and verifies
// no signature: whether a chain is to be trusted is for the client to say.

import type { X509Certificate } from "node:crypto";

export interface Link {
  readonly x509: X509Certificate;
  readonly pem: string;
}

export interface Chain {
  /** The leaf first. */
  readonly links: readonly Link[];
  /** They stood in another order in the file. */
  readonly isReordered: boolean;
  /** Those that signed nothing in the chain; they are not sent. */
  readonly foreign: readonly Link[];
}

export function chainOf(leaf: Link, all: readonly Link[]): Chain {
  const links = [leaf];
  const left = all.filter((link) => link !== leaf);
  for (let last: Link | undefined = leaf; last !== undefined; ) {
    const child: Link = last;
    const isRoot = child.x509.checkIssued(child.x509);
    const at = isRoot ? -1 : left.findIndex(({ x509 }) => child.x509.checkIssued(x509));
    last = at === -1 ? undefined : left.splice(at, 1)[0];
    if (last !== undefined) links.push(last);
  }
  // A root that signed itself and also stands there cross-signed is no stranger, though only one of the two is in the chain.
  const isAkin = (link: Link): boolean => links.some(({ x509 }) => x509.checkIssued(link.x509));
  const foreign = left.filter((link) => !isAkin(link));
  const kept = [...links, ...left.filter(isAkin)];
  const positions = kept.map((link) => all.indexOf(link));
  const isReordered = positions.some((position, index) => index > 0 && position < positions[index - 1]!);
  return { links: kept, isReordered, foreign };
}
