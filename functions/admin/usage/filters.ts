import { DIMENSIONS, type Dimension, type Dims } from '../../core/usage/groups.ts';

/** Values of which one must match, by dimension; a status is exact or a class such as `4xx`. */
export type Filters = { readonly [dimension in Dimension]?: readonly string[] | undefined };

export const statusClass = (status: string): string => `${status.charAt(0)}xx`;

const STATUS = DIMENSIONS.indexOf('status');
const PLACES: readonly (readonly [Dimension, number])[] = DIMENSIONS.map((name, place) => [name, place]);

/** A test for groups and rows by their dimensions. */
export function matcher(filters: Filters): (dims: Dims) => boolean {
  const wanted = PLACES.flatMap(([name, place]) => (filters[name] === undefined ? [] : [{ place, values: new Set(filters[name]) }]));
  return (dims) => wanted.every(({ place, values }) => {
    const value = dims[place] ?? '';
    return values.has(value) || (place === STATUS && values.has(statusClass(value)));
  });
}

/** What an entry or group belongs to when broken down: its value, or the class of its status. */
export function breakdownId(by: Dimension): (dims: Dims) => string {
  const place = DIMENSIONS.indexOf(by);
  return by === 'status' ? (dims) => statusClass(dims[place] ?? '') : (dims) => dims[place] ?? '';
}
