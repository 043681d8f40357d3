import type { Conversation } from '../core/conversation.ts';
import { codecs } from '../core/dialects/dialect.ts';
import { rejectInfrastructureFields, scanBody, type BodyScan } from '../core/dialects/json-scan.ts';
import { readEmbeddingsRequest } from '../core/dialects/openai-embeddings/read-request.ts';
import { parseJson, requireJson } from '../core/dialects/json-text.ts';
import type { Exchange } from './exchange.ts';

const BOUNDS = { maxDepth: 64, maxKeys: 100_000 };

/** A request body that passed every bound, in three views: its bytes, where its top-level members lie, and its meaning. */
export interface Asked {
  readonly bytes: Uint8Array;
  readonly scan: BodyScan;
  readonly conversation: Conversation;
}

/** Reads and checks the body. Everything wrong with it is a 4xx here, before anything is spent. */
export async function read(exchange: Exchange): Promise<Asked> {
  const { bytes, scan, json } = await readJson(exchange);
  const { format } = exchange;
  const conversation = format === 'openai-embeddings' ? readEmbeddingsRequest(json) : codecs[format].readRequest(json);
  exchange.seen.model = conversation.model;
  return { bytes, scan, conversation };
}

export async function readJson(exchange: Exchange): Promise<{ bytes: Uint8Array; scan: BodyScan; json: unknown }> {
  const { request } = exchange;
  requireJson(request.headers);
  const bytes = await request.body();
  const scan = scanBody(bytes, BOUNDS);
  rejectInfrastructureFields(scan.members.keys(), request.query, request.headers);
  const json = parseJson(bytes);
  if (!scan.repeated) return { bytes, scan, json };
  // Of a repeated name the last one counts here; another parser may think otherwise, so only that one travels.
  const clean = Buffer.from(JSON.stringify(json));
  return { bytes: clean, scan: scanBody(clean, BOUNDS), json };
}
