import { RequestMethod, type Type } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { FASTIFY_ROUTE_CONFIG_METADATA } from '@nestjs/platform-fastify/constants.js';
import type { HttpCall } from '../call.js';

export interface RoutedCall {
  /** Lower case, as OpenAPI has it. */
  readonly method: string;
  /** With parameters in braces. */
  readonly path: string;
  readonly call: HttpCall;
}

/** The calls that controllers declare, in their order; a handler without one is not part of the API. */
export function callsOf(controllers: readonly Type[]): RoutedCall[] {
  return controllers.flatMap(controller => {
    const prototype = controller.prototype as object;
    const base = pathOf(controller);
    return Object.getOwnPropertyNames(prototype).flatMap((name): RoutedCall[] => {
      const handler = Object.getOwnPropertyDescriptor(prototype, name)!.value as object;
      const call = configOf(handler)?.call;
      if (call === undefined) return [];
      const path = [base, pathOf(handler)].filter(part => part !== '').join('/');
      const method = RequestMethod[Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod];
      return [{ method: method.toLowerCase(), path: `/${path.replace(/:(\w+)/g, '{$1}')}`, call }];
    });
  });
}

function configOf(handler: object): { call?: HttpCall } | undefined {
  return Reflect.getMetadata(FASTIFY_ROUTE_CONFIG_METADATA, handler) as { call?: HttpCall } | undefined;
}

function pathOf(target: object): string {
  return String(Reflect.getMetadata(PATH_METADATA, target) ?? '').replace(/^\/|\/$/g, '');
}
