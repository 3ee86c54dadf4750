import type { Command } from './command.ts'
import { clientsList } from './commands/clients-list.ts'
import { clientsNew } from './commands/clients-new.ts'
import { clientsRemove } from './commands/clients-remove.ts'
import { grantsEnd } from './commands/grants-end.ts'
import { grantsList } from './commands/grants-list.ts'
import { keysList } from './commands/keys-list.ts'
import { keysRotate } from './commands/keys-rotate.ts'
import { registrationToken } from './commands/registration-token.ts'
import { secretsCheck } from './commands/secrets-check.ts'
import { secretsReseal } from './commands/secrets-reseal.ts'

/** Every command there is, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  keysList,
  keysRotate,
  secretsCheck,
  secretsReseal,
  registrationToken,
  clientsList,
  clientsNew,
  clientsRemove,
  grantsList,
  grantsEnd,
]
