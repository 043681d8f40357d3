/** What is stored of a credential: base64 fields, AES-256-GCM under a data key of its own. */
export interface SealedRecord {
  readonly v: 1;
  readonly encryptedKey: string;
  readonly nonce: string;
  /** ciphertext without the tag */
  readonly ciphertext: string;
  readonly tag: string;
}

/** Encryption context and GCM additional data at once: a record opens only where it was sealed. */
export interface SealContext {
  readonly app: string;
  readonly tenantId: string;
  readonly credentialId: string;
  readonly purpose: string;
}

/** The sealing half of a key service: all that the control plane gets. */
export interface SealingKeys {
  /** A fresh 256-bit data key, in clear and wrapped under the master key with this context. */
  generateDataKey(context: SealContext): Promise<{ plaintext: Uint8Array; encrypted: Uint8Array }>;
}

/** The opening half: the data plane's alone. Throws when the context differs in any field. */
export interface OpeningKeys {
  decryptDataKey(encrypted: Uint8Array, context: SealContext): Promise<Uint8Array>;
}

/** The pepper under which virtual-key secrets are stored: 32 bytes, fetched once per process. */
export interface PepperKeys {
  pepper(): Promise<Uint8Array>;
}
