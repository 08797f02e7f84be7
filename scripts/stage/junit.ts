// Reads the report that `bun test --reporter=junit` writes. Only what a summary needs: how many passed, failed and were
// skipped, and the names of those that failed, with their files.

export interface Report {
  readonly passed: number;
  readonly skipped: number;
  readonly failures: readonly { readonly file: string; readonly name: string }[];
}

const entities: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

export function readReport(xml: string): Report {
  let passed = 0;
  let skipped = 0;
  const failures: { file: string; name: string }[] = [];
  for (const match of xml.matchAll(/<testcase\b([^>]*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g)) {
    const inside = match[2] ?? "";
    if (/<(?:failure|error)\b/.test(inside)) {
      failures.push({ file: attribute(match[1]!, "file"), name: attribute(match[1]!, "name") });
    } else if (/<skipped\b/.test(inside)) skipped++;
    else passed++;
  }
  return { passed, skipped, failures };
}

function attribute(tag: string, name: string): string {
  const value = new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1] ?? "";
  return value.replace(/&(?:#(\d+)|#x([0-9a-f]+)|(\w+));/gi, (whole, decimal?: string, hex?: string, word?: string) => {
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    return entities[word ?? ""] ?? whole;
  });
}
