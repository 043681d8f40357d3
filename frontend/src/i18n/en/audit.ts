import { section } from '../message.ts';

export const audit = section('audit', {
  title: 'Audit Log', description: 'Every request and every change',
} as const);
