// Members of egress pools that stand in nginx' files, for whoever watches these (certificates.ts): which there are, and which have come
// and gone between two looks.

import type { FileMaterials } from "../config/loadmaterials.ts";
import type { Gateway } from "../config/nginx/gateways.ts";
import type { Log } from "./log.ts";

const namedMax = 20;

type Read = Pick<FileMaterials, "nginx">;

/** A text for each. */
export function membersIn({ nginx }: Read): Set<string> {
  return new Set([...nginx].flatMap(([file, gateways]) => gateways.map((one) => `${file} ${textOf(one)}`)));
}

/** Whether others have come or gone. A line for each file in which they have. */
export function tellMembers(former: Read, fresh: Read, log: Log): boolean {
  let hasChanged = false;
  for (const [file, gateways] of fresh.nginx) {
    const before = new Set((former.nginx.get(file) ?? []).map(textOf));
    const now = new Set(gateways.map(textOf));
    const came = [...now.difference(before)];
    const went = [...before.difference(now)];
    if (came.length + went.length === 0) continue;
    hasChanged = true;
    log.info(
      { file, members: now.size, came: came.slice(0, namedMax), went: went.slice(0, namedMax) },
      `members of egress pools changed: ${came.length} came, ${went.length} went`,
    );
  }
  return hasChanged;
}

function textOf({ address, port }: Gateway): string {
  return `${address} at port ${port}`;
}
