import { section } from '../message.ts';

export const settings = section('settings', {
  title: 'Settings', description: 'Limits, people and tokens of this gateway',
} as const);
