// Completions for bash, 4.1 or later, with nothing else installed. The function finds which command the words before the cursor lead to,
// and offers what that takes. Names that a running Sluice has are asked for when they are wanted.

import { allCommands, type CommandWords, type Values } from "./words.ts";

export function bashCompletion(words: CommandWords): string {
  const all = allCommands(words);
  const paths = all.flatMap(({ path }) => (path === "" ? [] : [`"${path}"`]));
  return `# bash completion of sluice: source <(sluice completion bash), or put it into /etc/bash_completion.d
_sluice() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" path="" next i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    next="\${path:+$path }\${COMP_WORDS[i]}"
    case "$next" in
      ${paths.join(" | ")}) path="$next" ;;
    esac
  done
  case "$path $prev" in
${all.flatMap(valueCases).join("\n")}
  esac
  if [[ "$cur" == -* ]]; then
    case "$path" in
${all.map(optionCase).join("\n")}
    esac
    return
  fi
  case "$path" in
${all.flatMap(argumentCase).join("\n")}
  esac
}
_sluice_words() { COMPREPLY=($(compgen -W "$1" -- "\${COMP_WORDS[COMP_CWORD]}")); }
_sluice_files() {
  compopt -o filenames 2> /dev/null
  local IFS=$'\\n'
  COMPREPLY=($(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}"))
}
_sluice_names() {
  # Names are anybody's words: they are compared and quoted, and never expanded. A colon ends a word of bash's: what stands before it is on
  # the line already.
  local name line="\${COMP_LINE:0:COMP_POINT}" word past=""
  word="\${line##*[[:space:]]}"
  if [[ "$COMP_WORDBREAKS" == *:* ]]; then past="\${word%"\${word##*:}"}"; fi
  while IFS= read -r name; do
    if [[ "$name" == "$word"* ]]; then
      name="\${name#"$past"}"
      COMPREPLY+=("$(printf '%q' "$name")")
    fi
  done < <("\${COMP_WORDS[0]}" completion names "$1" 2> /dev/null)
}
complete -F _sluice sluice
`;
}

function valueCases({ path, options }: CommandWords): string[] {
  return options.flatMap(({ flags, values }) => {
    if (values === null) return [];
    return [`    ${flags.map((flag) => `"${path} ${flag}"`).join(" | ")}) ${offer(values)}; return ;;`];
  });
}

function optionCase({ path, options }: CommandWords): string {
  return `      "${path}") _sluice_words "${options.flatMap(({ flags }) => flags).join(" ")}" ;;`;
}

function argumentCase({ path, commands, values }: CommandWords): string[] {
  if (commands.length > 0) return [`    "${path}") _sluice_words "${commands.map(({ name }) => name).join(" ")}" ;;`];
  return values === null ? [] : [`    "${path}") ${offer(values)} ;;`];
}

function offer(values: Values): string {
  switch (values.kind) {
    case "file":
      return "_sluice_files";
    case "choices":
      return `_sluice_words "${values.choices.join(" ")}"`;
    case "names":
      return `_sluice_names ${values.names}`;
    case "anything":
      return ":";
  }
}
