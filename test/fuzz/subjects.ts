/** Every parser that reads from the network or a user. A new one gets its line here. */
import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import { Pkcs10CertificateRequestGenerator } from '@peculiar/x509'
import { ECDSA } from '../../coordinator/adapters/keys/certificates.ts'
import type { Subject } from './subject.ts'
import { agentFrames, coordinatorFrames, orders } from './subjects/frames.ts'
import { machine, testKeys } from '../keys.ts'
import { contexts } from './subjects/contexts.ts'
import { deltaParts, deltaRoots, layouts, manifestPages, manifests } from './subjects/distribution.ts'
import { certificateRequests, grants, joinTokens, machineCertificates, publicKeys, releases, signers } from './subjects/identity.ts'
import { selector } from './subjects/selector.ts'
import { tar } from './subjects/tar.ts'
import { addresses, apiTokens, crons, durations } from './subjects/words.ts'
import { policies, yaml } from './subjects/yaml.ts'

/** @param dir for files that come and go */
export async function subjectsIn(dir: string): Promise<Subject[]> {
  const keys = await webcrypto.subtle.generateKey(ECDSA, true, ['sign', 'verify'])
  const request = await Pkcs10CertificateRequestGenerator.create({ name: 'CN=web-1', keys, signingAlgorithm: ECDSA })
  const known = await testKeys()
  const { certificate } = await machine(known, 'web-1')
  return [
    selector, yaml(dir), policies, tar, agentFrames, coordinatorFrames, orders, joinTokens, grants, releases, certificateRequests(request.toString('pem')),
    machineCertificates(known.authority, certificate), signers(known.authority.trust()), publicKeys, contexts(dir), apiTokens, durations, addresses, crons,
    manifests, manifestPages, layouts, deltaRoots, deltaParts,
  ]
}
