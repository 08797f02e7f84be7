// Style sheets are imported for the build to gather them into one (scripts/console.ts);
// in the code they are nothing.

declare module "*.css" {}
