// A registry of packages that has none, and notes what it was asked for: with it in the environment whatever would fetch a package asks
// here, and nobody else.

export interface EmptyRegistry {
  readonly asked: readonly string[];
  /** `cache`: a folder of nobody else's. */
  env(cache: string): { readonly BUN_CONFIG_REGISTRY: string; readonly BUN_INSTALL_CACHE_DIR: string };
  stop(): Promise<void>;
}

export function emptyRegistry(): EmptyRegistry {
  const asked: string[] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: ({ url }) => {
      asked.push(url);
      return new Response("", { status: 404 });
    },
  });
  return {
    asked,
    env: (cache) => ({ BUN_CONFIG_REGISTRY: server.url.href, BUN_INSTALL_CACHE_DIR: cache }),
    stop: () => server.stop(true),
  };
}
