/** What a coordinator is put together from, and is taken apart into in the opposite order. */
export type Part = { close: () => Promise<void> | void }
