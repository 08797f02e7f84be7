// How the pages of the reference write things down in Markdown: cells of tables, code, anchors. It knows Markdown and nothing of Sluice.

/** A row's cells stand on one line, and a bar in one of them would end it. */
export function cell(text: string): string {
  return text.replaceAll("\n", " ").replaceAll("|", "\\|").trim();
}

/** Code whatever is in it: a text with a backquote is fenced by two. */
export function code(text: string): string {
  return text.includes("`") ? `\`\` ${text} \`\`` : `\`${text}\``;
}

export function tableOf(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(" | ")} |\n`;
  return `${line(heads)}|${heads.map(() => "---").join("|")}|\n${rows.map(line).join("")}`;
}

/** As GitHub makes one of a heading. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(/\s/g, "-");
}

/** A description as a sentence: signs that Markdown or HTML would take for theirs stay what they are. */
export function prose(text: string): string {
  return text.replaceAll("<", "&lt;").replaceAll(/\*|\b_(?=\s|$)|(?<=\s|^)_/g, "\\$&");
}

/** With a capital, and an end. */
export function sentence(text: string): string {
  const told = prose(text);
  return `${told.charAt(0).toUpperCase()}${told.slice(1)}${/[.!?]$/.test(told) ? "" : "."}`;
}

export function byName<T extends { readonly name: string }>(a: T, b: T): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
