/** A coordinator's start, as far as its keys go: opens the directory and says what it has found there. */
import { openKeyring } from '../../../coordinator/adapters/keys/keyring.ts'

const { issuer, orders, releases, secret } = await openKeyring(process.argv[2]!, Date.now())
const [ordersKey, releasesKey] = [orders, releases].map(({ publicKey }) => publicKey.export({ type: 'spki', format: 'der' }).toString('hex'))
console.log(issuer.pin, ordersKey, releasesKey, secret.toString('hex'))
