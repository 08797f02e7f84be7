// docs/EXPRESSIONS.md, made from the catalogues of fields (src/rules/fields.ts) and functions (src/rules/expression/functions.ts):
// `bun test/conform/expressions.ts` writes it, expressions.test.ts keeps it equal and plays its examples.

import { columnNames } from "../../src/memory/column.ts";
import { rows } from "../../src/rules/expression/functions.ts";
import {
  depthMax,
  expressionLengthMax,
  macroRoundsMax,
  nodesMax,
  replaceWorkMax,
  slotsMax,
  templateLengthMax,
  templatePartsMax,
  textLengthMax,
} from "../../src/rules/expression/limits.ts";
import { poolFigures } from "../../src/rules/expression/paths.ts";
import type { Row } from "../../src/rules/expression/row.ts";
import { type Arrival, type Field, fields } from "../../src/rules/fields.ts";

export const expressionsPath: string = new URL("../../docs/EXPRESSIONS.md", import.meta.url).pathname;

const opening = `# Expressions

Conditions, keys and values of rules are written in the syntax of [CEL](https://cel.dev). An expression is compiled once, when the
config is read; whatever is wrong with it is told then, with the line and the column. The same closures decide about live traffic,
answer \`sluice explain\` and play rules in mode \`observe\`.

\`\`\`text
marked[src].gpc0 > 0
host in ['example.com', 'www.example.com'] && !(src in lists.office)
path.startsWith('/api') && method == 'POST' && clients[src].http_req_rate > 100
headers.list('x-forwarded-for').exists(hop, ip(hop) in cidr('10.0.0.0/8'))
\`\`\`

The tables below are made from the program's own (\`node scripts/bun.mjs test/conform/expressions.ts\`), and a test keeps them equal.

## Values

| type | written | what it is |
|---|---|---|
| bool | \`true\`, \`false\` | |
| number | \`17\`, \`0x1f\`, \`1.5\`, \`1e3\` | whole or not: there is one type, and whole numbers are exact up to 2^53 |
| string | \`'a'\`, \`"a"\`, \`'''a'''\`, \`r'\\d'\` | bytes, one a character; what is written beyond ASCII is its UTF-8 |
| address | \`ip('10.0.0.1')\` | IPv4 or IPv6 |
| time | \`timestamp('2026-01-31T08:00:00Z')\` | |
| duration | \`duration('1m30s')\` | |
| list | \`['a', 'b']\` | of values of one type |
| | \`null\` | absent: what is not there |

Types do not change by themselves: \`src == '10.0.0.1'\` is an error that says what to write instead. Strings have the escapes of CEL;
\`\\xHH\` and \`\\OOO\` are bytes, \`\\uHHHH\` is a character. A \`//\` begins a comment.

## What is absent

A header that was not sent, a table's entry for a key that could not be made, a division by zero: all of that is absent. Operators and
functions pass it on: \`headers['x'].size() > 3\` is absent without the header. **Where a condition is wanted, absent is false**; so
\`!(headers['x'] == 'a')\` is true without the header, and \`headers['x'] != 'a'\` is not. Ask by \`has(headers['x'])\` or
\`headers['x'] == null\`. An entry that is not in a table reads 0, as one that has just been made.

## Operators

From the one that binds most to the one that binds least.

| operator | between | |
|---|---|---|
| \`a.b\` \`a[b]\` \`a.f(b)\` | | \`list[-1]\` is the last value, and what is out of bounds is absent |
| \`!a\` \`-a\` | bool; number, duration | |
| \`*\` \`/\` \`%\` | numbers | \`7 / 2\` is 3.5 |
| \`+\` \`-\` | numbers; times and durations; \`+\` strings, lists | |
| \`==\` \`!=\` | values of one type | |
| \`<\` \`<=\` \`>\` \`>=\` | numbers, strings, times, durations | |
| \`in\` | a value and a list, an address and \`cidr(…)\`, a value and a list of the config, a key and a table | |
| \`a && b\` | bools | \`b\` is asked only where \`a\` is true |
| \`a \\|\\| b\` | bools | \`b\` is asked only where \`a\` is not |
| \`a ? b : c\` | a bool and two values of one type | |
`;

const afterFields = `\`vars.NAME\` is what a rule has set; it is known only when played, and is absent where it does not fit.
\`now\` is the time. \`headers\` and \`response.headers\` take names in any case, \`cookies\` and \`params\` as they are sent.

Who sends a cookie or a parameter twice chooses which one \`['NAME']\` tells, and servers do not agree on which one counts. What must not
be there is looked for in each: \`'admin' in cookies.list('role')\`. So with fields that are no lists:
\`headers.lines('user-agent').exists(v, v.startsWith('bad/'))\`.

## Tables, lists and pools

| written | what it is |
|---|---|
| \`NAME[key].COUNTER\`, \`tables['NAME'][key].COUNTER\` | a counter of the entry with that key; the second form also for names such as \`per-client\`, and for those of fields |
| \`NAME[key].gpc[2]\` | an element of \`gpc(n)\`, \`gpt(n)\` or \`gpc_rate(n,p)\`; \`gpc0\` is element 0 |
| \`NAME.has(key)\`, \`key in NAME\` | whether there is an entry |
| \`tracked[0].COUNTER\` | a counter of the entry that slot 0 to ${slotsMax - 1} tracks; absent where it tracks none, or its table does not store it |
| \`tracked[0].key\` | its key; \`NAME[tracked[0].key].COUNTER\` looks the same key up in another table |
| \`value in lists.NAME\`, \`lists.NAME[text]\` | whether a list of the config has the value; what stands beside a text in a map |
${Object.entries(poolFigures)
  .map(([name, about]) => `| \`pools.NAME.${name}\` | ${about} |`)
  .join("\n")}

