import { ArgumentRule, McpServer, Role, type ArgumentRuleOptions, type Role as RoleType } from 'agentyard';
import { Program } from '../program';
import type { FaultCase } from './fault-case';

const program = () => new Program();
const analyst = Role.fromRoleName('analyst');
const toolsetWith = (role: RoleType, rule: ArgumentRuleOptions) =>
  program().toolset('logs', {
    allowedRoles: [analyst],
    argumentRules: { greet: [ArgumentRule.forRole(role, rule)] },
  });
const agentWith = (role: RoleType, rule: ArgumentRuleOptions) =>
  program().agent('support', { allowedRoles: [analyst], argumentRules: [ArgumentRule.forRole(role, rule)] });

/** What is wrong with rules about arguments. */
export const ARGUMENT_RULE_FAULTS: FaultCase[] = [
  [
    'ARGUMENT_RULE_INVALID',
    'chart/logs: of the tool "greet", argumentRules[0].schema does not compile: strict mode: unknown keyword: "maximun"',
    () => toolsetWith(analyst, { schema: { type: 'object', properties: { n: { type: 'integer', maximun: 1 } } } }),
  ],
  [
    'ARGUMENT_RULE_INVALID',
    'of the tool "greet", argumentRules[0].schema.type Invalid input: expected "object"',
    () => toolsetWith(analyst, { schema: {} }),
  ],
  [
    'ARGUMENT_RULE_INVALID',
    'argumentRules[0].expression is no expression over args, user and tool: Unknown variable: arg',
    () => toolsetWith(analyst, { expression: 'arg.n == 1' }),
  ],
  ['ARGUMENT_RULE_INVALID', 'argumentRules[0] must have a schema, an expression', () => toolsetWith(analyst, {})],
  [
    'ARGUMENT_RULE_INVALID',
    'argumentRules[0].role "viewer" is none of the roles that may call it: analyst',
    () => toolsetWith(Role.fromRoleName('viewer'), { expression: 'true' }),
  ],
  [
    'ARGUMENT_RULE_INVALID',
    'chart/crm: of the tool "find", argumentRules[0].role "analyst" is none of the roles that may call it: none',
    () =>
      McpServer.fromUrl(program().chart, 'crm', {
        url: 'https://crm.example.com/mcp',
        argumentRules: { find: [ArgumentRule.forRole(analyst, { expression: 'true' })] },
      }),
  ],
  [
    'ARGUMENT_RULE_INVALID',
    'chart/support: argumentRules[0].schema.properties.text is none of the arguments that there are: input, history',
    () => agentWith(analyst, { schema: { type: 'object', properties: { text: { type: 'string' } } } }),
  ],
  [
    'ARGUMENT_RULE_INVALID',
    'chart/support: argumentRules[0].role "viewer" is none of the roles that may call it: analyst',
    () => agentWith(Role.fromRoleName('viewer'), { expression: 'true' }),
  ],
  [
    'ARGUMENT_RULE_INVALID',
    'argumentRules needs a rule for "*" too, since every caller may call it',
    () => program().agent('support', { argumentRules: [ArgumentRule.forRole(analyst, { expression: 'true' })] }),
  ],
];
