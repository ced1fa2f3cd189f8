import { isIP } from 'node:net';
import { isLuhnValid } from './luhn';

export const KINDS = ['email', 'phone', 'ip', 'card', 'name'] as const;
export type Kind = (typeof KINDS)[number];

/** Personal data in a text: what it is, and where, in UTF-16 code units. */
export interface Finding {
  readonly kind: Kind;
  readonly start: number;
  readonly end: number;
}

/** Every pattern is bounded, so that it takes linear time on any text. */
const EMAIL =
  /(?<![\p{L}\p{N}_%+-])[\p{L}\p{N}_%+-](?:[\p{L}\p{N}._%+-]{0,63})@(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,62})\.){1,8}\p{L}{2,24}(?![\p{L}\p{N}])/gu;
const IPV4_CANDIDATE = /(?<![\p{L}\p{N}.])[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?![\p{L}\p{N}]|\.[0-9])/gu;
const IPV6_CANDIDATE =
  /(?<![\p{L}\p{N}.:])[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7}(?:[0-9]{0,3}(?:\.[0-9]{1,3}){3})?(?![\p{L}\p{N}]|:[0-9a-fA-F]|\.[0-9])/gu;
/** Groups of digits with one space or hyphen between them; which of them are a card is seen below. */
const DIGIT_GROUPS = /(?<![\p{L}\p{N}.-])[0-9]+(?:[ -][0-9]+)*(?![\p{L}\p{N}])/gu;
/** A leading + or 0 or parenthesis, or groups of digits; what looks like a time, date or id is left out below. */
const PHONE_CANDIDATE =
  /(?<![\p{L}\p{N}.:_/-])(?:\+[0-9]{1,3}[ .-]?)?(?:\([0-9]{1,5}\)[ .-]?)?[0-9]{2,5}(?:[ ./-]?[0-9]{2,5}){1,5}(?![\p{L}\p{N}_]|[.:/-][0-9])/gu;

/** Cards are printed as 4-4-4-4, 4-6-5 or 4-4-4-4-3 digits. */
const SHORTEST_CARD_GROUP = 3;
const MOST_CARD_GROUPS = 5;

const DATE_OR_QUAD =
  /^(?:\d{1,3}(?:\.\d{1,3}){3}$|\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./]\d{4}|\d{4}[-./ ]\d{1,2}[-./ ]\d{1,2} \d{2})/;

/** Kinds in the order in which they claim a place: what is found first is not found again as something else. */
const FINDERS: Readonly<Record<Exclude<Kind, 'name'>, (text: string) => Finding[]>> = {
  email: (text) => matches(text, EMAIL, 'email'),
  ip: (text) => [...matches(text, IPV6_CANDIDATE, 'ip', isAddress), ...matches(text, IPV4_CANDIDATE, 'ip', isAddress)],
  card: (text) => [...text.matchAll(DIGIT_GROUPS)].flatMap(({ 0: run, index }) => cardsIn(run, index)),
  phone: (text) => matches(text, PHONE_CANDIDATE, 'phone', isPhone),
};

/** Finds personal data of the given kinds; findings do not overlap and stand in the order of the text. */
export function findPersonalData(text: string, kinds: readonly Kind[], names: readonly string[]): Finding[] {
  const candidates = [
    ...(['email', 'ip', 'card', 'phone'] as const)
      .filter((kind) => kinds.includes(kind))
      .flatMap((kind) => FINDERS[kind](text)),
    ...(kinds.includes('name') ? findNames(text, names) : []),
  ];
  const claimed = new Uint8Array(text.length);
  const findings = candidates.filter(({ start, end }) => {
    if (claimed.subarray(start, end).includes(1)) return false;
    claimed.fill(1, start, end);
    return true;
  });
  return findings.sort((a, b) => a.start - b.start);
}

/** The text with each finding replaced by its kind in brackets, for example `[email]`. */
export function maskPersonalData(text: string, findings: readonly Finding[]): string {
  let masked = '';
  let position = 0;
  for (const { kind, start, end } of findings) {
    masked += `${text.slice(position, start)}[${kind}]`;
    position = end;
  }
  return masked + text.slice(position);
}

function matches(
  text: string,
  pattern: RegExp,
  kind: Kind,
  accept: (value: string) => boolean = () => true,
): Finding[] {
  return [...text.matchAll(pattern)]
    .filter(([value]) => accept(value))
    .map((match) => ({ kind, start: match.index, end: match.index + match[0].length }));
}

/**
 * Cards in a run of digit groups. Beside a card often stand other numbers, such as its expiry date, its security code
 * or an amount: so neighbouring groups are tried too, if they are as long as those of a printed card.
 */
function cardsIn(run: string, offset: number): Finding[] {
  if (isCard(run)) return [{ kind: 'card', start: offset, end: offset + run.length }];
  const groups = [...run.matchAll(/[0-9]+/g)].map(({ 0: digits, index }) => ({ digits, start: offset + index }));
  const findings: Finding[] = [];
  for (let i = 0; i < groups.length; i += 1) {
    const length = cardGroups(groups.slice(i, i + MOST_CARD_GROUPS).map(({ digits }) => digits));
    const [first, last] = [groups[i], groups[i + length - 1]];
    if (length === 0 || first === undefined || last === undefined) continue;
    findings.push({ kind: 'card', start: first.start, end: last.start + last.digits.length });
    i += length - 1;
  }
  return findings;
}

/** How many groups from the first one on make a card, as many as possible; 0 if none do. */
function cardGroups(groups: readonly string[]): number {
  const short = groups.findIndex((digits) => digits.length < SHORTEST_CARD_GROUP);
  for (let length = short === -1 ? groups.length : short; length > 0; length -= 1) {
    if (isCard(groups.slice(0, length).join(''))) return length;
  }
  return 0;
}

/** 13 to 19 digits, the last of which is right. */
function isCard(value: string): boolean {
  const digits = value.replace(/[ -]/g, '');
  return /^[0-9]{13,19}$/.test(digits) && isLuhnValid(digits);
}

/** An address, and not the `a::b` of some programming language: nobody's address has no digit. */
const isAddress = (value: string): boolean => isIP(value) !== 0 && /[0-9]/.test(value);

/** 7 to 15 digits (E.164), written as people write numbers: with a +, a leading 0, parentheses or groups. */
function isPhone(value: string): boolean {
  const digits = value.replace(/\D/g, '');
  if (digits.length < 7 || digits.length > 15 || DATE_OR_QUAD.test(value)) return false;
  return /^[+(0]/.test(value) || /[ .-]/.test(value);
}

/** Whole words, in any case; the longest name first, so that "Ann Lee" is one finding and not "Ann". */
function findNames(text: string, names: readonly string[]): Finding[] {
  const escaped = [...new Set(names.map((name) => name.trim()))]
    .filter((name) => name !== '')
    .sort((a, b) => b.length - a.length)
    .map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/\s+/g, '\\s+'));
  if (escaped.length === 0) return [];
  return matches(text, new RegExp(`(?<![\\p{L}\\p{N}])(?:${escaped.join('|')})(?![\\p{L}\\p{N}])`, 'giu'), 'name');
}
