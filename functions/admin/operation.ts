import type * as z from 'zod/mini';
import type { AdminCall, Reply } from './ports.ts';

type Schema = z.ZodMiniType;
type Parsed<S> = S extends Schema ? z.infer<S> : undefined;

/** What the outside may send to an operation and gets from it: checked on the way in, published in the OpenAPI document. */
export interface OperationShape<Q extends Schema | undefined, B extends Schema | undefined> {
  /** One sentence for the OpenAPI document. */
  readonly summary: string;
  /** Strict object of query parameters (texts); absent = none allowed. */
  readonly query?: Q;
  /** Strict schema of the JSON body; absent = no body. */
  readonly body?: B;
  /** Schema of the JSON answer, or the media types of a streamed file, or the media type of a text. */
  readonly answer: Schema | { readonly file: readonly string[] } | { readonly text: string };
  /** Of success. Default 200. */
  readonly status?: 200 | 201 | 202;
  /** `required`: `If-Match` with the version that was read must be sent. */
  readonly ifMatch?: 'required' | 'optional';
}

/** One operation of the admin API, with the types of its parts forgotten: `serveAdmin` has checked them. */
export interface Operation extends OperationShape<Schema | undefined, Schema | undefined> {
  readonly handle: (call: AdminCall) => Promise<Reply>;
}

/** Ties a handler to its shape. `handle` throws `AdminError` for anything but success. */
export function operation<Q extends Schema | undefined = undefined, B extends Schema | undefined = undefined>(
  shape: OperationShape<Q, B>, handle: (call: AdminCall<Parsed<Q>, Parsed<B>>) => Promise<Reply>,
): Operation {
  return { ...shape, query: shape.query, body: shape.body, handle: handle as Operation['handle'] };
}
