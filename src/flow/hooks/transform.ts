// What a config says of a transform, made ready for a site: for which responses it is, and in which form. A body is given whole, as
// text or as what its JSON says, or in pieces as it comes.

import { readSize } from "../../base/size.ts";
import type { TransformResponse } from "../../config/hooktypes.ts";
import { MediaTypes } from "../../rewrite/mediatype.ts";

export type Form = "text" | "json" | "stream";

const textual = new MediaTypes(
  ["text/*", "application/json", "application/javascript", "application/xml", "image/svg+xml"],
  false,
);
const jsonTypes = new MediaTypes(["application/json", "text/json"], false);

export class Transform {
  readonly functions: TransformResponse;
  readonly bytesMax: number;
  readonly #types: MediaTypes | null;

  constructor(functions: TransformResponse, bytesMax: number) {
    const { types, maxBody } = functions;
    const size = maxBody === undefined ? null : readSize(maxBody);
    this.functions = functions;
    this.bytesMax = size?.ok === true ? size.value : bytesMax;
    this.#types =
      types === undefined
        ? null
        : new MediaTypes(
            types.map((type) => type.toLowerCase()),
            true,
          );
  }

  /** By the Content-Type. Null: it is for others. */
  formFor(type: string | null): Form | null {
    const { functions } = this;
    const isMeant = this.#types === null || this.#types.has(type);
    if (!isMeant) return null;
    if (functions.stream !== undefined) return "stream";
    // Where types are named, a JSON by another name may be among them.
    const isJson = jsonTypes.has(type) || (this.#types !== null && functions.text === undefined);
    if (functions.json !== undefined && isJson) return "json";
    if (functions.text !== undefined && (this.#types !== null || textual.has(type))) return "text";
    return null;
  }
}

/** As the Content-Type says it, in lower case; "utf-8" where it says nothing. */
export function charsetOf(type: string | null): string {
  return /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(type ?? "")?.[1]?.toLowerCase() ?? "utf-8";
}
