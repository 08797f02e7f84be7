// What only a pool that was ipmanager's needs: the address of ipmanager's own pages, and the settings that they show. It is written
// by the front-end for ipmanager's file (foreign/ipmanager) and read by control, which has the pages and the names of its metrics. A
// config of our own has no need of it: the admin interface knows more.

import { z } from "zod";
import { readListenAddress } from "../base/address.ts";
import type { IpmanagerInput } from "./input.ts";
import { listenExpected, named, says, section, text, words } from "./term.ts";
import type { Ipmanager } from "./types.ts";

const setting = z.union([z.string(), z.number(), z.boolean()], { error: says("a text, a number, true or false") });

export const ipmanager: z.ZodType<Ipmanager, IpmanagerInput> = section({
  listen: text(listenExpected, readListenAddress).describe(
    "Where ipmanager's pages and metrics are, which it calls its probe port. Those that tell or change more than health are for this machine alone, or for who shows admin.token.",
  ),
  egress: words("the name of an egress pool", /^[^\0]{1,64}$/).describe("The egress pool that they are about."),
  settings: named(setting, "settings").default({}).describe("What /api/config shows: ipmanager's own keys."),
}).meta({
  id: "Ipmanager",
  description: "The pages and metrics that ipmanager has, for a config that was ipmanager's.",
});
