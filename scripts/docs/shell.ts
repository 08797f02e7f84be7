// The commands in a block of shell, or in the transcript of one: whose words a program can be given. It knows as much of a shell as pages
// need: quotes, comments, variables before a command, what joins commands, where output goes. Nothing is run.

export interface ShellLine {
  /** From 0, within the block. */
  readonly line: number;
  /** The program, and what it is given. */
  readonly words: readonly string[];
}

/** In a transcript, which has `$ ` before what was typed, all else is output. */
export function shellLines(text: string): readonly ShellLine[] {
  const lines = text.replaceAll(/\\\n/g, "  ").split("\n");
  const isTranscript = lines.some((line) => line.startsWith("$ "));
  return lines.flatMap((line, index) => {
    if (isTranscript && !line.startsWith("$ ")) return [];
    return commandsIn(isTranscript ? line.slice(2) : line).map((words) => ({ line: index, words }));
  });
}

/** Words of each command on a line: `a | b && c` are three. */
export function commandsIn(line: string): readonly (readonly string[])[] {
  const commands: string[][] = [[]];
  const tokens =
    /\s+|#.*$|\d?>>?&?\s*\S+|<\s*\S+|&&|\|\|?|;|&|\$?\(|\)|((?:"(?:[^"\\]|\\.)*"|'[^']*'|\\.|[^\s;&|<>()"'\\]|<[a-zA-Z-]+>)+)/gy;
  for (const [token, word] of line.matchAll(tokens)) {
    if (token.startsWith("#")) break;
    if (word !== undefined) commands.at(-1)!.push(unquoted(word));
    else if (/^(?:&&|\|\|?|;|&|\$?\(|\))$/.test(token)) commands.push([]);
  }
  return commands.map(withoutVariables).filter((words) => words.length > 0);
}

function unquoted(word: string): string {
  return word.replaceAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|\\(.)/g, (_, double, single, plain) =>
    String(double ?? single ?? plain),
  );
}

/** `REDIS_URL=redis:6379 sluice …`, and `exec`. */
function withoutVariables(words: readonly string[]): readonly string[] {
  const first = words.findIndex((word) => !/^[A-Z_][A-Z0-9_]*=/.test(word) && word !== "exec" && word !== "npx");
  return first === -1 ? [] : words.slice(first);
}
