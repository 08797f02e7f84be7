// The part of a page that is made by a run, between two marks; the rest of the page is left as it is.

const begin = "<!-- begin: results of npm run load -->";
const end = "<!-- end: results of npm run load -->";

/** The page with other results; throws when it has no place for them. */
export function withResults(page: string, results: string): string {
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from === -1 || to < from) throw new Error(`the page has no line "${begin}" with "${end}" behind it`);
  return `${page.slice(0, from + begin.length)}\n\n${results.trim()}\n\n${page.slice(to)}`;
}

/** Of tables as they are printed: titles become headings, what is under a table a list. */
export function sectionOf(reports: readonly string[], about: readonly string[]): string {
  const parts = reports.map((report) => {
    const [title, , ...rest] = report.split("\n");
    return `### ${title}\n\n${rest.map((line) => (line === "" || line.startsWith("|") ? line : `- ${line}`)).join("\n")}`;
  });
  return [about.join("\n"), ...parts].join("\n\n");
}
