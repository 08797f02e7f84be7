// The list of all that the admin interface answers, for a person with a browser: made of the operations themselves, so that nothing is
// missing, and headed by what runs. Nothing on it comes from traffic or from the config, so nothing needs escaping; a name that an operator
// chose would. It has no scripts: only what can be looked at as it stands here is linked; what changes something, or wants a name, is not.

import type { z } from "zod";
import type { Operation } from "./api/operation.ts";
import type { Status } from "./status.ts";

export function indexPage(status: Status, operations: readonly Operation[]): string {
  const servers = status.pools.flatMap((pool) => pool.servers);
  const up = servers.filter((server) => server.isEligible).length;
  const tags = [...new Set(operations.map(({ tag }) => tag))];
  const list = tags
    .map((tag) => {
      const rows = operations.filter((each) => each.tag === tag).map(rowOf);
      return `<tr><th colspan="3">${tag}</th></tr>\n${rows.join("\n")}`;
    })
    .join("\n");
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Sluice</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 50rem; margin: 3rem auto; padding: 0 1rem; }
  td { padding: .2rem 1rem .2rem 0; vertical-align: top; }
  th { padding: 1rem 0 .2rem; text-align: left; }
</style>
<h1>Sluice ${status.version}</h1>
<p>State: ${status.state}. ${up} of ${servers.length} servers take requests. Plan ${status.generation}.</p>
<p>This is what there is here; <a href="/api/v1/openapi.json">openapi.json</a> describes it for programs.</p>
<table>
${list}
</table>
</html>
`;
}

function rowOf({ method, path, query, summary }: Operation): string {
  const names = query === undefined ? [] : Object.keys((query as z.ZodObject).shape);
  const asked = names.length === 0 ? "" : ` ?${names.join("&amp;")}`;
  const name = method === "GET" && !path.includes("{") ? `<a href="${path}">${path}</a>` : path;
  return `<tr><td>${method}</td><td><code>${name}</code>${asked}</td><td>${summary}</td></tr>`;
}
