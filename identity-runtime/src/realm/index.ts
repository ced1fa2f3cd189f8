export { applyRealm, type RealmOptions } from './apply-realm.js';
export { type RealmReport } from './change.js';
export { realmJob } from './realm-job.js';
