// Numbers that two rooms must agree on and that no operator sets. Each says what breaks if it were smaller.

/**
 * Descriptors that a worker keeps for connections to servers, whatever its clients hold. Keep-alive clients are idle nearly
 * always and share a few connections; if more than this many are busy at once while descriptors are short, the next dial fails.
 */
export const serverConnectionsReserved = 1024;
