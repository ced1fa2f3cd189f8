import js from '@eslint/js';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['**/dist', 'build', 'dist-jsii', 'node_modules', '**/*.cjs', 'coverage'] },
  js.configs.recommended,
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['eslint.config.mjs', 'scripts/*.mjs'] },
        tsconfigRootDir: import.meta.dirname,
      },
      globals: { process: 'readonly', console: 'readonly', URL: 'readonly', Buffer: 'readonly', Request: 'readonly' },
    },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/explicit-member-accessibility': ['error', { accessibility: 'explicit' }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        {
          argsIgnorePattern: '^_',
          varsIgnorePattern: '^_',
          destructuredArrayIgnorePattern: '^_',
          ignoreRestSiblings: true,
        },
      ],
      eqeqeq: 'error',
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      complexity: ['error', 14],
      'no-console': 'error',
      'no-restricted-imports': [
        'error',
        {
          paths: [
            { name: 'http2', message: 'Proxy variables are not honoured there; use runtime-kit.' },
            { name: 'node:http2', message: 'Proxy variables are not honoured there; use runtime-kit.' },
          ],
        },
      ],
    },
  },
  {
    // Egress goes through one dispatcher, which knows the local overlay and, later, the egress proxy.
    files: ['gateway-runtime/src/**', 'agent-runtime/src/**', 'sandbox-runtime/src/**', 'identity-runtime/src/**'],
    rules: {
      'no-restricted-globals': ['error', { name: 'fetch', message: 'Use createFetch of runtime-kit.' }],
      'no-restricted-imports': [
        'error',
        {
          paths: [
            {
              name: 'undici',
              importNames: ['Agent', 'Pool', 'Client', 'ProxyAgent', 'fetch', 'setGlobalDispatcher'],
              message: 'Use createDispatcher of runtime-kit.',
            },
            { name: 'node:https', message: 'Use createDispatcher of runtime-kit.' },
          ],
        },
      ],
    },
  },
  {
    // jsii has no other type for "any JSON".
    files: ['constructs/**'],
    rules: { '@typescript-eslint/no-explicit-any': 'off', '@typescript-eslint/no-unsafe-assignment': 'off' },
  },
  {
    // Tests look into manifests and answers, which have no types of their own.
    files: ['**/test/**'],
    rules: {
      'max-lines-per-function': 'off',
      '@typescript-eslint/no-explicit-any': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
    },
  },
  { files: ['scripts/**', 'cli/bin/**'], rules: { 'no-console': 'off' } },
  { files: ['**/*.mjs'], ...tseslint.configs.disableTypeChecked },
);
