// What `import … from "sluice"` gives: the words for writing a config in TypeScript, each section under the name of its type.
// Nothing of the program itself is public: it is run, not called.

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
} from "./config/input.ts";
