// Query parameters: texts made into what they mean, in schemas that also document them. A message
// completes `expected …`.

import { z } from 'zod';

export const noParameters = z.strictObject({});
