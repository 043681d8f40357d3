/** A file of the built dashboard: `name` is its path with `/`, none at the beginning. */
export interface SiteFile { readonly name: string; readonly body: Uint8Array }
export interface SiteObject extends SiteFile { readonly cacheControl: string }
/** Where the pages lie. */
export interface SiteBucket {
  put(object: SiteObject): Promise<void>;
  /** Removes every object. */
  empty(): Promise<void>;
}

/** Names under it carry the hash of the content, so what they hold never changes. */
const HASHED = 'assets/';
const AT_ONCE = 8;

/**
 * Puts the dashboard's files and its `/config.json` into the bucket, the page itself last: whoever opens it finds
 * everything that it names. Files of earlier builds stay, for pages that are open. Repeating it changes nothing.
 */
export async function publish(bucket: SiteBucket, files: readonly SiteFile[], config: string): Promise<void> {
  const page = files.filter(({ name }) => name === 'index.html');
  if (page.length === 0) throw new Error('the dashboard has no index.html');
  const others: SiteFile[] = [...files.filter(({ name }) => name !== 'index.html' && name !== 'config.json'), { name: 'config.json', body: new TextEncoder().encode(config) }];
  for (let at = 0; at < others.length; at += AT_ONCE) await Promise.all(others.slice(at, at + AT_ONCE).map((file) => bucket.put(cached(file))));
  for (const file of page) await bucket.put(cached(file));
}

const cached = (file: SiteFile): SiteObject => ({ ...file, cacheControl: cacheControlOf(file.name) });

function cacheControlOf(name: string): string {
  if (name.startsWith(HASHED)) return 'public, max-age=31536000, immutable';
  return name === 'config.json' ? 'no-store' : 'no-cache';
}
