// Amounts of bytes as all commands show them, in the units of 1024 in which sizes are read (base/size.ts): what one command calls
// 11.2 MiB is that to another. For machines there is --json, which rounds nothing.

/** `0 B`, `812 B`, `1.2 KiB`, `34.5 MiB`. */
export function bytesText(bytes: number): string {
  const units = ["KiB", "MiB", "GiB", "TiB", "PiB"];
  if (bytes < 1024) return `${bytes} B`;
  let value = bytes;
  let unit = -1;
  // What would be rounded up to 1024.0 is 1.0 of the next.
  while (value >= 1023.95 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${value.toFixed(1)} ${units[unit]}`;
}
