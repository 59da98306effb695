import { invalid, missingParameter, unknownParameter } from './fault.js';
import type { Form } from './form.js';

/** Stripe's bounds of metadata. */
const MOST_METADATA_KEYS = 50;
const LONGEST_METADATA_KEY = 40;
const LONGEST_METADATA_VALUE = 500;
const LONGEST_TEXT = 5_000;

/**
 * The parameters of a request, read by name. What nobody read is refused by `nothingElse()`, so that a parameter which the
 * simulator does not know can never be passed over in silence.
 */
export class Params {
  private readonly asked = new Set<string>();
  private readonly nested: Params[] = [];

  constructor(
    private readonly form: Form,
    private readonly path = '',
  ) {}

  nameOf(name: string): string {
    return this.path === '' ? name : `${this.path}[${name}]`;
  }

  has(name: string): boolean {
    return this.form[name] !== undefined;
  }

  isText(name: string): boolean {
    return typeof this.form[name] === 'string';
  }

  /** True where the caller sent an empty text, which is how a value is taken away. */
  clears(name: string): boolean {
    this.asked.add(name);
    return this.form[name] === '';
  }

  text(name: string): string | undefined {
    const value = this.raw(name);
    if (value === undefined || value === '') return undefined;
    if (typeof value !== 'string') throw invalid(`Invalid string: ${this.nameOf(name)}`, this.nameOf(name));
    if (value.length > LONGEST_TEXT) {
      throw invalid(`Invalid string: must be at most ${LONGEST_TEXT} characters`, this.nameOf(name));
    }
    return value;
  }

  requiredText(name: string): string {
    return this.text(name) ?? this.missing(name);
  }

  integer(name: string, bounds: { min?: number; max?: number } = {}): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    const param = this.nameOf(name);
    if (!/^-?\d+$/.test(text) || !Number.isSafeInteger(value)) {
      throw invalid(`Invalid integer: ${text}`, param, 'parameter_invalid_integer');
    }
    const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = bounds;
    if (value < min)
      throw invalid(`This value must be greater than or equal to ${min}.`, param, 'parameter_invalid_integer');
    if (value > max)
      throw invalid(`This value must be less than or equal to ${max}.`, param, 'parameter_invalid_integer');
    return value;
  }

  requiredInteger(name: string, bounds: { min?: number; max?: number } = {}): number {
    return this.integer(name, bounds) ?? this.missing(name);
  }

  decimal(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    if (!/^-?\d+(\.\d+)?$/.test(text)) throw invalid(`Invalid decimal: ${text}`, this.nameOf(name));
    return Number(text);
  }

  flag(name: string): boolean | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    if (text !== 'true' && text !== 'false') throw invalid(`Invalid boolean: ${text}`, this.nameOf(name));
    return text === 'true';
  }

  oneOf<const T extends string>(name: string, values: readonly T[]): T | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = values.find(candidate => candidate === text);
    if (value === undefined) {
      throw invalid(`Invalid ${name}: must be one of ${values.join(', ')}`, this.nameOf(name));
    }
    return value;
  }

  requiredOneOf<const T extends string>(name: string, values: readonly T[]): T {
    return this.oneOf(name, values) ?? this.missing(name);
  }

  /** An address that a browser can be sent to. */
  webUrl(name: string): string | undefined {
    const text = this.text(name);
    if (text !== undefined && !/^https?:$/.test(URL.parse(text)?.protocol ?? ''))
      throw invalid('Not a valid URL', this.nameOf(name), 'url_invalid');
    return text;
  }

  currency(name = 'currency'): string | undefined {
    const text = this.text(name)?.toLowerCase();
    if (text !== undefined && !/^[a-z]{3}$/.test(text)) throw invalid(`Invalid currency: ${text}`, this.nameOf(name));
    return text;
  }

  requiredCurrency(name = 'currency'): string {
    return this.currency(name) ?? this.missing(name);
  }

  /** What is nested under the name; undefined where there is none or where it is cleared. */
  in(name: string): Params | undefined {
    const value = this.raw(name);
    if (value === undefined || value === '') return undefined;
    if (typeof value === 'string') throw invalid(`Invalid object: ${this.nameOf(name)}`, this.nameOf(name));
    return this.child(value, this.nameOf(name));
  }

  list(name: string): Params[] {
    return this.elements(name).map(([index, value]) => {
      if (typeof value === 'string') throw invalid(`Invalid object: ${this.nameOf(name)}`, this.nameOf(name));
      return this.child(value, `${this.nameOf(name)}[${index}]`);
    });
  }

  texts(name: string): string[] {
    return this.elements(name).map(([, value]) => {
      if (typeof value !== 'string') throw invalid(`Invalid string: ${this.nameOf(name)}`, this.nameOf(name));
      return value;
    });
  }

  /** What was, with what the request changes: an empty value takes a key away, an empty whole takes all. */
  metadata(before: Readonly<Record<string, string>> = {}, name = 'metadata'): Record<string, string> {
    const value = this.raw(name);
    if (value === undefined) return { ...before };
    if (value === '') return {};
    if (typeof value === 'string') throw invalid('Invalid hash: metadata', this.nameOf(name));
    const merged = new Map(Object.entries(before));
    for (const [key, text] of Object.entries(value)) {
      if (typeof text !== 'string') throw invalid('Metadata values must be strings.', `${this.nameOf(name)}[${key}]`);
      if (key.length > LONGEST_METADATA_KEY || text.length > LONGEST_METADATA_VALUE) {
        throw invalid(
          `Metadata keys have at most ${LONGEST_METADATA_KEY} characters, values ${LONGEST_METADATA_VALUE}.`,
          `${this.nameOf(name)}[${key}]`,
        );
      }
      if (text === '') merged.delete(key);
      else merged.set(key, text);
    }
    if (merged.size > MOST_METADATA_KEYS) {
      throw invalid(`Metadata has at most ${MOST_METADATA_KEYS} keys.`, this.nameOf(name));
    }
    return Object.fromEntries(merged);
  }

  /** @throws StripeFault where the request has a parameter that nobody asked for. To be called before anything changes. */
  nothingElse(): void {
    for (const name of Object.keys(this.form)) {
      if (!this.asked.has(name)) throw unknownParameter(this.nameOf(name));
    }
    for (const params of this.nested) params.nothingElse();
  }

  private raw(name: string): string | Form | undefined {
    this.asked.add(name);
    return this.form[name];
  }

  private elements(name: string): [string, string | Form][] {
    const value = this.raw(name);
    if (value === undefined || value === '') return [];
    if (typeof value === 'string') throw invalid(`Invalid array: ${this.nameOf(name)}`, this.nameOf(name));
    return Object.entries(value);
  }

  private child(form: Form, path: string): Params {
    const params = new Params(form, path);
    this.nested.push(params);
    return params;
  }

  private missing(name: string): never {
    throw missingParameter(this.nameOf(name));
  }
}
