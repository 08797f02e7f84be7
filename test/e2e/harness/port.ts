// Ports for servers of a test. Taken from below the range that the kernel gives to outgoing connections: a port from within it
// may be free when asked and belong to some client a moment later. And each process has slices of its own, for others test at the
// same time: a port that is free when two ask would be given to both, before either's server listens.

const first = 12_000;
const sliceSize = 250;
const slices = 80;
/** Whoever listens at door N has slice N, until it ends. */
const firstDoor = 11_800;
const left: number[] = [];

export function freePort(): number {
  for (;;) {
    if (left.length === 0) left.push(...shuffled(ownSlice()));
    const port = left.pop()!;
    if (isFree(port)) return port;
  }
}

/** One that nobody has yet; any when there is none. */
function ownSlice(): number[] {
  const numbers = shuffled(Array.from({ length: slices }, (_, index) => index));
  const slice = numbers.find((number) => opens(firstDoor + number)) ?? numbers[0]!;
  return Array.from({ length: sliceSize }, (_, index) => first + slice * sliceSize + index);
}

function shuffled(numbers: readonly number[]): number[] {
  return numbers
    .map((number) => ({ number, place: Math.random() }))
    .sort((one, other) => one.place - other.place)
    .map(({ number }) => number);
}

function opens(door: number): boolean {
  try {
    Bun.listen({ hostname: "127.0.0.1", port: door, exclusive: true, socket: { data() {} } }).unref();
    return true;
  } catch {
    return false;
  }
}

function isFree(port: number): boolean {
  try {
    Bun.listen({ hostname: "0.0.0.0", port, exclusive: true, socket: { data() {} } }).stop(true);
    return true;
  } catch {
    return false;
  }
}
