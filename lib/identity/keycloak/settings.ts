const MINUTE = 60;
const DAY = 24 * 60 * MINUTE;

/** Settings of a realm that are the same for all. Times are in seconds, but for those that say otherwise. */
export const REALM_SETTINGS = {
  enabled: true,
  sslRequired: 'external',
  registrationAllowed: false,
  rememberMe: false,
  editUsernameAllowed: false,
  bruteForceProtected: true,
  permanentLockout: false,
  failureFactor: 10,
  waitIncrementSeconds: MINUTE,
  maxFailureWaitSeconds: 15 * MINUTE,
  maxDeltaTimeSeconds: DAY / 2,
  quickLoginCheckMilliSeconds: 1000,
  minimumQuickLoginWaitSeconds: MINUTE,
  defaultSignatureAlgorithm: 'RS256',
  // A refresh token of a public client is good once, OAuth 2.1, section 4.3.1.
  revokeRefreshToken: true,
  refreshTokenMaxReuse: 0,
  // Whoever may ask for access while the user is away keeps it for a working day at most.
  offlineSessionIdleTimeout: DAY / 3,
  offlineSessionMaxLifespanEnabled: true,
  offlineSessionMaxLifespan: DAY,
  eventsEnabled: true,
  eventsExpiration: 7 * DAY,
  eventsListeners: ['jboss-logging'],
  adminEventsEnabled: true,
  // Details of what administrators did would hold secrets and passwords.
  adminEventsDetailsEnabled: false,
} as const;
