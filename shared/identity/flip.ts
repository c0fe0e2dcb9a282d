/** Whether a coordinator asks everybody who they are, over TLS alone. It goes once that is so. */
export const AUTHENTICATED: boolean = false
