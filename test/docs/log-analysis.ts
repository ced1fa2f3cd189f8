import path from 'node:path';
import { ToolSource } from 'agentyard';

/** The tools that the documents speak of; bundled once for all examples of a suite. */
export const LOG_ANALYSIS = ToolSource.fromDirectory(path.join(__dirname, '../../examples/log-analysis/tools'));
