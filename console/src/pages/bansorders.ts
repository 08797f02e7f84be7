// What can be done about bans, as questions that are asked first: an address or block is banned, what is said of a ban is changed, a ban
// is lifted. Tables and requests offer the same for the address that they show. What was refused stands in the question, in Sluice's words.

import type { BanAnswer, UnbanAnswer } from "../../../src/control/api/bans.ts";
import type { BanRecord } from "../../../src/control/ban.ts";
import { actor, ask } from "../data/api.ts";
import type { FieldOf } from "../parts/dialog.tsx";
import { askFirst } from "../parts/dialog.tsx";
import { dateTime } from "../text/format.ts";

const force: FieldOf = {
  ...{ name: "force", title: "Force", type: "checkbox" },
  hint: "Loopback addresses and very wide blocks are banned with it only",
};

/** `known` null: the address is asked for too. */
export function ban(known: string | null, told: () => void = () => {}): void {
  const address: FieldOf = {
    ...{ name: "address", title: "Address or block", isRequired: true },
    hint: "203.0.113.7, or a block: 203.0.113.0/24, 2001:db8::/32",
  };
  askFirst({
    title: known === null ? "Ban an address" : `Ban ${known}?`,
    text: "It is given no service by any listener, from now on.",
    action: "Ban",
    isDangerous: true,
    fields: [
      ...(known === null ? [address] : []),
      { name: "for", title: "For how long", value: "1h", hint: "Such as 10m or 1h; empty: until it is lifted" },
      { name: "reason", title: "Why" },
      force,
    ],
    act: async (given) => {
      const { for: length = "", reason = "" } = given;
      const body = {
        address: known ?? given["address"] ?? "",
        ...(length.trim() === "" ? {} : { for: length.trim() }),
        ...{ reason, by: actor() },
        ...(given["force"] === undefined ? {} : { force: true }),
      };
      const answer = await ask<BanAnswer>("/api/v1/bans", { method: "POST", body });
      told();
      return `${answer.ban.address} is banned${answer.former === null ? "" : ", as it was before"}`;
    },
  });
}

/** A ban of the same block takes the place of this one. */
export function change({ address, reason, until }: BanRecord, told: () => void): void {
  const end = until === null ? "until it is lifted" : `until ${dateTime(until)}`;
  askFirst({
    title: `Change the ban of ${address}`,
    text: "It stays in force all the while.",
    action: "Change",
    fields: [
      { name: "for", title: "For how long from now on", hint: `Such as 10m or 1h; empty: as it is, ${end}` },
      { name: "reason", title: "Why", value: reason },
    ],
    act: async ({ for: length = "", reason: why = "" }) => {
      const wanted = length.trim();
      const ends = wanted !== "" ? { for: wanted } : until === null ? {} : { until };
      // What is a slip elsewhere was meant here.
      const body = { address, ...ends, reason: why, by: actor(), force: true };
      await ask<BanAnswer>("/api/v1/bans", { method: "POST", body });
      told();
      return `The ban of ${address} is changed`;
    },
  });
}

export function lift({ address }: BanRecord, told: () => void): void {
  askFirst({
    title: `Lift the ban of ${address}?`,
    text: "It is served again by all listeners, from now on.",
    action: "Lift",
    act: async () => {
      const path = `/api/v1/bans/${encodeURIComponent(address)}`;
      const { around } = await ask<UnbanAnswer>(path, { method: "DELETE" });
      told();
      const still = around === null ? "" : `, but it lies in ${around.address}, which still is`;
      return `${address} is banned no more${still}`;
    },
  });
}
