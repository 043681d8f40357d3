/** A virtual key as stored: never the secret, only its peppered hash. */
export interface KeyRecord {
  readonly keyId: string;
  readonly tenantId: string;
  readonly name: string;
  readonly env: 'live' | 'test';
  /** base64 HMAC-SHA-256(pepper, secret part). */
  readonly hash: string;
  readonly last4: string;
  readonly rpm: number | null;
  readonly tpm: number | null;
  readonly maxParallel: number | null;
  readonly dailyUsd: number | null;
  readonly monthlyUsd: number | null;
  readonly budgetAction: 'block' | 'warn';
  readonly allowedModels: readonly string[] | null;
  /** RFC 3339. */
  readonly expiresAt: string | null;
  readonly revokedAt: string | null;
  readonly strict: boolean;
  readonly logContent: boolean;
  readonly createdAt: string;
  readonly version: number;
}
