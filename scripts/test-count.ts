/**
 * Closes a CI run with one line that a program can read: `N passed, M failed`, from the report that vitest wrote. Exits non-zero
 * unless something passed and nothing failed. Usage: test-count.ts REPORT.json STATUS, STATUS being vitest's exit code.
 */
import { readFileSync } from 'node:fs'

type Report = {
  numPassedTests: number
  numFailedTests: number
  testResults: { name: string; status: string; assertionResults: { status: string }[] }[]
}

const [file = '', status = '1'] = process.argv.slice(2)

function readReport(): Report {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Report
  } catch {
    console.log('vitest wrote no report')
    return { numPassedTests: 0, numFailedTests: 0, testResults: [] }
  }
}

const { numPassedTests: passed, numFailedTests, testResults } = readReport()

/** A file that broke before or between its tests has failed without a failed test. */
const broken = testResults.filter((result) => result.status === 'failed' && !result.assertionResults.some((test) => test.status === 'failed'))
let failed = numFailedTests + broken.length
if (failed === 0 && (status !== '0' || passed === 0)) {
  console.log(passed === 0 ? 'no test ran' : 'vitest failed outside of any test: counted as one failure')
  failed = 1
}
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
