// The search field of requests as the API's parameters: `status:5xx pool:app slower:200ms failed /api/*`. A word with a colon names a
// parameter; `failed` is one by itself; a word that begins with "/" is a path; an address or block is a client; anything else is a
// host. Words that mean nothing are told, not dropped. Pure.

export interface RequestFilter {
  readonly query: Readonly<Record<string, string>>;
  readonly problems: readonly string[];
}

export const filterNames = [
  "status",
  "method",
  "host",
  "path",
  "client",
  "listener",
  "pool",
  "server",
  "rule",
  "fault",
  "cache",
  "egress",
  "slower",
] as const;

const methods = /^(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|CONNECT|TRACE)$/;

export function requestFilter(search: string): RequestFilter {
  const query: Record<string, string> = {};
  const problems: string[] = [];
  for (const word of search.split(/\s+/).filter((each) => each !== "")) {
    const { name, value } = partOf(word);
    if (name === null) problems.push(`nothing is called ${word.split(":")[0]}: ${filterNames.join(", ")}, failed`);
    else if (value === "") problems.push(`${name}: of what?`);
    else if (query[name] !== undefined && query[name] !== value) problems.push(`${name} stands twice`);
    else query[name] = value;
  }
  return { query, problems };
}

function partOf(word: string): { readonly name: string | null; readonly value: string } {
  const [, name, value = ""] = /^([a-z]+):(.*)$/i.exec(word) ?? [];
  if (name !== undefined && filterNames.some((each) => each === name.toLowerCase()))
    return { name: name.toLowerCase(), value };
  if (word === "failed") return { name: "failed", value: "true" };
  if (word.startsWith("/")) return { name: "path", value: word };
  if (/^[1-5](?:xx|\d\d)(?:-[1-5]\d\d)?$/.test(word)) return { name: "status", value: word };
  if (methods.test(word)) return { name: "method", value: word };
  if (/^\d+(?:\.\d+)?(?:ms|s)$/.test(word)) return { name: "slower", value: word };
  if (/^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]*:[0-9a-f:.]*)(?:\/\d+)?$/i.test(word))
    return { name: "client", value: word };
  // A host with its port has a colon too.
  if (name !== undefined && !/^\d+$/.test(value)) return { name: null, value };
  return { name: "host", value: word };
}

/** The search with a parameter set, taken out (""), or set anew: what a press on a value does. */
export function withFilter(search: string, name: string, value: string): string {
  const words = search
    .split(/\s+/)
    .filter((word) => word !== "" && partOf(word).name !== name)
    .join(" ");
  const added = value === "" ? "" : name === "failed" ? "failed" : `${name}:${value}`;
  return `${words} ${added}`.trim();
}