Counters: ${columnNames.map((name) => `\`${name}\``).join(", ")}. A table stores those that its \`store\` names; to read another one is an error.

The key of a table of addresses must be an address. Tables of integers, strings and bytes take any value: text that begins with digits
is that number, an IPv4 address is its 32 bits or its 4 bytes, and what is too long is cut.
`;

const closing = `## Templates

Where a text is wanted, as in \`setHeader\` or \`redirect\`, expressions stand in braces: \`https://{host}{path}\`. \`{{\` and \`}}\` are braces.
Values are written as by \`string()\`, lists with \`, \` between, and what is absent as nothing. CR, LF and NUL of values are left out.

## Where this is not CEL

- There are no maps, messages, bytes and unsigned numbers, and one type of numbers; \`int()\` takes the fraction away.
- What is an error there is absent here. \`&&\` and \`||\` go from left to right and do not look at the right side of what is decided.
- \`increment\` and \`clear\` write, once for each time they are played, from left to right, and not in macros. In mode \`observe\` and in
  explanations they answer what they would, and write nothing.
- Regular expressions are RE2's, as in CEL, over bytes: finding and replacing take a time that grows with the text and no more, whatever a client
  sends. Looking behind (\`(?<=\`) is added, and what JavaScript spells otherwise is taken (\`[^]\`, \`\\u0041\`). What looks ahead or refers back
  (\`(?=\`, \`\\1\`) is JavaScript's: it can take half a second for a text, and then finds nothing, so it is warned of where it
  repeats within a repetition. Counts may make at most 1000 steps of an expression (\`(a{30}){30}\`).
- \`a.f(b)\` is written that way; \`f(a, b)\` only for \`size\` and \`matches\`. \`has(x)\` takes any expression.

## Limits

| what | at most |
|---|---|
| characters of an expression | ${expressionLengthMax} |
| brackets inside each other | ${depthMax} |
| parts of an expression | ${nodesMax} |
| rounds of all macros in one evaluation; past it the answer is absent | ${macroRoundsMax} |
| bytes of a text that an operator or function makes; a longer one is absent | ${textLengthMax} |
| characters that replacing all of what a regular expression finds looks at again; past it the answer is absent | ${replaceWorkMax} |
| characters of a template, and expressions in it | ${templateLengthMax}, ${templatePartsMax} |
`;

const phases: Readonly<Record<Arrival, string>> = {
  connection: "In every phase",
  request: "From the request on",
  response: "With the response",
};

function writtenField({ name, form }: Field): string {
  if (form === "plain") return name;
  return form === "value" ? `${name}['NAME']` : `${name}.${form}('NAME')`;
}

function fieldTable(phase: Arrival): string {
  const lines = fields
    .filter(({ since }) => since === phase)
    .map(
      (field) =>
        `| \`${writtenField(field)}\` | ${field.form === "list" || field.form === "lines" ? "list" : field.type} | ${field.about} |`,
    );
  return [`### ${phases[phase]}`, "", "| field | type | |", "|---|---|---|", ...lines].join("\n");
}

function functionTable(title: string, chosen: readonly Row[]): string {
  const lines = chosen.map(({ usage, result, about, examples }) => {
    const example =
      examples[0] === undefined ? "" : `\`${examples[0][0].replaceAll("|", "\\|")}\` is \`${literal(examples[0][1])}\``;
    return `| \`${usage}\` | ${result} | ${about} ${example} |`;
  });
  return [`### ${title}`, "", "| written | type | |", "|---|---|---|", ...lines].join("\n");
}

function literal(value: unknown): string {
  if (typeof value === "string") return `'${value}'`;
  return Array.isArray(value) ? `[${value.map(literal).join(", ")}]` : String(value);
}

export function expressionsPage(): string {
  const of = (receiver: Row["receiver"]): Row[] => rows.filter((row) => row.receiver === receiver);
  const sections = [
    opening,
    "## Fields",
    ...(["connection", "request", "response"] as const).map(fieldTable),
    afterFields,
    "## Functions\n\nThe last parameters of some may be left out: flags, ends, separators, zones.",
    functionTable("Of texts", of("string")),
    functionTable("Of lists", of("list")),
    functionTable("Of addresses", of("address")),
    functionTable("Of times and durations", [...of("time"), ...of("duration")]),
    functionTable("Others", of(null)),
    closing,
  ];
  return `${sections
    .join("\n\n")
    .replaceAll(/\n{3,}/g, "\n\n")
    .trimEnd()}\n`;
}

if (import.meta.main) await Bun.write(expressionsPath, expressionsPage());
