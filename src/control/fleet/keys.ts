// What a fleet keeps in Redis, by name. All of one fleet has one hash tag, so that a script may touch several keys of it wherever it
// runs. Names of fleets and tables are the config's; nothing in them can be taken for another's.
//
//   sluice:{FLEET}:meta                   hash  epoch of bans and orders, and how many there have been; a channel too, of news of them
//   sluice:{FLEET}:nodes  ...:said        zset  node > last seen (ms)      hash  node > what it last said of itself
//   sluice:{FLEET}:bans   ...:order       hash  block > its last change    zset  block > number of its last change
//   sluice:{FLEET}:orders                 zset  what operators changed in shared tables, by number
//   sluice:{FLEET}:table:NAME:SHAPE       hash  epoch, marks told so far, a row for each node
//     ...:EPOCH:KEY  ...:EPOCH:marks      packed entries; zset  key > number of its mark

export interface FleetKeys {
  readonly meta: string;
  readonly nodes: string;
  readonly said: string;
  readonly bans: string;
  readonly bansOrder: string;
  readonly bansEnds: string;
  readonly orders: string;
}

export function keysOf(fleet: string): FleetKeys {
  const root = `sluice:{${fleet}}`;
  return {
    meta: `${root}:meta`,
    nodes: `${root}:nodes`,
    said: `${root}:said`,
    bans: `${root}:bans`,
    bansOrder: `${root}:bans:order`,
    bansEnds: `${root}:bans:ends`,
    orders: `${root}:orders`,
  };
}

export function tableKeyOf(fleet: string, table: string, shape: string): string {
  return `sluice:{${fleet}}:table:${table}:${shape}`;
}

/** What nobody has touched for so long is forgotten by Redis, even where the config lets entries last for ever. */
export const forgottenMs: number = 30 * 86_400_000;
