/** A checkout in a temporary folder with the real set-up and launcher, and a machine around it that has only the programs that a test gives it. */
import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

const REPOSITORY = join(import.meta.dirname, '../../..')

export type Ran = { status: number | null; output: string }

export class Checkout {
  readonly root = mkdtempSync(join(tmpdir(), 'muster-setup-'))
  readonly programs = join(this.root, 'programs')

  constructor(copied: string[]) {
    mkdirSync(this.programs)
    for (const path of copied) cpSync(join(REPOSITORY, path), join(this.root, path), { recursive: true })
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true })
    writeFileSync(join(this.root, path), text)
  }

  /** A program on the machine's path: a shell script that finds the tools of the real machine. */
  program(name: string, script: string): void {
    writeFileSync(join(this.programs, name), `#!/bin/sh\nPATH=/usr/bin:/bin\nroot='${this.root}'\n${script}\n`, { mode: 0o755 })
  }

  link(target: string, path: string): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true })
    symlinkSync(target, join(this.root, path))
  }

  has(path: string): boolean {
    return existsSync(join(this.root, path))
  }

  /** The lines of a file; none when it is missing. */
  lines(path: string): string[] {
    return this.has(path) ? readFileSync(join(this.root, path), 'utf8').split('\n').filter((line) => line !== '') : []
  }

  run(command: string, args: string[], path = this.programs): Promise<Ran> {
    return new Promise((resolve, reject) => {
      const child = spawn(command, args, { cwd: tmpdir(), env: { PATH: path }, timeout: 20_000, killSignal: 'SIGKILL' })
      let output = ''
      child.stdout.on('data', (chunk: Buffer) => { output += chunk.toString() })
      child.stderr.on('data', (chunk: Buffer) => { output += chunk.toString() })
      child.on('error', reject)
      child.on('close', (status) => resolve({ status, output }))
    })
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true })
  }
}
