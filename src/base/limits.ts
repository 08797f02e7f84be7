// Numbers that two rooms must agree on and that no operator sets: one room acts by them, another warns or documents by them.
// Each says where it comes from and what breaks if it were smaller.

/**
 * Descriptors that a worker keeps for connections to servers, whatever its clients hold. Keep-alive clients are idle nearly
 * always and share a few connections; if more than this many are busy at once while descriptors are short, the next dial fails.
 */
export const serverConnectionsReserved = 1024;

/**
 * The most connections that a listener can be told to take, which is as good as no limit: descriptors run out long before, and
 * workers then wait with accepting. Nobody who writes it expects a process to have files for so many.
 */
export const connectionsUnlimited = 10_000_000;

/** What a listener takes at once unless its config says otherwise. */
export const clientConnectionsUsual = 20_000;

/**
 * Threads of the runtime's pool in every process that serves. It starts them as they are needed, and has as many as there are cores
 * unless it is told otherwise; but each name that is looked up holds one, for many seconds where no name server answers, and files,
 * passwords and bodies wait for the same threads. What takes of the processor there is bounded by itself (data/places.ts).
 */
export const runtimeThreads = 64;

/** Names that a process looks up at once: half of the threads are left for the rest, whatever name servers do. */
export const lookupsMax = 32;
