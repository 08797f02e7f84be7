// A place in a config as a JSON pointer (RFC 6901): "/pools/app/servers/0". Names of pools and servers may hold any character, and the two
// that mean something in a pointer are escaped (section 3: ~ is ~0, / is ~1), the first one first. It knows places as keys and
// indices, and nothing of what stands there.

export function pointerOf(path: readonly (string | number)[]): string {
  return path.map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}
