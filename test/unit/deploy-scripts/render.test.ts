import { chmodSync, lstatSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createService, type Environment, type Service } from './service.ts'

let service: Service
beforeEach(() => { service = createService() })
afterEach(() => service.remove())

const VALUES: Environment = { MUSTER_VAR_PORT: '4100', MUSTER_VAR_NAME: 'a & b', MUSTER_LABEL_RACK_ROW: 'r1' }
const file = (name: string) => join(service.path, name)
const read = (name: string) => readFileSync(file(name), 'utf8')

async function render(template: string, extra: Environment = {}, mode = '') {
  writeFileSync(file('conf.template'), template)
  return await service.script(`muster_render "$MUSTER_PATH/conf.template" "$MUSTER_PATH/conf" ${mode}`, { ...VALUES, ...extra })
}

describe('muster_render', () => {
  it('puts in variables, labels and what the script knows, and leaves every other byte', async () => {
    const template = '\n\tlisten ${PORT};  # ${label.rack-row}, ${MUSTER_HOST}\\n $host $$ `id` $(id) "${NAME}"\r\nno newline at the end: ${PORT}'
    expect(await render(template)).toMatchObject({ status: 0, output: `wrote ${file('conf')}\n` })
    expect(read('conf')).toBe('\n\tlisten 4100;  # r1, h1\\n $host $$ `id` $(id) "a & b"\r\nno newline at the end: 4100')
  })

  it('keeps newlines at the end', async () => {
    await render('${PORT}\n\n\n')
    expect(read('conf')).toBe('4100\n\n\n')
  })

  it('takes values as they stand, and evaluates nothing', async () => {
    const value = '${PORT} $(touch "$MUSTER_PATH/evaluated") `id` \\1 & } $${x}'
    await render('[${NAME}]', { MUSTER_VAR_NAME: value })
    expect(read('conf')).toBe(`[${value}]`)
    expect(readdirSync(service.path)).not.toContain('evaluated')
  })

  it('makes ${ of $${, for programs that have names of their own', async () => {
    await render('proxy_pass http://$${upstream}:${PORT}; $${}')
    expect(read('conf')).toBe('proxy_pass http://${upstream}:4100; ${}')
  })

  it.each([
    ['${HOSTNAME}', '${HOSTNAME} is no variable of the service'],
    ['${label.zone}', '${label.zone} is no label of this host'],
    ['${MUSTER_NOTHING}', '${MUSTER_NOTHING} is not set for this script'],
    ['${PORT:-80}', '${PORT:-80} is no name; ${NAME}, ${label.KEY} and ${MUSTER_NAME} are, and $${ means ${ as it stands'],
    ['${x[$(touch evaluated)]}', '${x[$(touch evaluated)]} is no name; ${NAME}, ${label.KEY} and ${MUSTER_NAME} are, and $${ means ${ as it stands'],
    ['${PORT', 'a ${ has no }; to mean it as it stands, write $${'],
  ])('refuses %s, and leaves the file as it is', async (reference, said) => {
    writeFileSync(file('conf'), 'old')
    expect(await render(`port ${reference}\n`)).toMatchObject({ status: 1, output: `${file('conf.template')}: ${said}\n` })
    expect(read('conf')).toBe('old')
    expect(readdirSync(service.path).filter((name) => name.startsWith('conf'))).toEqual(['conf', 'conf.template'])
  })

  it('does not touch a file that would not change, but for its mode', async () => {
    await render('port ${PORT}\n')
    const before = statSync(file('conf'), { bigint: true })
    expect(await render('port ${PORT}\n')).toMatchObject({ status: 0, output: `${file('conf')} is as it was\n` })
    const { ino, mtimeNs, ctimeNs } = statSync(file('conf'), { bigint: true })
    expect({ ino, mtimeNs, ctimeNs }).toEqual({ ino: before.ino, mtimeNs: before.mtimeNs, ctimeNs: before.ctimeNs })
    await render('port ${PORT}\n', {}, '600')
    expect(statSync(file('conf')).mode & 0o777).toBe(0o600)
    expect(statSync(file('conf'), { bigint: true }).ino).toBe(before.ino)
  })

  it('makes a file of mode 644, keeps the mode of one that is there, and sets the mode that is asked for', async () => {
    const mode = () => statSync(file('conf')).mode & 0o7777
    await render('1')
    expect(mode()).toBe(0o644)
    chmodSync(file('conf'), 0o640)
    await render('2')
    expect(mode()).toBe(0o640)
    await render('3', {}, '0600')
    expect(mode()).toBe(0o600)
    expect(await render('4', {}, 'u+x')).toMatchObject({ status: 1, lastLine: 'u+x is no mode; octal digits such as 640 would be right' })
  })

  it('replaces the file in one rename: a reader sees one content or the other', async () => {
    writeFileSync(file('old'), '')
    await render('${PORT}\n'.repeat(1000))
    const whole = new Set(['4100\n'.repeat(1000), '4200\n'.repeat(1000)])
    let running = true
    const rendering = service
      .script('for i in 1 2 3 4 5; do for MUSTER_VAR_PORT in 4200 4100; do muster_render "$MUSTER_PATH/conf.template" "$MUSTER_PATH/conf"; done; done', VALUES)
      .finally(() => { running = false })
    const seen = new Set<string>()
    while (running) {
      for (let reads = 0; reads < 20; reads++) seen.add(read('conf'))
      await new Promise(setImmediate)
    }
    expect(await rendering).toMatchObject({ status: 0 })
    expect(seen).toEqual(whole)
  })

  it('writes to where a link points, and the link stays', async () => {
    writeFileSync(file('real'), 'old')
    symlinkSync('real', file('conf'))
    await render('${PORT}')
    expect(lstatSync(file('conf')).isSymbolicLink()).toBe(true)
    expect(read('real')).toBe('4100')
  })

  it('says when there is no template, and leaves alone what is no file', async () => {
    expect(await service.script('muster_render missing "$MUSTER_PATH/conf"')).toMatchObject({ status: 1, lastLine: 'missing is no template that can be read' })
    expect(await service.script('echo x >t; muster_render t "$MUSTER_SHARED_DIR"')).toMatchObject({
      status: 1, lastLine: `${service.sharedDir} is no file, and is left as it is`,
    })
  })
})

describe('muster_expand', () => {
  it('prints the text with what its names stand for', async () => {
    expect((await service.script('muster_expand \'${PORT} ${label.rack-row} ${MUSTER_SERVICE} $A $${PORT}\'', VALUES)).output).toBe('4100 r1 web $A ${PORT}\n')
  })
})
