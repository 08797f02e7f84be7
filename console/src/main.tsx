// Where the console begins: it starts what listens (events, keys, the address, the theme) and puts the shell into the page. The order of
// style sheets is the one in which they stand here.

import { render } from "preact";
import { App } from "./app.tsx";
import { startStore } from "./data/store.ts";
import { watchKeys } from "./keys.ts";
import { watchPlace } from "./router.ts";
import { watchTheme } from "./theme.ts";
import "uplot/dist/uPlot.min.css";
import "./style/base.css";
import "./style/shell.css";
import "./style/parts.css";
import "./style/pages.css";
import "./style/control.css";

watchTheme();
watchPlace();
watchKeys();
startStore();
render(<App />, document.body);
