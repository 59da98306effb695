/** Of plans, as callers name them. Also keeps names like `__proto__` out, and every name that the ledger makes itself. */
export const PLAN_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
