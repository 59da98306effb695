/** Compiles the service and what starts it; answers the folder that holds `src/main.js`. The caller removes it. */
export function compileService(): Promise<string>;
