import { callMatchers } from './call-matchers';
import { reachabilityMatchers } from './reachability-matchers';

/** For `expect.extend`. */
export const matchers = { ...reachabilityMatchers, ...callMatchers };
