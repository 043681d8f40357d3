import { section } from '../message.ts';

export const analytics = section('analytics', {
  title: 'Analytics', description: 'Usage, cost, speed and errors',
} as const);
