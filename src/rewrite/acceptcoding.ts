// Accept-Encoding (RFC 9110 section 12.5.3): which coding a client gets, and what of the field a server is told. It knows texts
// only. The client's weights come first; where they are equal, the operator's order does. A client that says nothing of codings
// gets none, although it could be sent any, and one that wants the content as it is at least as much as any coding gets it so.
//
//   Accept-Encoding = #( codings [ weight ] )    codings = content-coding / "identity" / "*"    weight = OWS ";" OWS "q=" qvalue

/** By coding in lower case, "*" and "identity" among them; a second mention of one changes nothing. */
type Weights = ReadonlyMap<string, number>;

/** A qvalue; what is none is 0, for a client that cannot be understood is not sent what it may not be able to read. */
const qvalue = /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/;

/** The best of `codings`, the preferred first, for a client that sent this; null for none of them. */
export function chooseCoding<T extends string>(accept: string | null, codings: readonly T[]): T | null {
  if (accept === null || codings.length === 0) return null;
  const weights = weightsOf(accept);
  let best: T | null = null;
  // Not mentioned, plain content is what anything else is better than.
  let bestWeight = weights.get("identity") ?? 0;
  for (const coding of codings) {
    const weight = weightOf(weights, coding);
    if (weight > bestWeight) [best, bestWeight] = [coding, weight];
  }
  return best;
}

/** Whether a client that sent this takes that coding. */
export function acceptsCoding(accept: string | null, coding: string): boolean {
  return accept !== null && weightOf(weightsOf(accept), coding) > 0;
}

/** The same without what is in none of `codings`: "*" goes too, for nobody knows what it would come to. Null when nothing is left. */
export function limitCodings(accept: string, codings: readonly string[]): string | null {
  const kept = membersOf(accept).filter((member) => {
    const name = nameOf(member);
    return name === "identity" || codings.includes(usual(name));
  });
  return kept.some((member) => nameOf(member) !== "identity") ? kept.join(", ") : null;
}

/** The name of a coding as all others write it: x-gzip is gzip (RFC 9110 section 8.4.1.3). */
export function usual(coding: string): string {
  const lower = coding.toLowerCase();
  return lower === "x-gzip" ? "gzip" : lower;
}

function weightOf(weights: Weights, coding: string): number {
  return weights.get(coding) ?? weights.get("*") ?? 0;
}

function weightsOf(accept: string): Weights {
  const weights = new Map<string, number>();
  for (const member of membersOf(accept)) {
    const name = usual(nameOf(member));
    if (!weights.has(name)) weights.set(name, weightIn(member));
  }
  return weights;
}

/** Empty ones are none (RFC 9110 section 5.6.1.2). */
function membersOf(accept: string): string[] {
  return accept
    .split(",")
    .map((member) => member.trim())
    .filter((member) => member !== "");
}

function nameOf(member: string): string {
  return member.split(";", 1)[0]!.trim().toLowerCase();
}

function weightIn(member: string): number {
  for (const parameter of member.split(";").slice(1)) {
    const [name, value] = parameter.trim().split("=");
    if (name!.trim().toLowerCase() === "q") return qvalue.test((value ?? "").trim()) ? Number(value) : 0;
  }
  return 1;
}
