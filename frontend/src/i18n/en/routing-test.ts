import { section } from '../message.ts';

export const routingTest = section('routingTest', {
  title: 'Routing Test', description: 'See which model a request would go to, and why. Nothing is sent to a provider.',
} as const);
