import { createInterface } from 'node:readline';
import { serverNameAnswer } from './server-name-check.js';

// Started by Squid, as the helper of its ACL `same_name`: a line of question, a line of answer.
for await (const line of createInterface({ input: process.stdin })) process.stdout.write(`${serverNameAnswer(line)}\n`);
