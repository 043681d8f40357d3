import { section } from '../message.ts';

export const rules = section('rules', {
  title: 'Rules', description: 'What happens to a request, in the order it happens',
} as const);
