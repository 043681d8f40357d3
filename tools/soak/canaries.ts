/** A secret in every form in which it might have been written down. */
const formsOf = (secret: string | Uint8Array): Buffer[] => {
  const bytes = Buffer.from(secret);
  return [bytes, Buffer.from(bytes.toString('hex')), Buffer.from(bytes.toString('base64').replaceAll('=', '')), Buffer.from(bytes.toString('base64url'))];
};

/** Too short a text would be found by chance. */
const LEAST_BYTES = 12;

/**
 * Where secrets are found that must not be: `<name> in <place>` for each. A text secret is looked for as it is, in hex and in base64; a
 * key of raw bytes too. Throws for a secret that is too short to be looked for.
 */
export function leaks(secrets: ReadonlyMap<string, string | Uint8Array>, places: Iterable<readonly [name: string, bytes: Buffer]>): string[] {
  const forms = [...secrets].map(([name, secret]) => {
    if (secret.length < LEAST_BYTES) throw new Error(`${name} is too short to be looked for`);
    return [name, formsOf(secret)] as const;
  });
  const found: string[] = [];
  for (const [place, bytes] of places) for (const [name, own] of forms) if (own.some((form) => bytes.includes(form))) found.push(`${name} in ${place}`);
  return found;
}

/** Files of a data folder of which each is one secret. */
export const SECRET_FILES: ReadonlySet<string> = new Set(['master.key', 'admin-token', 'signing-key.json']);
