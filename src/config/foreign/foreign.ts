// The door to configs of other programs: whether a tree of values is one, and what it comes to as one of ours. The config made
// of it is judged like any other, and what is found is told at the foreign file's own keys.

import type { Document } from "../document.ts";
import type { ConfigInput } from "../input.ts";
import type { Finding } from "../issues.ts";
import { type Judgement, judge } from "../judge.ts";
import type { Places } from "../place.ts";
import { keyText, type Path } from "../problem.ts";
import { type Environment, substitute } from "../substitute.ts";
import { isGobetween, type Taken, translateGobetween, translateServer } from "./gobetween/gobetween.ts";
import type { Settings } from "./gobetween/settings.ts";
import { isVariables, readDotenv } from "./gopherproxy/dotenv.ts";
import { gopherSigns, isGopherproxy, translateGopherproxy } from "./gopherproxy/gopherproxy.ts";
import { isGoproxy, translateGoproxy } from "./goproxy/goproxy.ts";
import { isHaproxy, type TextOf, translateHaproxy } from "./haproxy/haproxy.ts";
import { translateRules } from "./haproxy/rules.ts";
import { isIpmanager, translateIpmanager } from "./ipmanager/ipmanager.ts";
import type { Counts } from "./ledger.ts";
import type { Translation } from "./translation.ts";

/** For the operator: from which program's config this one was made, and what became of its keywords. */
export interface Origin {
  readonly program: string;
  readonly keywords: Counts;
}

export interface ForeignJudgement extends Judgement {
  readonly translation: Translation;
  /** What the place of a finding is called in messages. */
  readonly keyOf: (path: Path) => string;
  /** A later finding about our config, such as a file that it names, told at the foreign file's key. */
  readonly bring: (finding: Finding) => Finding;
  /** The same; null where it is about what could not be translated, and so may not be so. */
  readonly bringWhole: (finding: Finding) => Finding | null;
  /** As of what was found until now. */
  readonly origin: () => Origin;
}

/** Null when it is no config of another program. `asked`: it is said to be one of that. */
export function judgeForeign(tree: unknown, environment: Environment, asked?: "ipmanager"): ForeignJudgement | null {
  const translate = isGobetween(tree)
    ? translateGobetween
    : isGoproxy(tree)
      ? translateGoproxy
      : isGopherproxy(tree)
        ? translateGopherproxy
        : isIpmanager(tree, asked === "ipmanager")
          ? translateIpmanager
          : null;
  if (translate === null) return null;
  const { value, findings } = substitute(tree, environment);
  return judged(translate(value as object, environment), findings, keyText); // A tree stays one when its texts are filled in.
}

export interface JudgedServer {
  /** The parts of a config that it comes to. */
  readonly input: ConfigInput;
  readonly findings: readonly Finding[];
}

/** A server of gobetween's by itself, to be added to a config that has others. */
export function judgeServer(name: string, server: object, defaults: Readonly<Settings>, taken: Taken): JudgedServer {
  const { translation, findings } = judged(translateServer(name, server, defaults, taken), [], keyText);
  return { input: translation.input, findings };
}

/** The reader of a text that is a file of variables of another program; null when it is none. */
export function variablesReader(text: string): ((text: string) => Document) | null {
  return isVariables(text, gopherSigns) ? readDotenv : null;
}

/** Of a format that is no tree of values, and so has a reader of its own. */
export interface ForeignTextJudgement extends ForeignJudgement {
  readonly places: Places;
}

/** Whether a text is a config of another program that only its own reader can read. */
export function isForeignText(text: string): boolean {
  return isHaproxy(text);
}

/** `file` is the path that it was read from; `textOf` reads other files that it names, by their paths in it. */
export function judgeForeignText(
  text: string,
  file: string,
  environment: Environment,
  textOf: TextOf = () => null,
): ForeignTextJudgement {
  const translation = translateHaproxy(text, file, environment, translateRules, textOf);
  return { ...judged(translation, [], translation.keyOf), places: translation.places };
}

function judged(
  translation: Translation,
  before: readonly Finding[],
  keyOf: ForeignJudgement["keyOf"],
): ForeignJudgement {
  const { program, input, ledger, origins } = translation;
  for (const finding of before) ledger.judged(finding);
  // What could not be translated is told already; our own judgement of the hole it left would be a second complaint.
  const holes = new Set(
    ledger.findings.filter(({ severity }) => severity === "error").map(({ path }) => JSON.stringify(path)),
  );
  const isBroken = holes.size > 0;
  const judgement = judge(input);
  for (const finding of judgement.findings) {
    const brought = origins.bring(finding);
    if (!isBroken || !(isNear(brought, holes) || isOfUse(finding))) ledger.judged(brought);
  }
  const bring = (finding: Finding): Finding => {
    const brought = origins.bring(finding);
    ledger.judged(brought);
    return brought;
  };
  return {
    translation,
    keyOf,
    config: isBroken ? null : judgement.config,
    shaped: judgement.shaped,
    findings: [...ledger.findings],
    bring,
    bringWhole: (finding) => (isBroken && isNear(origins.bring(finding), holes) ? null : bring(finding)),
    origin: () => ({ program, keywords: ledger.counts() }),
  };
}

/** That nothing uses it: what is refused may be what does. */
function isOfUse({ severity, message }: Finding): boolean {
  return severity === "warning" && message.startsWith("is used by no ");
}

/** Whether something at that place, around it or in it is refused already. */
function isNear({ path }: Finding, holes: ReadonlySet<string>): boolean {
  const name = JSON.stringify(path).slice(0, -1);
  return [...holes].some((hole) => hole.startsWith(name) || JSON.stringify(path).startsWith(hole.slice(0, -1)));
}
