import type { Tool } from '../../conversation.ts';
import { stringOf, type Fields } from '../fields.ts';

/*
 * The Responses API can put tools into a namespace; a call then says the tool's name and the namespace apart. No other
 * API has that, so the neutral name carries both, in the form that agents also give the tools of MCP servers.
 */

/** The neutral name of what `item`, a tool, a call or a choice, calls `name`. */
export function neutralName(item: Fields, name: string, path = ''): string {
  const namespace = stringOf(item, 'namespace', path);
  return namespace === undefined || namespace === '' ? name : joined(namespace, name);
}

export function joined(namespace: string, name: string): string {
  return `${namespace}__${name}`;
}

/** Tools on the wire: each as `write` has it, those of a namespace as that namespace, once, where its first tool stands. */
export function wireTools(tools: readonly Tool[], write: (tool: Tool) => unknown): unknown[] {
  const written = new Set<unknown>();
  return tools.flatMap((tool) => {
    const { namespace } = tool;
    if (namespace === undefined) return [write(tool)];
    if (written.has(namespace.raw)) return [];
    written.add(namespace.raw);
    return [namespace.raw];
  });
}

/** Name and namespace of a tool, as a call on the wire says them. */
export interface WireName { readonly name: string; readonly namespace?: string }

/** From neutral names to those on the wire. */
export function wireNames(tools: readonly Tool[]): (name: string) => WireName {
  const known = new Map(tools.flatMap(({ name, namespace }) => (namespace === undefined ? [] : [[name, { name: namespace.tool, namespace: namespace.name }] as const])));
  return (name) => known.get(name) ?? { name };
}
