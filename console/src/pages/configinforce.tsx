// The config in force, every default filled in and secrets left out: a line for each value, searched by its place and what it is. A config of
// 10,000 servers is as good as a small one, for only what is seen is drawn.

import type { VNode } from "preact";
import { useMemo } from "preact/hooks";
import { type ConfigLine, configLines } from "../data/configlines.ts";
import { Empty, tell } from "../parts/notice.tsx";
import { finder } from "../parts/order.ts";
import { type ColumnOf, Rows } from "../parts/rows.tsx";
import { Search } from "../parts/search.tsx";
import { place } from "../router.ts";
import { plural } from "../text/format.ts";

const indentPx = 18;
const value: ColumnOf<ConfigLine> = {
  id: "value",
  title: "Value",
  width: "minmax(8rem, 2fr)",
  cell: (line) =>
    line.value === "(redacted)" ? (
      <i class="quiet">left out, for it is a secret</i>
    ) : (
      <code title={line.value ?? undefined}>{line.value}</code>
    ),
};
const indented: readonly ColumnOf<ConfigLine>[] = [
  {
    id: "key",
    title: "Key",
    width: "minmax(12rem, 1.4fr)",
    narrow: "1fr",
    cell: ({ key, depth, path, value: plain }) => (
      <code title={path} style={{ paddingLeft: `${depth * indentPx}px` }} class={plain === null ? "section" : ""}>
        {key}
      </code>
    ),
  },
  { ...value, narrow: "1fr" },
];
/** Found lines stand without those around them, so each says where it is. */
const found: readonly ColumnOf<ConfigLine>[] = [
  {
    id: "path",
    title: "Place",
    width: "minmax(14rem, 2fr)",
    narrow: "1.3fr",
    cell: ({ path }) => <code title={path}>{path}</code>,
  },
  { ...value, narrow: "1fr" },
];

export function ConfigInForce({ config }: { readonly config: Readonly<Record<string, unknown>> }): VNode {
  const find = place.value.query["find"] ?? "";
  const lines = useMemo(() => configLines(config), [config]);
  const shown = useMemo(() => {
    const matches = finder(find);
    if (matches === null) return lines;
    return lines.filter(({ path, value: plain }) => plain !== null && matches(`${path} ${plain}`));
  }, [lines, find]);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(JSON.stringify(config, null, 2));
    tell("The config is in the clipboard, as JSON");
  };
  return (
    <>
      <div class="bar-of-tools">
        <Search label="Search the config" placeholder="pools.app, weight, 10.0…" />
        <p class="tool-facts quiet">{plural(shown.length, "line")}</p>
        <span class="tools-end">
          <button type="button" onClick={() => void copy()}>
            Copy as JSON
          </button>
        </span>
      </div>
      <div class="beside">
        <Rows
          label="Config in force"
          rows={shown}
          keyOf={({ path }) => path}
          columns={find === "" ? indented : found}
          empty={<Empty title="Nothing in the config is like that" />}
        />
      </div>
    </>
  );
}
