import { useId } from 'react';
import type { UseFormReturn } from 'react-hook-form';
import type { CatalogueModel, ModelView } from '../../api/types.ts';
import { useFormat } from '../../format/use-format.ts';
import { models } from '../../i18n/en/models.ts';
import { useT } from '../../i18n/use-t.tsx';
import { useTierName } from '../../ui/badge.tsx';
import { SecretField, SelectField, TextField } from '../../ui/fields.tsx';
import { useFieldError } from '../../ui/form.ts';
import { ABILITIES, type ModelValues } from './model-values.ts';
import { PROVIDER_INFO, providerInfo } from './providers.ts';

export interface ModelFieldsProps {
  readonly form: UseFormReturn<ModelValues>;
  readonly catalogue: readonly CatalogueModel[];
  /** The model that is edited; absent for a new one. */
  readonly before?: ModelView | undefined;
  /** The id follows the provider's name until somebody types one. */
  readonly onUpstream?: (upstream: string) => void;
}

export function ModelFields({ form, catalogue, before, onUpstream }: ModelFieldsProps) {
  const t = useT(models);
  const f = useFormat();
  const errorOf = useFieldError();
  const list = useId();
  const { errors } = form.formState;
  const [provider, upstreamModel, apiKey] = form.watch(['provider', 'upstreamModel', 'apiKey']);
  const info = providerInfo(provider);
  const known = knownOf(catalogue, provider, upstreamModel);
  const upstreamHint = known?.price ? `${t('known', { input: f.exactMoney(known.price.input * 1e6), output: f.exactMoney(known.price.output * 1e6) })}${known.facts.contextWindow === undefined ? '' : ` · ${t('knownContext', { count: f.count(known.facts.contextWindow) } as never)}`}` : upstreamModel.trim() === '' ? t('upstreamHint') : t('unknownModel');
  const needs = (field: 'baseUrl' | 'apiVersion' | 'region'): boolean => info.needs?.includes(field) === true;
  const baseUrl = (hint: string, isOptional: boolean) => <TextField label={t('baseUrl')} hint={hint} isOptional={isOptional} error={errorOf(errors.baseUrl)} inputMode="url" autoComplete="off" spellCheck={false} {...form.register('baseUrl')} />;
  const upstreamField = form.register('upstreamModel', { onChange: (event: { target: { value: string } }) => onUpstream?.(event.target.value) });
  return (
    <>
      <SelectField label={t('provider')} data-autofocus {...form.register('provider')}>{PROVIDER_INFO.map(({ id, name }) => <option key={id} value={id}>{name}</option>)}</SelectField>
      {needs('baseUrl') && baseUrl(provider === 'azure' ? t('baseUrlAzure') : t('baseUrlHint'), false)}
      {needs('apiVersion') && <TextField label={t('apiVersion')} placeholder="2024-10-21" error={errorOf(errors.apiVersion)} autoComplete="off" {...form.register('apiVersion')} />}
      {needs('region') && <TextField label={t('region')} placeholder="eu-central-1" error={errorOf(errors.region)} autoComplete="off" {...form.register('region')} />}
      <TextField label={t('upstream')} hint={upstreamHint} error={errorOf(errors.upstreamModel)} list={list} autoComplete="off" spellCheck={false} {...upstreamField} />
      <datalist id={list}>{catalogue.filter((row) => row.provider === provider).map((row) => <option key={row.upstreamModel} value={row.upstreamModel} />)}</datalist>
      {before === undefined && <TextField label={t('id')} hint={t('idHint')} error={errorOf(errors.id)} autoComplete="off" spellCheck={false} {...form.register('id')} />}
      <SecretField label={t('apiKey')} isOptional={info.isKeyOptional === true} hint={<KeyHint provider={provider} typed={apiKey} before={before} />} error={errorOf(errors.apiKey)} {...form.register('apiKey')} />
      {before === undefined && <TierField form={form} />}
      <details className="details" open={errors.priceInput !== undefined || errors.priceOutput !== undefined || errors.priceCached !== undefined || errors.contextWindow !== undefined || errors.maxOutputTokens !== undefined || undefined}>
        <summary>{t('more')}</summary>
        <div className="stack"><Prices form={form} known={known} /><Facts form={form} known={known} />{!needs('baseUrl') && provider !== 'bedrock' && baseUrl(t('baseUrlOverride'), true)}</div>
      </details>
    </>
  );
}

