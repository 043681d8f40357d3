import type { Operation } from './operation.ts';
import type { Role } from './ports.ts';

/** One line of the route table. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Segments in braces match one non-empty segment each. */
  readonly path: string;
  /** The least role that may run it; `person` = anybody signed in, member of a tenant or not; `public` = no token. */
  readonly role: Role | 'person' | 'public';
  readonly run: Operation;
}
