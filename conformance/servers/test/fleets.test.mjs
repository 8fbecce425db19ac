// Each framework's application as it is run: behind nginx, which ends TLS and has it below a path, with two processes.

import { after, before, describe, test } from 'node:test';

import { APPLICATIONS, Fleet, SETUPS } from './fleet.mjs';
import { STORED, STORIES } from './stories.mjs';

describe('behind a proxy', { concurrency: 2 }, () => {
  for (const name of Object.keys(APPLICATIONS)) {
    for (const setup of SETUPS) {
      describe(`${name}, whose path it ${setup.proxy}, ${setup.stored ? 'with' : 'without'} a store`, { concurrency: 1 }, () => {
        let fleet;
        before(async () => (fleet = await Fleet.start(name, setup)));
        after(() => fleet?.stop());
        for (const [title, story] of Object.entries({ ...STORIES, ...(setup.stored && STORED) })) test(title, () => story(fleet));
      });
    }
  }
});
