/** The parser comes without types; this is as much of them as the tests need. */
declare module 'parse-prometheus-text-format' {
  export type Family = { name: string; help: string; type: string; metrics: { value?: string; labels?: Record<string, string> }[] }
  export default function parse(text: string): Family[]
}
