/** Version of this library, and of the runtime images that belong to it; held equal to package.json by a test. */
export const LIBRARY_VERSION = '0.1.0';
