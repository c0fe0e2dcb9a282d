/** Files that are wrong in one way each, by name. The ones that are right are there to be contradicted. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { stringify } from 'yaml'
import { END, tar } from '../../unit/artifacts/tar-fixture.ts'
import { programFiles, scriptFiles, writeFiles } from '../web-service.ts'
import type { WebService } from '../web-service.ts'

const STRATEGIES = {
  'misspelt.yaml': 'waves: [2, 10%]\nconcurency: 3\n',
  'no-wave.yaml': 'waves: [2, 0%]\n',
  'soon.yaml': 'bake: soon\n',
  'no-bake.yaml': 'gate: { after: first, kind: bake }\n',
  'unclosed.yaml': 'waves: [2\n',
}

const PACKAGES = {
  'text.tar': Buffer.from('not a tar at all'),
  'cut.tar': tar(programFiles('1')).subarray(0, 700),
  'climbs.tar': tar([{ path: '../etc/passwd', content: 'x' }]),
  'absolute.tar': tar([{ path: '/etc/passwd', content: 'x' }]),
  'link-out.tar': tar([{ path: 'etc', type: 'SymbolicLink', linkpath: '../../etc' }]),
  'hard-link-out.tar': tar([{ path: 'shadow', type: 'Link', linkpath: '/etc/shadow' }]),
  'through-link.tar': tar([{ path: 'a', type: 'SymbolicLink', linkpath: 'b' }, { path: 'a/x', content: 'x' }]),
  'device.tar': tar([{ path: 'null', type: 'CharacterDevice' }]),
  'setuid.tar': tar([{ path: 'su', mode: 0o4755, content: 'x' }]),
  'twice.tar': tar([{ path: 'a', content: 'x' }, { path: 'a', content: 'y' }]),
  'empty.tar': END,
  'bomb.tar.gz': gzipSync(tar([{ path: 'zeros', content: Buffer.alloc(200_000_000) }])),
}

/** Writes all of them into `dir`. */
export async function writeInputs(dir: string, web: WebService): Promise<void> {
  const service = (more: Record<string, unknown>) => stringify(web.document(more))
  const services = {
    'unfinished.yaml': 'service: web\npath: [/srv/web\n',
    'tab.yaml': 'service: web\n\tpath: /srv/web\n',
    'list.yaml': '- service: web\n',
    'relative-path.yaml': service({ path: 'srv/web' }),
    'unknown-field.yaml': service({ port: 80 }),
    'two-probes.yaml': service({ check: { http: 'http://127.0.0.1/', tcp: '127.0.0.1:80' } }),
    'bad-wave.yaml': service({ strategy: { waves: [0] } }),
    'bad-hosts.yaml': service({ hosts: 'env==prod' }),
    'bad-name.yaml': service({ service: 'Web' }),
    'bad-variable.yaml': service({ variables: { 'log-level': 'debug' } }),
    'unknown-step.yaml': service({ steps: { restart: { idempotent: true } } }),
  }
  for (const [name, content] of Object.entries({ ...services, ...STRATEGIES, ...PACKAGES })) await writeFile(join(dir, name), content)
  await writeFiles(join(dir, 'srv'), programFiles('1'))
  await writeFiles(join(dir, 'other-srv'), programFiles('2'))
  await writeFiles(join(dir, 'cmd'), scriptFiles())
  await mkdir(join(dir, 'empty'))
}
