// Files of the web console, built into console/dist/ and imported as the text that they are, so that one executable has them in it. The
// compiler knows nothing of imports `with { type: "text" }` and would read the script as a module of ours; here it is told that each is a
// text. Declarations only: how they are served stands in console.ts.

declare module "*/console.js" {
  const text: string;
  export = text;
}

declare module "*/console.css" {
  const text: string;
  export = text;
}

declare module "*.svg" {
  const text: string;
  export = text;
}
