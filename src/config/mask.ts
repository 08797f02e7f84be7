// What is secret in the text of a config, ours or another program's, made stars in the same places: messages, reports and logs show lines
// of such texts, and these are kept and sent on. It is told by names (password = …), by words before it (insecure-password …) and by its
// own shape (user:password@), for a line is also shown of a text that could not be read. Rather too many stars than a password.

/** The name of a file that holds one is none. */
const secretName =
  /(?:password|passwd|passphrase|secret|token|credentials?|api[_-]?key|hmac[_-]?key|access[_-]?key|authorization|(?:^|(?<!^proxy)[_.-])(?:pass|pwd))(?:_(?!file|path)\w*)?$/i;
/** Of a section whose values are passwords, with the one around it: pools may be called users. */
const usersName = /^(?:auth|server)\/users?$/i;

/** Says no more than that there is one, or where. */
const shownValue = /^["']?(?:true|false|null|\$\w+|\$\{\w+(?::?-)?\})?["']?$/;
/** A name with "=" or ":" behind it, in quotes or not. */
const assignment = /(["']?)([A-Za-z_][\w.-]*)\1[ \t]*[:=][ \t]*(?=[^\s=])/g;
/** Of a URL and of what is written like one: user:password@ with a scheme before it or without, and host:port:user:password. */
const signs: readonly RegExp[] = [
  /(:\/\/[^\s"'@:/]*:)([^\s"']+)(?=@)/g,
  /(:\/\/)([^\s"'@:/]+)(?=@)/g,
  /((?:^|[\s"'=[,])[^\s"'@:/,=[]+:)([^\s"'/]+)(?=@)/gm,
  /(:\d{2,5}:[^\s"'@:/,]*[g-zG-Z][^\s"'@:/,]*:)([^\s"',\]]+)/g,
];
const word = String.raw`((?:"[^"\n]*"|'[^'\n]*'|\\.|[^\s"'])+)`;
/** Of haproxy.cfg: the word behind these. */
const leads: readonly RegExp[] = [
  String.raw`\binsecure-password[ \t]+`,
  String.raw`^[ \t]*user[ \t]+\S+[ \t]+password[ \t]+`,
  String.raw`\bstats[ \t]+auth[ \t]+`,
  String.raw`\b(?:set-header|add-header|hdr)[ \t]+(?:proxy-)?authorization[ \t]+`,
  String.raw`\b(?:pre)?setenv[ \t]+\S*(?:pass|secret|token|key)\S*[ \t]+`,
  String.raw`\btcp-check[ \t]+send(?:-lf)?[ \t]+["']?auth(?:\\?[ \t])+`,
].map((lead) => new RegExp(`(${lead})${word}`, "gim"));

/** Offsets of what is secret, from and to. */
type Span = readonly [number, number];

export function stars(secret: string): string {
  return secret.replaceAll(/[^\n\r]/g, "*");
}

/** As long as the text, and with the same lines. `starts`: where values begin that are known to be secret. */
export function masked(text: string, starts: readonly number[] = []): string {
  const spans = starts.map((at) => valueAt(text, at));
  for (const { 0: sign, 2: name, index } of text.matchAll(assignment))
    if (secretName.test(name!)) spans.push(valueAt(text, index + sign.length));
  let shown = starred(text, spans);
  for (const lead of [...signs, ...leads])
    shown = shown.replaceAll(lead, (_, before: string, secret: string) => before + stars(secret));
  return shown;
}

/** Whether the value at this path is secret: by its own name, or as somebody's in a list of users. */
export function isSecretPath(path: readonly (string | number)[]): boolean {
  const last = path.findLast((part) => typeof part === "string") ?? "";
  return (
    secretName.test(last) ||
    path.some((_, depth) => depth > 1 && usersName.test(`${path[depth - 2]}/${path[depth - 1]}`))
  );
}

/** Empty at what opens a list or a section, whose values are looked at by themselves. */
function valueAt(text: string, at: number): Span {
  const value = /"""[\s\S]*?"""|'''[\s\S]*?'''|"(?:[^"\\\n]|\\.)*"?|'[^'\n]*'?|[^\s,"'{}[\]][^\n\r,}\]]*/y;
  value.lastIndex = at;
  const found = value.exec(text)?.[0].trimEnd() ?? "";
  return [at, at + (shownValue.test(found) ? 0 : found.length)];
}

function starred(text: string, spans: Span[]): string {
  let shown = "";
  let done = 0;
  for (const [from, to] of spans.sort(([a], [b]) => a - b)) {
    if (to <= done) continue;
    shown += text.slice(done, Math.max(done, from)) + stars(text.slice(Math.max(done, from), to));
    done = to;
  }
  return shown + text.slice(done);
}
