import type { Decision } from './decision';

/** A decision in words, with the objects that make it. */
export function reason({ allowed, attempt, cause }: Decision): string {
  const { direction, subject, peer } = attempt;
  switch (cause.kind) {
    case 'open':
      return `no policy limits ${direction} of ${subject.title}`;
    case 'node':
      return `${cause.party.title} uses the network of its node, which a pod on that node always reaches and is reached from`;
    case 'isolated': {
      const by = cause.by.map(({ policy }) => policy.title).join(' and ');
      const covers = direction === 'egress' ? `to ${peer.title}` : `from ${peer.title}`;
      return `${subject.title} is closed for ${direction} by ${by}, and no rule allows ${covers} at ${at(attempt)}`;
    }
    case 'rule': {
      const { applied, rule, match } = cause;
      const verb = allowed
        ? match === 'maybe'
          ? 'may allow'
          : 'allows'
        : rule.action === 'pass'
          ? 'passes on'
          : 'denies';
      const whom = rule.peers?.map((one) => one.toString()).join('; ') ?? 'everybody';
      return `${applied.policy.title} ${verb} it: ${rule.title}, ${direction === 'egress' ? 'to' : 'from'} ${whom}`;
    }
  }
}

function at({ port, protocol }: Decision['attempt']): string {
  return `${protocol} ${port}`;
}
