/** Exit code for a configuration that the runtime refuses (EX_CONFIG of sysexits.h). */
export const EXIT_CONFIG = 78;
