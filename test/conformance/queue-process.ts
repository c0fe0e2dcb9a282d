/** A coordinator that takes jobs and never finishes a drive: `node queue-process.ts SOCKET`. Says on stdout what it has begun. */
import { coordinator, Drives } from './queue-fixture.ts'

const drives = new Drives()
drives.during = (rollout) => {
  process.stdout.write(`driving ${rollout}\n`)
  return new Promise(() => undefined)
}
await coordinator(process.argv[2]!, drives).run()
