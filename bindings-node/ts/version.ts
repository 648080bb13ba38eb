/** The version of this package, which its addon must share. A test compares it with package.json. */
export const VERSION = '0.1.0';
