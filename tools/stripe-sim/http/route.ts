import type { Params } from './params.js';

export type Method = 'GET' | 'POST' | 'DELETE';

/** What a route is asked. */
export interface Call {
  readonly params: Params;
  /** What stands in the path where the route has `:id`, decoded. */
  readonly ids: readonly string[];
}

export interface Route {
  readonly method: Method;
  /** `/v1/customers/:id`. */
  readonly path: string;
  handle(call: Call): object;
}

export interface Match {
  readonly route: Route;
  readonly ids: readonly string[];
}

/** Finds the route of a request; a path that is written out goes before one with `:id`. */
export class Router {
  private readonly routes: readonly { route: Route; parts: readonly string[] }[];

  constructor(routes: readonly Route[]) {
    this.routes = routes
      .map(route => ({ route, parts: route.path.split('/') }))
      .sort((a, b) => placesOf(a.parts) - placesOf(b.parts));
  }

  find(method: string, path: string): Match | undefined {
    const asked = path.split('/');
    for (const { route, parts } of this.routes) {
      if (route.method !== method || parts.length !== asked.length) continue;
      const ids: string[] = [];
      const fits = parts.every((part, index) => {
        if (part !== ':id') return part === asked[index];
        const id = decoded(asked[index]!);
        if (id !== undefined) ids.push(id);
        return id !== undefined && id !== '';
      });
      if (fits) return { route, ids };
    }
    return undefined;
  }
}

function placesOf(parts: readonly string[]): number {
  return parts.filter(part => part === ':id').length;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
