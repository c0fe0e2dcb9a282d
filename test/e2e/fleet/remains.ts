/** What a fleet leaves behind: every process that has its directory in its command line, its environment or as working directory. */
import { readdir, readFile, readlink } from 'node:fs/promises'
import { until } from './until.ts'

/** Kills them all, whoever started them; a fleet's directory has a name that nothing else on the machine has. */
export async function endRemains(dir: string): Promise<void> {
  await until(`no process of ${dir} is left`, async () => {
    const pids = await processesOf(dir)
    for (const pid of pids) kill(pid)
    return pids.length === 0
  })
}

/** Processes that carry `text` in what the kernel knows of them; this one is not looked at. */
export async function processesOf(text: string): Promise<number[]> {
  const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 1 && pid !== process.pid)
  const mine = await Promise.all(pids.map(async (pid) => (await isOf(pid, text) ? [pid] : [])))
  return mine.flat()
}

async function isOf(pid: number, text: string): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '')
  if (stat === '' || /\) [ZX] /.test(stat)) return false
  const says = [readFile(`/proc/${pid}/cmdline`, 'utf8'), readFile(`/proc/${pid}/environ`, 'utf8'), readlink(`/proc/${pid}/cwd`)]
  const said = await Promise.all(says.map((saying) => saying.catch(() => '')))
  return said.some((saying) => saying.includes(text))
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
