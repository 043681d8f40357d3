import { section } from '../message.ts';

export const keys = section('keys', {
  title: 'API Keys', description: 'Your apps use these keys. Provider keys stay inside the gateway.',
} as const);
