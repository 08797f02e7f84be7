// docs/FAULTS.md, made from the table in src/base/fault.ts: `bun test/conform/faults.ts` writes it, faults.test.ts keeps it equal.

import { fault, faultCodes, type Retry, type Side } from "../../src/base/fault.ts";

export const faultsPath: string = new URL("../../docs/FAULTS.md", import.meta.url).pathname;

const sides: Readonly<Record<Side, string>> = {
  downstream: "The client",
  upstream: "The server",
  local: "The proxy itself",
};
const retries: Readonly<Record<Retry, string>> = {
  elsewhere: "at another server",
  replayable: "if idempotent and whole",
  never: "no",
};

const opening = `# Faults

What can go wrong outside of Sluice, and what becomes of it. Each code is one row of the table in \`src/base/fault.ts\`, from which
this page is made (\`node scripts/bun.mjs test/conform/faults.ts\`); a test keeps the two equal. The access log names a request's
fault by its code.

**Status** is what the client is answered when nothing was sent to it yet; a dash means that no answer can be sent, and 499 stands in
the log only. [\`errors\`](RULES.md#answers) of a config may say another. Once an answer has begun, a fault ends the connection by a
reset, so that a part is never taken for the whole.
**Tried again** says whether another attempt may help: at another server, since no byte of the request was sent; or when the
request is idempotent and all of it is still at hand. \`retries\` bounds both, the pool's \`retryBudget\` the latter.
`;

export function faultsPage(): string {
  const sections = (Object.keys(sides) as Side[]).map((side) => {
    const rows = faultCodes
      .map((code) => fault(code))
      .filter((what) => what.side === side)
      .map(({ code, status, retry, detail }) => `| \`${code}\` | ${status || "-"} | ${retries[retry]} | ${detail} |`);
    return [
      `## ${sides[side]}`,
      "",
      "| code | status | tried again | what happened |",
      "|---|---|---|---|",
      ...rows,
    ].join("\n");
  });
  return `${[opening, ...sections].join("\n\n").replace("\n\n\n", "\n\n")}\n`;
}

if (import.meta.main) await Bun.write(faultsPath, faultsPage());
