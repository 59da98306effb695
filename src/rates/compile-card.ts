import type { FieldError } from '../shared/ledger-error.js';
import type { CardDefinition, PriceRuleDefinition, RateDefinition } from './card-definition.js';
import type { CompiledCard, CompiledCharge, CompiledPrice, CompiledRate, CompiledRates } from './compiled-card.js';
import { priceOf, quantityOf } from './fixed-point.js';
import { covers, patternsOf } from './property-pattern.js';

/** Makes a card ready to price events. Pure; a definition without `definitionErrors`. */
export function compileCard(card: string, version: number, definition: CardDefinition): CompiledCard {
  const meters = Object.entries(definition.meters).map(([name, { charges }]) => {
    const compiled = charges.map((charge): CompiledCharge => ({
      unit: charge.unit,
      per: quantityOf(charge.per),
      minimum: priceOf(charge.minimum ?? '0'),
      rounding: charge.rounding ?? definition.rounding,
      prices: charge.prices.map(compilePrice),
    }));
    return [name, { charges: compiled }] as const;
  });
  return { card, version, meters: new Map(meters) };
}

/** What a schema cannot say: units named twice, steps that do not rise, prices that no event ever reaches. */
export function definitionErrors({ meters }: CardDefinition, part: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [name, { charges }] of Object.entries(meters)) {
    charges.forEach(({ unit, prices }, index) => {
      const at = `${part}.meters.${name}.charges[${index}]`;
      if (charges.findIndex(other => other.unit === unit) < index) {
        errors.push({ location: `${at}.unit`, message: 'is named twice in this meter' });
      }
      errors.push(...unreachedPrices(prices, `${at}.prices`));
      prices.forEach((price, place) => errors.push(...stepErrors(price, `${at}.prices[${place}]`)));
    });
  }
  return errors;
}

function compilePrice({ match, base, rate, rates }: PriceRuleDefinition): CompiledPrice {
  return { match: patternsOf(match), base: priceOf(base ?? '0'), rates: compileRates(rate, rates) };
}

function compileRates(rate: RateDefinition | undefined, rates: PriceRuleDefinition['rates']): CompiledRates {
  if (rate !== undefined) return { by: 'amount', rate: compileRate(rate) };
  if (rates === undefined) return { by: 'any' };
  return { by: 'kind', rates: new Map(Object.entries(rates).map(([kind, each]) => [kind, compileRate(each)])) };
}

function compileRate(rate: RateDefinition): CompiledRate {
  if (typeof rate === 'string') return { type: 'flat', price: priceOf(rate) };
  const [type, steps] =
    'graduated' in rate ? (['graduated', rate.graduated] as const) : (['volume', rate.volume] as const);
  return {
    type,
    steps: steps.map(({ up_to: upTo, price, flat }) => ({
      upTo: upTo === undefined ? null : quantityOf(upTo),
      price: priceOf(price),
      flat: priceOf(flat ?? '0'),
    })),
  };
}

/** The first price that matches counts, so one behind a wider one is a mistake that nobody would notice. */
function unreachedPrices(prices: readonly PriceRuleDefinition[], part: string): FieldError[] {
  const patterns = prices.map(({ match }) => patternsOf(match));
  return patterns.flatMap((inner, index) => {
    const before = patterns.slice(0, index).findIndex(outer => covers(outer, inner));
    if (before < 0) return [];
    return [
      { location: `${part}[${index}]`, message: `is never reached: ${part}[${before}] matches all that it does` },
    ];
  });
}

function stepErrors({ rate, rates }: PriceRuleDefinition, part: string): FieldError[] {
  const all: [string, RateDefinition][] = Object.entries(rates ?? {}).map(([kind, each]) => [
    `${part}.rates.${kind}`,
    each,
  ]);
  if (rate !== undefined) all.push([`${part}.rate`, rate]);
  return all.flatMap(([at, each]) => {
    if (typeof each === 'string') return [];
    const [type, steps] =
      'graduated' in each ? (['graduated', each.graduated] as const) : (['volume', each.volume] as const);
    return steps.flatMap(({ up_to: bound }, index) => {
      const before = steps[index - 1]?.up_to;
      if (bound === undefined || before === undefined || quantityOf(bound) > quantityOf(before)) return [];
      return [{ location: `${at}.${type}[${index}].up_to`, message: 'must be more than the step before has' }];
    });
  });
}
