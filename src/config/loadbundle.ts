// The code of a config in one module, which is how workers get it: what the config imports from files beside it is in it, so
// that a change of any of them is another program, and no worker ever runs half of the old and half of the new. Packages (what
// stands in a node_modules) stay where they are, and "sluice" is answered by whoever imports the module.

import { createHash } from "node:crypto";
import { basename, dirname } from "node:path";
import { pathToFileURL } from "node:url";

export interface Bundle {
  readonly text: string;
  /** Of that text, in hexadecimal. */
  readonly digest: string;
}

const outside = /^(?:sluice$|node:|bun:|bun$)/;
const code = /\.[mc]?[jt]sx?$/;
/** Where a file stands, it says of itself; in the one module that would be elsewhere. */
const ownPlace = /\bimport\.meta\.(dirname|dir|filename|path|file|url)\b/g;

/** Rejects with an Error for the operator. */
export async function bundleProgram(path: string): Promise<Bundle> {
  const built = await Bun.build({
    entrypoints: [path],
    target: "bun",
    format: "esm",
    sourcemap: "inline",
    throw: false,
    plugins: [{ name: "sluice", setup: plug }],
  });
  const [output] = built.outputs;
  if (!built.success || output === undefined)
    throw new Error(`its hooks cannot be put into one module: ${built.logs.map(({ message }) => message).join("; ")}`);
  const text = await output.text();
  return { text, digest: createHash("sha256").update(text).digest("hex").slice(0, 32) };
}

function plug(build: Bun.PluginBuilder): void {
  build.onResolve({ filter: /.*/ }, ({ path, importer }) => {
    if (importer === "" || path.startsWith(".")) return undefined;
    if (outside.test(path)) return { path, external: true };
    const place = Bun.resolveSync(path, dirname(importer));
    const isPackage = place.includes("/node_modules/") || !place.startsWith("/");
    return isPackage ? { path: place, external: true } : { path: place };
  });
  build.onLoad({ filter: code }, async ({ path, loader }) => ({
    contents: placed(await Bun.file(path).text(), path),
    loader,
  }));
}

function placed(text: string, path: string): string {
  const values: Record<string, string> = {
    dir: dirname(path),
    dirname: dirname(path),
    path,
    filename: path,
    file: basename(path),
    url: pathToFileURL(path).href,
  };
  return text.replaceAll(ownPlace, (_, word: string) => JSON.stringify(values[word]));
}