/** Its row in the catalogue, with or without the day of a snapshot. */
export function knownOf(catalogue: readonly CatalogueModel[], provider: string, upstreamModel: string): CatalogueModel | undefined {
  const name = upstreamModel.trim();
  const find = (wanted: string): CatalogueModel | undefined => catalogue.find((row) => row.provider === provider && row.upstreamModel === wanted);
  return find(name) ?? find(name.replace(/-(?:\d{8}|\d{4}-\d{2}-\d{2}|latest)$/, ''));
}

function KeyHint({ provider, typed, before }: { readonly provider: string; readonly typed: string; readonly before: ModelView | undefined }) {
  const t = useT(models);
  const f = useFormat();
  const { prefix } = providerInfo(provider);
  if (prefix !== undefined && typed.trim().length > 4 && !typed.trim().startsWith(prefix)) return <span className="model-warn">{t('apiKeyPrefix', { prefix })}</span>;
  if (provider === 'bedrock') return t('apiKeyBedrock');
  if (before === undefined) return t('apiKeyHint');
  if (before.credentials.length > 1) return t('apiKeyMany', { count: before.credentials.length });
  if (before.credential === null) return t('apiKeyNone');
  return t('apiKeyKeep', { last4: before.credential.last4, date: f.dateTime(before.credential.updatedAt, 'day', new Intl.DateTimeFormat().resolvedOptions().timeZone) });
}

function TierField({ form }: { readonly form: UseFormReturn<ModelValues> }) {
  const t = useT(models);
  const tierName = useTierName();
  return <SelectField label={t('tier')} hint={t('tierHint')} {...form.register('tier')}><option value="">{t('tierNone')}</option>{['simple', 'moderate', 'complex'].map((tier) => <option key={tier} value={tier}>{tierName(tier)}</option>)}</SelectField>;
}

function Prices({ form, known }: { readonly form: UseFormReturn<ModelValues>; readonly known: CatalogueModel | undefined }) {
  const t = useT(models);
  const f = useFormat();
  const errorOf = useFieldError();
  const { errors } = form.formState;
  const field = (name: 'priceInput' | 'priceOutput' | 'priceCached', label: string, listed: number | undefined) => <TextField label={label} type="number" inputMode="decimal" min="0" step="any" placeholder={listed === undefined ? '' : String(listed)} error={errorOf(errors[name])} {...form.register(name)} />;
  return (
    <fieldset className="field-set">
      <legend>{t('ownPrice')}</legend>
      <div className="model-prices">{field('priceInput', t('priceInput'), known?.price?.input)}{field('priceOutput', t('priceOutput'), known?.price?.output)}{field('priceCached', t('priceCached'), known?.price?.cacheRead)}</div>
      <p className="field__hint">{known?.price ? t('priceEmpty', { input: f.exactMoney(known.price.input * 1e6), output: f.exactMoney(known.price.output * 1e6) }) : t('priceEmptyUnknown')}</p>
    </fieldset>
  );
}

function Facts({ form, known }: { readonly form: UseFormReturn<ModelValues>; readonly known: CatalogueModel | undefined }) {
  const t = useT(models);
  const errorOf = useFieldError();
  const { errors } = form.formState;
  const say = (value: boolean | undefined): string => (value === undefined ? t('asKnown') : `${t('asKnown')}: ${value ? t('yes') : t('no')}`);
  return (
    <>
      <div className="form-grid">
        <TextField label={t('maxOutput')} hint={t('maxOutputHint')} type="number" min="1" step="1" placeholder={known?.facts.maxOutput === undefined ? '' : String(known.facts.maxOutput)} error={errorOf(errors.maxOutputTokens)} {...form.register('maxOutputTokens')} />
        <TextField label={t('contextWindow')} type="number" min="1" step="1" placeholder={known?.facts.contextWindow === undefined ? '' : String(known.facts.contextWindow)} error={errorOf(errors.contextWindow)} {...form.register('contextWindow')} />
      </div>
      <div className="form-grid">{ABILITIES.map((name) => <SelectField key={name} label={t(name)} {...form.register(name)}><option value="">{say(known?.facts[name])}</option><option value="yes">{t('yes')}</option><option value="no">{t('no')}</option></SelectField>)}</div>
      <p className="field__hint">{t('factsHint')}</p>
    </>
  );
}
