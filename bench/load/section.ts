// The part of a page that is made by a run, between two marks, each a line of its own; the rest of the page is left as it is, and
// may speak of the marks.

const begin = "<!-- begin: results of npm run load -->\n";
const end = "\n<!-- end: results of npm run load -->\n";

/** The page with other results; throws when it has no place for them. */
export function withResults(page: string, results: string): string {
  const from = page.indexOf(`\n${begin}`) + 1;
  const to = page.indexOf(end, from);
  if (from === 0 || to === -1) throw new Error(`the page has no line "${begin.trim()}" with "${end.trim()}" behind it`);
  return `${page.slice(0, from + begin.length)}\n${results.trim()}\n${page.slice(to)}`;
}

/** Of tables as they are printed: titles become headings, what is under a table a list. */
export function sectionOf(reports: readonly string[], about: readonly string[]): string {
  const parts = reports.map((report) => {
    const [title, , ...rest] = report.split("\n");
    return `### ${title}\n\n${rest.map((line) => (line === "" || line.startsWith("|") ? line : `- ${line}`)).join("\n")}`;
  });
  return [about.join("\n"), ...parts].join("\n\n");
}
