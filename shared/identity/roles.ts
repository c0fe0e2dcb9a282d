/** What whoever shows an API token may do: look, or anything. */
export const API_ROLES = ['viewer', 'admin'] as const
export type ApiRole = (typeof API_ROLES)[number]
