import { KeycloakClientCredentials, KeycloakPassword } from 'agentyard';
import { silenceWarnings } from '../constructs/silence-warnings';
import { Keycloak, START_TIMEOUT } from '../keycloak/keycloak';
import { RealmClient } from '../keycloak/realm-client';
import { RealmProgram } from '../keycloak/realm-program';

jest.setTimeout(START_TIMEOUT);
silenceWarnings();

it('Keycloak does not start without the secret of a client', async () => {
  const program = new RealmProgram();
  program.realm.addServiceClient('ci', { credentials: KeycloakClientCredentials.fromSecretKey('ci', 'secret') });
  await expect(Keycloak.start({ realmFiles: program.realmFiles() })).rejects.toThrow(
    /Keycloak does not start[\s\S]*REALM_MCP_CLIENT_CI_SECRET is not set/,
  );
});

it('a user without a password cannot sign in, neither with none nor with what stands in the file', async () => {
  const program = new RealmProgram();
  program.realm.addClient('web', { redirectUris: ['https://app.example.com/signed-in'] });
  program.realm.addUser('alice', {
    password: KeycloakPassword.fromSecretKey('people', 'alice'),
    temporaryPassword: false,
  });
  const keycloak = await Keycloak.start({ realmFiles: program.realmFiles() });
  try {
    const realm = new RealmClient(`${keycloak.url}/realms/mcp`);
    const client = { clientId: 'web', redirectUri: 'https://app.example.com/signed-in' };
    for (const password of ['', '${REALM_MCP_USER_ALICE_PASSWORD:}', '${REALM_MCP_USER_ALICE_PASSWORD}', ':']) {
      const answer = await realm.signIn(client, { username: 'alice', password }, 'openid');
      expect(answer.access_token).toBeUndefined();
    }
  } finally {
    await keycloak.stop();
  }
});
