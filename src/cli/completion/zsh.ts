// Completions for zsh, with descriptions: one function a command, each for its own options and arguments, as _arguments wants it. The same
// text works as a file _sluice in $fpath and when it is sourced.

import { allCommands, type CommandWords, type OptionWords, type Values } from "./words.ts";

export function zshCompletion(words: CommandWords): string {
  return `#compdef sluice
# zsh completion of sluice: source <(sluice completion zsh), or put it as _sluice into a folder of $fpath
_sluice_names() {
  # _arguments puts options of compadd before what it is to be called with.
  local -a names
  names=(\${(f)"$(sluice completion names $argv[-1] 2> /dev/null)"})
  compadd "\${(@)argv[1,-2]}" -a names
}
${allCommands(words).map(functionOf).join("\n")}
if [ "$funcstack[1]" = "_sluice" ]; then _sluice "$@"; else compdef _sluice sluice; fi
`;
}

function functionOf({ path, commands, options, values }: CommandWords): string {
  const name = nameOf(path);
  const specs = options.map(specOf);
  if (commands.length === 0) {
    const all = [...specs, ...(values === null ? [] : [`'*:${labelOf(values)}:${actionOf(values)}'`])];
    return `${name}() {\n  _arguments -s ${continued(all)}\n}`;
  }
  const listed = commands.map((each) => `    ${quoted(`${each.name.replaceAll(":", "\\:")}:${each.description}`)}`);
  const cases = commands.map((each) => `    ${each.name}) ${nameOf(each.path)} ;;`);
  return `${name}() {
  local curcontext="$curcontext" state line
  local -a commands
  commands=(
${listed.join("\n")}
  )
  _arguments -s -C ${continued([...specs, "'1: :->command'", "'*:: :->rest'"])}
  case $state in
    command) _describe -t commands command commands ;;
    rest) case $line[1] in
${cases.join("\n")}
    esac ;;
  esac
}`;
}

function nameOf(path: string): string {
  return path === "" ? "_sluice" : `_sluice_${path.replaceAll(/[^a-z]/g, "_")}`;
}

function continued(all: readonly string[]): string {
  return all.map((each) => `\\\n    ${each}`).join(" ");
}

function specOf({ flags, description, values }: OptionWords): string {
  const told = `[${description.replaceAll(/[[\]\\]/g, "\\$&")}]`;
  const value = values === null ? "" : `:${labelOf(values)}:${actionOf(values)}`;
  const [first, second] = flags;
  if (second === undefined) return quoted(`${first}${told}${value}`);
  return `${quoted(`(${first} ${second})`)}{${first},${second}}${quoted(`${told}${value}`)}`;
}

function labelOf(values: Values): string {
  return values.kind === "names" ? values.names : values.kind === "anything" ? "value" : values.kind;
}

function actionOf(values: Values): string {
  switch (values.kind) {
    case "file":
      return "_files";
    case "choices":
      return `(${values.choices.join(" ")})`;
    case "names":
      return `_sluice_names ${values.names}`;
    case "anything":
      return " ";
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
