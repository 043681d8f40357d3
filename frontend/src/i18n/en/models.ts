import { section } from '../message.ts';

export const models = section('models', {
  title: 'Models', description: 'Where requests can go, and what that costs',
} as const);
