// What `import … from "sluice"` gives: the words for writing a config in TypeScript. Nothing of the program itself is public.

export { type Definition, defineConfig } from "./config/define.ts";
export type {
  AccessLogInput,
  AdminInput,
  BalanceInput,
  CheckInput,
  ConfigInput,
  EjectionInput,
  ForwardingInput,
  IdleInput,
  LimitsInput,
  ListenerInput,
  ListenerTimeoutsInput,
  LogInput,
  PoolInput,
  PoolTimeoutsInput,
  QueueInput,
  RequestIdInput,
  RetryBudgetInput,
  ServerInput,
  StickyInput,
  TimeoutsInput,
} from "./config/types.ts";
