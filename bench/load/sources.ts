// Source addresses for the users, out of 127.0.0.0/8, which Linux has whole on its loopback interface: 127.1.0.1 and on, without
// .0 and .255. With as many addresses as users, or fewer, a user has one, as with k6's --local-ips; with more it has several.

const perBlock = 254;
export const sourcesMax: number = 254 * 256 * perBlock;

/** Of user `user` of so many; one address in all is left to the system, which takes 127.0.0.1. */
export function sourcesOf(user: number, users: number, count: number): readonly string[] {
  if (count <= 1) return [""];
  if (count <= users) return [address(user % count)];
  const own: string[] = [];
  for (let index = user; index < count; index += users) own.push(address(index));
  return own;
}

function address(index: number): string {
  const block = Math.floor(index / perBlock);
  return `127.${1 + (block >> 8)}.${block & 255}.${1 + (index % perBlock)}`;
}
