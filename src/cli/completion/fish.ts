// Completions for fish, with descriptions: a line for each word, and a function that tells to which command the words before the cursor
// lead. Names that a running Sluice has are asked for when they are wanted.

import { allCommands, type CommandWords, type OptionWords, type Values } from "./words.ts";

export function fishCompletion(words: CommandWords): string {
  const all = allCommands(words);
  const paths = all.flatMap(({ path }) => (path === "" ? [] : [quoted(path)]));
  return `# fish completion of sluice: sluice completion fish | source, or put it into ~/.config/fish/completions/sluice.fish
set -g __sluice_paths ${paths.join(" ")}
function __sluice_at
    set -l path
    for word in (commandline -opc)[2..-1]
        set -l next (string join -- " " $path $word)
        contains -- "$next" $__sluice_paths; and set path $path $word
    end
    test (string join -- " " x $path) = (string join -- " " x $argv[1..-1])
end
complete -c sluice -f
${all.flatMap(linesOf).join("\n")}
`;
}

function linesOf({ path, commands, options, values }: CommandWords): string[] {
  const at = `complete -c sluice -n ${quoted(`__sluice_at ${path}`.trimEnd())}`;
  return [
    ...commands.map(({ name, description }) => `${at} -a ${name} -d ${quoted(description)}`),
    ...options.map((option) => `${at} ${optionOf(option)}`),
    ...(values === null || commands.length > 0 || values.kind === "anything" ? [] : [`${at} ${valuesOf(values)}`]),
  ];
}

function optionOf({ flags, description, values }: OptionWords): string {
  const words = flags.map((flag) => (flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
  return [
    ...words,
    ...(values === null ? [] : [values.kind === "file" ? "-r" : "-x", valuesOf(values)]),
    `-d ${quoted(description)}`,
  ]
    .filter((word) => word !== "")
    .join(" ");
}

function valuesOf(values: Values): string {
  switch (values.kind) {
    case "file":
      return "-F";
    case "choices":
      return `-a ${quoted(values.choices.join(" "))}`;
    case "names":
      return `-a ${quoted(`(sluice completion names ${values.names} 2> /dev/null)`)}`;
    case "anything":
      return "";
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll(/['\\]/g, "\\$&")}'`;
}
