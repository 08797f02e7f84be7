// What is secret in the text of a config, ours or another program's, made stars in the same places: messages, reports and logs show lines
// of such texts, and these are kept and sent on. It is told by names (password = …), by words before it (insecure-password …) and by its
// own shape (user:password@), for a line is also shown of a text that could not be read. Rather too many stars than a password.

/** The name of a file that holds one is none. */
const secretName =
  /(?:password|passwd|passphrase|secret|token|credentials?|api[_-]?key|hmac[_-]?key|access[_-]?key|authorization|(?:^|(?<!^proxy)[_.-])(?:pass|pwd))(?:_(?!file|path)\w*)?$/i;
/** Of a section whose values are passwords, with the one around it: pools may be called users. */
const usersName = /^(?:auth|server)\/users?$/i;

/** Says no more than that there is one, or where. */
const shownValue = /^["']?(?:true|false|null|\$[A-Z_][A-Z0-9_]*|\$\{\w+(?::?-)?\})?["']?$/;
/** A name with "=" or ":" behind it, in quotes or not. */
const assignment = /(["']?)(?<![\w.-])([\w.-]+)\1[ \t]*[:=][ \t]*(?=[^\s=])/g;
/** A value in quotes, of any of the formats: YAML writes a quote inside single ones twice. */
const quoted = /"""[\s\S]*?"""|'''[\s\S]*?'''|"(?:[^"\\\n]+|\\.)*"?|'(?:[^'\n]+|'')*'?/y;
/** What ends one without them: commas and brackets only where a list or section may go on or end, for in YAML they may be a part of it. */
const plainEnd = /[\n\r]|,(?=[ \t]*(?:["']?[\w.-]+["']?[ \t]*[:=]|[\r\n]|$))|[}\]](?=[ \t]*(?:[,}\]#\r\n]|$))/g;
/** Of YAML: the value stands on the lines below, in as far as the first of them, or as a digit says. */
const blockHead = /[|>][-+1-9]{0,2}[ \t]*(?:#[^\n]*|\r)?\n/y;
const blockLine = /([ \t]*)([^\n]*)(?:\n|$)/y;
/** Of a URL and of what is written like one: user:password@ with a scheme before it or without, and host:port:user:password. */
const signs: readonly RegExp[] = [
  /(:\/\/[^\s"'@:/]*:)([^\s"']{1,4096})(?=@)/g,
  /(:\/\/)([^\s"'@:/]+)(?=@)/g,
  /((?:^|[\s"'=[,])[^\s"'@:/,=[]+:)([^\s"'/]{1,4096})(?=@)/gm,
  /(:\d{1,5}:[^\s"'@:/,]{0,256}[g-zG-Z][^\s"'@:/,]{0,256}:)([^\s"',\]]+)/g,
];
const word = String.raw`((?:"[^"\n]*"|'[^'\n]*'|\\.|[^\s"'])+)`;
/** Of haproxy.cfg: the word behind these. */
const leads: readonly RegExp[] = [
  String.raw`\binsecure-password[ \t]+`,
  String.raw`^[ \t]*user[ \t]+\S+[ \t]+\S+[ \t]+`,
  String.raw`hdr\((?:proxy-)?authorization[^)]*\)(?:[ \t]+-[a-z]+(?:[ \t]+(?:str|beg|end|sub|reg|dir|dom|found|len))?)*[ \t]+(?!\})`,
  String.raw`\bstats[ \t]+au\w*[ \t]+`,
  String.raw`\b(?:set-header|add-header|hdr)[ \t]+(?:proxy-)?authorization[ \t]+`,
  String.raw`\b(?:pre)?setenv[ \t]+\S{0,256}(?:pass|secret|token|key)\S{0,256}[ \t]+`,
  String.raw`\btcp-check[ \t]+send(?:-lf)?[ \t]+["']?auth(?:\\?[ \t])+`,
].map((lead) => new RegExp(`(${lead})${word}`, "gim"));

/** Of goproxy, and of ours in TOML, where such a file cannot be read: all users of a line, or a section. */
const userLines: readonly RegExp[] = [
  /^([ \t]*users?[ \t]*=[ \t]*[{"'])(.*)$/gim,
  /^([ \t]*\[(?:[^\]\n]*\.)?(?:server|auth)\.users?[ \t]*\][^\n]*\n)((?:(?![ \t]*\[)[^\n]*(?:\n|$))+)/gim,
];
const collections = ["pools", "listeners", "caches", "tables", "lists", "egress"];

/** Offsets of what is secret, from and to. */
type Span = readonly [number, number];

export function stars(secret: string): string {
  return secret.replaceAll(/[^\n\r]/g, "*");
}

/** As long as the text, and with the same lines. `starts`: where values begin that are known to be secret. */
export function masked(text: string, starts: readonly number[] = []): string {
  const all = [...starts];
  for (const { 0: sign, 2: name, index } of text.matchAll(assignment))
    if (secretName.test(name!)) all.push(index + sign.length);
  let shown = starred(text, secretsAt(text, all));
  for (const lead of [...signs, ...leads, ...userLines])
    shown = shown.replaceAll(lead, (_, before: string, secret: string) => before + stars(secret));
  return shown;
}

/** Whether the value at this path is secret: by its own name, or as somebody's in a list of users. */
export function isSecretPath(path: readonly (string | number)[]): boolean {
  return path.some(
    (part, depth) =>
      (secretName.test(String(part)) && !collections.includes(String(path[depth - 1]))) ||
      (depth > 0 && usersName.test(`${path[depth - 1]}/${part}`)),
  );
}

/** Of a sentence: it has passwords only in what it quotes of URLs; what it advises has none. */
export function maskedSentence(text: string): string {
  let shown = text;
  for (const sign of signs)
    shown = shown.replaceAll(sign, (whole, before: string, secret: string) =>
      secret === "password" ? whole : before + stars(secret),
    );
  return shown;
}

/** A tree of values as it may be shown. */
export function withoutSecrets(value: unknown, name = ""): unknown {
  if (typeof value === "string") return value !== "" && secretName.test(name) ? "(set)" : maskedUserinfo(value);
  if (Array.isArray(value)) return value.map((item) => withoutSecrets(item, name));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutSecrets(item, key)]));
}

/** `user:password@host:port` with a scheme before it or without, and nothing else. */
function maskedUserinfo(url: string): string {
  return url
    .replace(/^([a-z][a-z0-9+.-]*:\/\/[^\s@:/]*:)(?!\(set\)@)[^\s]*@/i, "$1(set)@")
    .replace(/^([^\s@:/'"()]+:)[^\s@/'"()]+(?=@[^\s@]+:\d+$)/, "$1(set)");
}

/** What begins at these. What begins inside of a text without quotes ends where that does, and is not read again: a line may be long. */
function secretsAt(text: string, starts: number[]): Span[] {
  const spans: Span[] = [];
  let done = 0;
  let doneBlock = 0;
  for (const at of starts.sort((a, b) => a - b)) {
    if (at < doneBlock) continue;
    const from = endOf(blockHead, text, at);
    if (from !== -1) {
      doneBlock = blockEnd(text, from, /[1-9]/.test(text.slice(at, at + 3)));
      spans.push([from, doneBlock]);
      continue;
    }
    let end = endOf(quoted, text, at);
    if (end === -1) {
      // What opens a list or a section has its values looked at by themselves.
      if (at < done || /[\s,{}[\]]/.test(text[at] ?? " ")) continue;
      plainEnd.lastIndex = at + 1;
      end = plainEnd.exec(text)?.index ?? text.length;
      done = end;
    }
    const found = text.slice(at, end).trimEnd();
    if (!shownValue.test(found)) spans.push([at, at + found.length]);
  }
  return spans;
}

function endOf(value: RegExp, text: string, at: number): number {
  value.lastIndex = at;
  return value.test(text) ? value.lastIndex : -1;
}

/** With a digit any line that is in at all is taken for one of the block. */
function blockEnd(text: string, from: number, hasDigit: boolean): number {
  let least = hasDigit ? 1 : 0;
  let end = from;
  while (end < text.length) {
    blockLine.lastIndex = end;
    const [line, space = "", rest = ""] = blockLine.exec(text) ?? [""];
    if (rest.trim() !== "") {
      if (least === 0) least = Math.max(1, space.length);
      if (space.length < least) break;
    }
    end += line.length;
  }
  return end;
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
