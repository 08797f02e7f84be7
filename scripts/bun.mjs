// Finds the pinned Bun, installing the project's dependencies first where a clone has none; run as a program, it
// starts the script named in its arguments on that Bun. Plain JavaScript for Node 20 and later: it runs before Bun is there.
// The binary is inside an npm package whether or not install scripts were allowed to run: the `bun` package holds it
// once its postinstall has moved it there, @oven/bun-<platform> holds it before that.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, lstatSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const BINARY_BYTES_MIN = 1_000_000; // the placeholder that stands there before postinstall is a few hundred bytes

const isBinary = (path) => existsSync(path) && statSync(path).size > BINARY_BYTES_MIN;

function packageFolders(root) {
  const require = createRequire(join(root, "package.json"));
  const os = process.platform;
  const cpu = process.arch === "arm64" ? "aarch64" : "x64";
  const names = ["bun", `@oven/bun-${os}-${cpu}`, `@oven/bun-${os}-${cpu}-musl`];
  return names.flatMap((name) => {
    try {
      return [dirname(require.resolve(`${name}/package.json`))];
    } catch {
      return [];
    }
  });
}

/** The path of the pinned Bun, or undefined when it is not installed. */
export function findBun(root) {
  const wanted = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).dependencies.bun;
  for (const folder of packageFolders(root)) {
    if (JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).version !== wanted) continue;
    for (const file of ["bun.exe", "bun"]) {
      const path = join(folder, "bin", file);
      if (isBinary(path) && spawnSync(path, ["--version"]).status === 0) return path;
    }
  }
  return undefined;
}

/** The path of the pinned Bun; installs the dependencies of a fresh clone when it is missing. Ends the process when it cannot. */
export function ensureBun(root) {
  const found = isInstalled(root) ? findBun(root) : undefined;
  if (found !== undefined) return found;
  if (existsSync(join(root, "package-lock.json")) && !isLink(join(root, "node_modules"))) {
    const installed = alone(root, () => install(root));
    if (installed !== undefined) return installed;
  }
  process.stderr.write(
    `sluice: Bun for ${process.platform}-${process.arch} is not installed. Run \`npm ci\` in ${root} and look at what it says;\n` +
      "        optional dependencies must not be omitted.\n",
  );
  process.exit(1);
}

function install(root) {
  // Another may have done it while we waited.
  const found = isInstalled(root) ? findBun(root) : undefined;
  if (found !== undefined) return found;
  process.stderr.write("sluice: installing dependencies (npm ci) …\n");
  const args = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
  const result = spawnSync("npm", args, { cwd: root, stdio: ["ignore", 2, 2] });
  return result.status === 0 ? findBun(root) : undefined;
}

const WAIT_MS = 200;
const WAITS_MAX = 3000; // ten minutes

/** Two that install into one folder at once take away what the other has just written: one waits for the other. */
function alone(root, work) {
  const lock = join(tmpdir(), `sluice-install-${createHash("sha256").update(root).digest("hex").slice(0, 16)}`);
  for (let waits = 0; waits < WAITS_MAX; waits++) {
    try {
      mkdirSync(lock);
    } catch (error) {
      if (error.code !== "EEXIST") break;
      if (waits === 5) process.stderr.write("sluice: waiting for another that installs the dependencies …\n");
      if (waits > 5 && !isHeld(lock)) rmSync(lock, { recursive: true, force: true });
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, WAIT_MS);
      continue;
    }
    try {
      writeFileSync(join(lock, "pid"), String(process.pid));
      return work();
    } finally {
      rmSync(lock, { recursive: true, force: true });
    }
  }
  return work();
}

/** Whether the process that holds the lock is still there. */
function isHeld(lock) {
  try {
    process.kill(Number(readFileSync(join(lock, "pid"), "utf8")), 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

/** A clone is installed when the lock file it was installed from is the one it has now; a packed sluice has no lock file. */
function isInstalled(root) {
  const lock = join(root, "package-lock.json");
  // What a link leads to is somebody else's, and npm would empty it.
  if (!existsSync(lock) || isLink(join(root, "node_modules"))) return true;
  const installed = join(root, "node_modules", ".package-lock.json");
  return existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs - 1000;
}

const isLink = (path) => lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = join(dirname(fileURLToPath(import.meta.url)), "..");
  const child = spawn(ensureBun(root), process.argv.slice(2), { stdio: "inherit", cwd: root });
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
}
