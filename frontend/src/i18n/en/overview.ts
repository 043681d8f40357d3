import { section } from '../message.ts';

export const overview = section('overview', {
  title: 'System Overview', description: 'Requests, cost and routing for this gateway',
} as const);
